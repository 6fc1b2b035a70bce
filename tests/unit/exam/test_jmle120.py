"""The published 120th examination: figures that are known from outside this project."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.model import Criterion, Exam, NumericRule
from jmle_plugin.exam.pack import load_exam
from tests.unit.exam.problems import check_exam

PACK = find_pack("jmle120", pack_folders())
CHANGED = {"120C-57", "120C-68", "120E-6", "120F-44", "120F-58"}


@pytest.fixture(scope="module")
def exam(data_root: Path) -> Exam:
    return load_exam(PACK, data_root=data_root)


@pytest.fixture(scope="module")
def author(data_root: Path) -> Exam:
    return load_exam(PACK, data_root=data_root, key="author")


def test_every_upstream_file_is_pinned() -> None:
    files = read_manifest(PACK).source.files
    assert len(files) == 111
    assert sum(name.startswith("images/") for name in files) == 110


def test_400_questions_make_500_points(exam: Exam) -> None:
    points: Counter[str] = Counter()
    for question in exam.questions.values():
        points[question.section] += question.points
    assert len(exam.questions) == 400
    assert points == {"required": 200, "general": 300}


def test_six_booklets_are_complete(exam: Exam) -> None:
    counted = Counter(question.block for question in exam.questions.values())
    assert counted == {"A": 75, "B": 50, "C": 75, "D": 75, "E": 50, "F": 75}


def test_98_questions_show_110_images(exam: Exam) -> None:
    shown = [question.images for question in exam.questions.values() if question.images]
    assert len(shown) == 98
    assert len({image.name for images in shown for image in images}) == 110


def test_most_questions_ask_for_one_choice(exam: Exam) -> None:
    assert Counter(question.select for question in exam.questions.values()) == {1: 370, 2: 28, 3: 2}


def test_three_questions_are_numeric(exam: Exam) -> None:
    numeric = [name for name, one in exam.questions.items() if one.kind is QuestionKind.NUMERIC]
    assert numeric == ["120A-74", "120A-75", "120D-75"]


def test_50_questions_stand_in_20_serial_groups(exam: Exam) -> None:
    serials = [question.serial for question in exam.questions.values() if question.serial]
    assert len(serials) == 50
    assert len({serial.id for serial in serials}) == 20
    assert all(len(serial.questions) >= 2 for serial in serials)


def test_the_official_key_differs_from_the_authors_in_five_questions(
    exam: Exam, author: Exam
) -> None:
    ours, theirs = exam.key.entries, author.key.entries
    assert {name for name in ours if ours[name] != theirs[name]} == CHANGED
    assert exam.hash == author.hash


def test_the_thresholds_are_the_ministrys_and_the_authors(exam: Exam, author: Exam) -> None:
    required = Criterion("required", 160, 200, (4, 5))
    assert exam.key.criteria == (required, Criterion("general", 224, 300))
    assert author.key.criteria == (required, Criterion("general", 221, 300))
    assert (exam.key.numeric, author.key.numeric) == (NumericRule.NUMBER, NumericRule.TEXT)


def test_nothing_is_wrong_with_it(exam: Exam, author: Exam) -> None:
    assert check_exam(exam) == []
    assert check_exam(author) == []
