"""The published 112th to 116th and 119th examinations: figures known from outside this project."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.check import notes
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.manifest import Manifest, read_manifest
from jmle_plugin.exam.model import Exam, NumericRule, Treatment
from jmle_plugin.exam.pack import load_exam
from tests.unit.exam.problems import check_exam

LIMITS = {
    112: (160, 200, 208, 299),
    113: (160, 200, 209, 296),
    114: (158, 197, 217, 299),
    115: (160, 200, 209, 300),
    116: (158, 197, 214, 297),
    119: (160, 200, 221, 300),
}
EXCLUDED = {
    112: {"112A43"},
    113: {"113A5", "113C34", "113F42", "113F81"},
    114: {"114E29", "114F63"},
    115: set(),
    116: {"116A34", "116B43", "116C36", "116D64"},
    119: set(),
}
NUMBERS = {
    "112C66": ["26"], "112F84": ["1.2"], "113A75": ["146"], "113F84": ["7.20"],
    "114C75": ["10.0"], "114D75": ["97"], "114F75": ["1130", "130"],
    "115C75": ["27"], "115F75": ["8.5"],
    "116B50": ["2.1"], "116C75": ["325"], "116F74": ["0.4"],
    "119A75": ["600"], "119C74": ["36"], "119C75": ["27"], "119F75": ["40"],
}  # fmt: skip
HERE = (112, 113, 114, 115, 116, 119)


def manifest(edition: int) -> Manifest:
    return read_manifest(find_pack(f"jmle{edition}", pack_folders()))


def load(edition: int, data_root: Path, key: str | None = None) -> Exam:
    return load_exam(find_pack(f"jmle{edition}", pack_folders()), data_root=data_root, key=key)


@pytest.mark.parametrize("edition", LIMITS)
def test_thresholds_and_maxima_are_those_of_the_sitting(edition: int) -> None:
    for state, key in manifest(edition).keys.items():
        required, general = key.criteria["required"], key.criteria["general"]
        limits = (required.threshold, required.max, general.threshold, general.max)
        assert limits == LIMITS[edition], state
        assert required.ratio == (4, 5)
        assert key.prohibited is not None
        assert (key.prohibited.limit, key.prohibited.listed) == (3, edition != 119)
        excluded = {one.question for one in key.changes if one.treatment is Treatment.EXCLUDE}
        assert excluded == EXCLUDED[edition]
        assert all(one.source for one in key.changes)


@pytest.mark.parametrize("edition", LIMITS)
def test_every_booklet_has_its_questions_and_points(edition: int) -> None:
    blocks = {
        block.id: (
            block.questions,
            sum(block.points_of(number) or 0 for number in range(1, block.questions + 1)),
        )
        for block in manifest(edition).blocks
    }
    old = {"A": (75, 75), "B": (49, 99), "C": (66, 66), "D": (75, 75), "E": (51, 101)}
    new = {"A": (75, 75), "B": (50, 100), "C": (75, 75), "D": (75, 75), "E": (50, 100)}
    expected = old | {"F": (84, 84)} if edition < 114 else new | {"F": (75, 75)}
    assert blocks == expected


def test_a_number_in_the_116ths_required_block_counts_one() -> None:
    block = next(one for one in manifest(116).blocks if one.id == "B")
    assert [block.points_of(number) for number in (24, 25, 49, 50)] == [1, 3, 3, 1]


@pytest.mark.parametrize("edition", [112, 113, 114, 115, 116, 119])
def test_every_upstream_file_is_pinned(edition: int) -> None:
    source = manifest(edition).source
    assert len(source.commit) == 40
    files = 6 + 1 + 150 if edition == 119 else 12
    assert (len(source.files), source.unverified, source.incomplete) == (files, [], "")


@pytest.mark.data
@pytest.mark.parametrize("edition", HERE)
def test_nothing_is_wrong_with_the_packs(data_root: Path, edition: int) -> None:
    for state in manifest(edition).keys:
        exam = load(edition, data_root, state)
        assert check_exam(exam) == []
        assert len(exam.questions) == 400
        assert any("are not in the data set" in note for note in notes(exam))


@pytest.mark.data
def test_numbers_are_those_that_the_digit_boxes_hold(data_root: Path) -> None:
    found = {
        name: [answer for (answer,) in exam.key.entries[name].accepted]
        for exam in (load(edition, data_root) for edition in HERE)
        for name, question in exam.questions.items()
        if question.kind is QuestionKind.NUMERIC
    }
    assert found == NUMBERS
    theirs = load(114, data_root, "author").key
    assert theirs.numeric is NumericRule.TEXT
    assert [theirs.entries[name].accepted for name in ("114C75", "114F75")] == [
        (("100",),), (("130",),),
    ]  # fmt: skip


@pytest.mark.data
def test_several_answers_are_accepted_where_the_examiners_did(data_root: Path) -> None:
    for edition, name, accepted in ((112, "112B30", "ad"), (119, "119E28", "ac")):
        entry = load(edition, data_root).key.entries[name]
        assert entry.accepted == tuple((label,) for label in accepted)


@pytest.mark.data
@pytest.mark.parametrize("edition", [112, 113, 114, 115, 116])
def test_50_questions_stand_in_cases(data_root: Path, edition: int) -> None:
    exam = load(edition, data_root)
    serials = [one.serial for one in exam.questions.values() if one.serial]
    sizes = Counter(len(serial.questions) for serial in set(serials))
    assert (len(serials), sizes) == (50, {2: 10, 3: 10})
    assert exam.figureless


@pytest.mark.data
def test_the_119th_has_some_of_its_figures(data_root: Path) -> None:
    questions = load(119, data_root).questions.values()
    assert sum(bool(one.images) for one in questions) == 7
    assert sum(one.has_figures for one in questions) == 103
