"""`jmle exams`: which packs there are, and whether they can be used here."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from wcwidth import wcswidth

from jmle_plugin.cli import main
from jmle_plugin.cli.exams import ListedExam, as_text, list_exam
from jmle_plugin.exam import find_packs, pack_folders
from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.exam.conftest import PackBuilder

ONE = ListedExam(
    "jmle112", "第112回医師国家試験", 112, "physician", 400, 0, 120, "official",
    ("author", "official"), "some licence", here=True,
)  # fmt: skip


def test_a_pack_whose_questions_are_here(pack: PackBuilder) -> None:
    listed = list_exam(pack.write(), pack.root)
    assert (listed.id, listed.questions, listed.images, listed.without_figures) == ("tiny", 5, 1, 0)
    assert (listed.here, listed.problem) == (True, "")
    assert listed.key_states == ("official", "author")


@pytest.mark.data
@pytest.mark.parametrize(("name", "figures"), [("jmle119", 13), ("jmle120", 110)])
def test_figures_are_counted_as_the_check_counts_them(
    data_root: Path, name: str, figures: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list_exam(find_packs(pack_folders())[name], data_root).images == figures
    assert main(["check", name, f"--exam-data={data_root}"]) == 0
    assert f"points, {figures} images, key states" in capsys.readouterr().out


def test_a_pack_whose_questions_are_not_here(pack: PackBuilder) -> None:
    listed = list_exam(pack.write_manifest(), pack.root)
    assert (listed.here, listed.problem) == (False, "")
    assert (listed.questions, listed.images, listed.without_figures) == (5, None, None)


def test_a_pack_that_cannot_be_used_says_why(pack: PackBuilder) -> None:
    pack["A-2"]["answer"] = ["z"]
    listed = list_exam(pack.write(), pack.root)
    assert not listed.here
    assert "question A-2" in listed.problem
    pack.file.write_text("schema = 7", encoding="utf-8")
    broken = list_exam(pack.file, pack.root)
    assert (broken.id, broken.questions) == ("tiny", None)
    assert "exam.toml" in broken.problem


def test_unknown_is_no_nought() -> None:
    absent = replace(ONE, id="jmle115", images=None, without_figures=None, here=False)
    rows = {line.split()[0]: line.split()[1:] for line in as_text([ONE, absent]).splitlines()[2:4]}
    assert rows == {
        "jmle112": ["112", "400", "0", "120", "yes"],
        "jmle115": ["112", "400", "?", "?", "no"],
    }


def test_what_is_here_comes_first_and_one_line_counts_what_waits() -> None:
    absent = replace(ONE, id="a", profession="dentist", images=None, here=False)
    lines = as_text([absent, replace(absent, id="b"), ONE]).splitlines()
    assert [line.split()[0] for line in lines[1:6]] == [
        "[physician]", "jmle112", "[dentist]", "a", "b",
    ]  # fmt: skip
    assert "2 packs wait for data." in lines
    assert not any("for data." in line for line in as_text([ONE]).splitlines())


def test_the_default_key_comes_first() -> None:
    assert "jmle112: official, author" in as_text([ONE]).splitlines()


def test_licences_are_told_once() -> None:
    some = [replace(ONE, id=f"jmle{number}") for number in range(112, 117)]
    text = as_text([*some, replace(ONE, id="own", licence="")])
    assert "jmle112..jmle116: some licence" in text.splitlines()
    assert "own: none is named" in text.splitlines()


@pytest.mark.parametrize(
    "exam",
    [
        ONE,
        replace(ONE, profession="診療放射線技師" * 9, id="x" * 90),
        replace(ONE, licence="試験問題" * 60),
        ListedExam("broken", problem="x.toml: schema: \x1b[31m" + "long " * 40),
    ],
)
def test_every_line_fits_into_80_columns(exam: ListedExam) -> None:
    lines = as_text([ONE, exam]).splitlines()
    assert max(map(wcswidth, lines)) <= 80
    assert min(map(wcswidth, lines)) >= 0


def test_columns_stand_below_their_heads_in_full_width_too() -> None:
    wide = replace(ONE, id="医師国家試験")
    head, _, *rows = as_text([ONE, wide]).splitlines()[:4]
    end = wcswidth(head[: head.index("questions") + len("questions")])
    assert [wcswidth(row[: row.index("400") + 3]) for row in rows] == [end, end]


def test_the_command_lists_every_pack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    packs = find_packs(pack_folders())
    assert main(["exams", "--format=json", f"--exam-data={tmp_path}"]) == 0
    listed = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert set(listed) == set(packs)
    assert set(listed["sample"]) == {
        "id", "title", "edition", "profession", "questions", "images", "without_figures",
        "default_key", "key_states", "licence", "here", "source", "problem",
    }  # fmt: skip
    assert {"jmle112", "jmle116", "jmle119", "jmle120", "sample"} <= set(listed)
    assert [name for name, one in listed.items() if one["here"]] == ["sample"]
    assert main(["exams", f"--exam-data={tmp_path}"]) == 0
    assert "jmle112" in capsys.readouterr().out


def test_the_wheel_carries_every_pack() -> None:
    import tomllib  # noqa: PLC0415

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    data = ROOT / "data"
    packs = {file.relative_to(data).parts[0] for file in data.rglob("exam.toml")}
    targets = [target.split("/") for target in carried.values()]
    assert {path[2] for path in targets if path[1] == "packs"} == packs
