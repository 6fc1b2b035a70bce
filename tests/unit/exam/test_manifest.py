from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jmle_plugin.errors import PackError
from jmle_plugin.exam.manifest import read_manifest

if TYPE_CHECKING:
    from tests.unit.exam.conftest import PackBuilder, Refusal


def test_a_rule_for_all_or_one_rule_for_each_question_gives_the_points(pack: PackBuilder) -> None:
    blocks = read_manifest(pack.write()).blocks
    assert [blocks[0].points_of(number) for number in (1, 2, 3)] == [1, 1, 1]
    assert [blocks[1].points_of(number) for number in (1, 2)] == [1, 3]


def test_a_syntax_error_is_named_with_its_line(pack: PackBuilder) -> None:
    pack.write()
    pack.file.write_text('schema = 1\nid = "tiny\n', encoding="utf-8")
    message = pack.refused_now()
    assert f"{pack.file}: is not valid TOML" in message
    assert "line 2" in message


def test_a_manifest_that_is_no_text_is_named(pack: PackBuilder) -> None:
    pack.write()
    pack.file.write_bytes(b"\xff\xfe\x00")
    assert f"{pack.file}: is not UTF-8 text" in pack.refused_now()


def test_a_manifest_that_is_not_there_is_named_once(tmp_path: Path, refusal: Refusal) -> None:
    gone = tmp_path / "exam.toml"
    message = refusal(lambda: read_manifest(gone), PackError)
    assert message.startswith(f"{gone}: cannot be read (No such file or directory)\n")
    assert message.count(str(gone)) == 1


def test_a_manifest_nested_without_end_is_refused(pack: PackBuilder) -> None:
    pack.write()
    pack.file.write_text("a = " + "[" * 100_000, encoding="utf-8")
    assert str(pack.file) in pack.refused_now()


def test_an_unknown_key_is_named_with_its_path(pack: PackBuilder) -> None:
    pack.official["treshold"] = 3
    message = pack.refused()
    assert str(pack.file) in message
    assert "keys.official.treshold: " in message


def test_a_wrong_value_is_shown(pack: PackBuilder) -> None:
    pack.manifest["blocks"][0]["questions"] = 0
    message = pack.refused()
    assert "blocks.0.questions" in message
    assert "found 0" in message


def test_several_mistakes_are_counted(pack: PackBuilder) -> None:
    pack.manifest["edition"] = "first"
    pack.manifest["surplus"] = 1
    assert "edition" in pack.refused()
    assert "(and 1 more)" in pack.refused()


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ([(1, 1), (1, 2)], "block B: question 1 is named by 2 points rules, not by one"),
        ([(1, 1)], "block B: question 2 is named by 0 points rules, not by one"),
        ([], "block B: question 1 is named by 0 points rules, not by one"),
        ([(1, 3)], "block B: a points rule goes beyond its 2 questions"),
        ([(1, 2), (2, 1)], "blocks.1.points.rules.1: first = 2 comes after last = 1"),
    ],
    ids=["overlap", "gap", "none", "beyond", "backwards"],
)
def test_points_rules_name_every_question_once(
    pack: PackBuilder, rules: list[tuple[int, int]], problem: str
) -> None:
    pack.manifest["blocks"][1]["points"] = [
        {"first": first, "last": last, "points": 1} for first, last in rules
    ]
    message = pack.refused()
    assert str(pack.file) in message
    assert problem in message


def test_a_threshold_above_the_maximum_is_refused(pack: PackBuilder) -> None:
    pack.official["criteria"]["general"]["threshold"] = 4
    message = pack.refused()
    assert str(pack.file) in message
    assert "keys.official.criteria.general: threshold 4 is above the maximum 3" in message


@pytest.mark.parametrize("ratio", [[5, 4], [4, 0], [0, 5]])
def test_a_ratio_is_a_part_of_the_whole(pack: PackBuilder, ratio: list[int]) -> None:
    pack.official["criteria"]["required"]["ratio"] = ratio
    assert f"criteria.required: ratio {ratio} is not above 0" in pack.refused()


def test_every_section_is_in_some_criterion(pack: PackBuilder) -> None:
    del pack.official["criteria"]["general"]
    message = pack.refused()
    assert f"{pack.file}: keys.official.criteria: none of them is about ['general']" in message


def test_one_criterion_may_be_about_all_sections(pack: PackBuilder) -> None:
    pack.official["criteria"] = {
        "total": {"title": "Total", "sections": ["general", "required"], "threshold": 5}
    }
    assert list(read_manifest(pack.write()).keys["official"].criteria) == ["total"]


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"threshold": 5}, "criteria.total: is no section; name the 'sections' or 'subjects'"),
        ({"threshold": 5, "sections": ["general"]}, "criteria.total: needs a title"),
        (
            {"threshold": 5, "sections": ["genral"], "title": "T"},
            "criteria.total: unknown section 'genral'; there are ['general', 'required']",
        ),
        ({"sections": ["general"], "title": "T"}, "criteria.total: give a 'threshold', or a"),
    ],
)
def test_a_criterion_says_what_it_is_about_and_asks_for(
    pack: PackBuilder, spec: dict[str, object], problem: str
) -> None:
    pack.official["criteria"]["total"] = spec
    message = pack.refused()
    assert str(pack.file) in message
    assert problem in message


def test_a_block_may_have_several_sections(pack: PackBuilder) -> None:
    ranges = [
        {"first": 1, "last": 2, "section": "required"},
        {"first": 3, "last": 3, "section": "general"},
    ]
    pack.manifest["blocks"][0]["section"] = ranges
    block = read_manifest(pack.write()).blocks[0]
    assert [block.section_of(number) for number in (1, 2, 3)] == ["required"] * 2 + ["general"]
    ranges[0]["last"] = 3
    assert "block A: question 3 is named by 2 section rules, not by one" in pack.refused()
    ranges[0]["last"], ranges[1]["last"] = 2, 4
    assert "block A: a section rule goes beyond its 3 questions" in pack.refused()
    ranges[1] |= {"last": 3, "section": "special"}
    assert "block A names the unknown section 'special'" in pack.refused()


def test_a_block_in_an_unknown_section_is_refused(pack: PackBuilder) -> None:
    pack.manifest["blocks"][0]["section"] = "special"
    assert "block A names the unknown section 'special'" in pack.refused()


def test_a_block_that_stands_twice_is_refused(pack: PackBuilder) -> None:
    pack.manifest["blocks"][1]["id"] = "A"
    assert "block A stands twice" in pack.refused()


def test_an_exam_without_blocks_is_refused(pack: PackBuilder) -> None:
    pack.manifest["blocks"] = []
    assert "blocks: List should have at least 1 item" in pack.refused()


def test_the_default_key_must_exist(pack: PackBuilder) -> None:
    pack.manifest["default_key"] = "final"
    assert "default_key 'final' is not among the keys ['official', 'author']" in pack.refused()


@pytest.mark.parametrize(
    "decisions",
    [
        {"answer": ["a"], "accept": [["a"], ["b"]]},
        {"answer": ["a"], "treatment": "exclude"},
        {"treatment": "standard"},
        {},
    ],
)
def test_a_change_is_one_decision(pack: PackBuilder, decisions: dict[str, object]) -> None:
    pack.official["changes"] = [{"question": "A-1", **decisions}]
    message = pack.refused()
    assert str(pack.file) in message
    assert "keys.official.changes.0: give exactly one of" in message


def test_a_change_that_accepts_nothing_is_refused(pack: PackBuilder) -> None:
    pack.official["changes"] = [{"question": "A-1", "accept": []}]
    assert "keys.official.changes.0.accept" in pack.refused()


def test_two_changes_to_one_question_are_refused(pack: PackBuilder) -> None:
    change = {"question": "A-1", "treatment": "exclude"}
    pack.official["changes"] = [change, change]
    assert f"{pack.file}: keys.official: two changes to question A-1" in pack.refused()


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", "a/../../x", "a//x", "./x", "C:x", "..\\x", "", "a\n"]
)
def test_a_pinned_path_stays_in_the_folder(pack: PackBuilder, path: str) -> None:
    pack.pin()
    pack.manifest["source"]["files"][path] = "0" * 64
    message = pack.refused()
    assert str(pack.file) in message
    assert f"{path!r} is no path inside the source's folder" in message


def test_what_is_not_evaluated_is_said_in_words(pack: PackBuilder) -> None:
    pack.official["not_evaluated"] = ["  "]
    assert "keys.official.not_evaluated.0" in pack.refused()


def test_a_source_folder_is_a_plain_name(pack: PackBuilder) -> None:
    pack.manifest["source"]["folder"] = "../elsewhere"
    assert "source.folder" in pack.refused()


def test_a_pin_is_a_whole_sha256(pack: PackBuilder) -> None:
    pack.pin()
    pack.manifest["source"]["files"]["images/A-1.png"] = "abc"
    message = pack.refused()
    assert "source.files.images/A-1.png" in message
    assert "found 'abc'" in message


def test_pinned_files_need_an_address(pack: PackBuilder) -> None:
    pack.pin(url="https://example.invalid/fixed")
    assert "pinned files need a 'folder' and a 'url' with a {path} in it" in pack.refused()
