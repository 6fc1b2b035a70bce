"""DenQA's layout and, where its file is here, the dentists' 116th and 117th."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import PackError
from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.check import notes
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Exam, Treatment
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.exam.sources import PaperQuestion
from jmle_plugin.exam.sources.denqa import read
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report.tallies import part_rows
from tests.builders import make_mark, make_results
from tests.unit.exam.problems import check_exam


def one(root: Path, **entry: Any) -> PaperQuestion:
    plain: dict[str, Any] = {
        "problem_id": "116A1",
        "problem_text": "どれか。 1つ選べ。",
        "points": "1",
    }
    plain |= {"choices": ["甲", "乙", "丙"], "answer": ["b"], "text_only": True}
    other = plain | {"problem_id": "117A1"}
    rows = [json.dumps(row) for row in (plain | entry, other)]
    (root / "denqa.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (question,) = read(root, "116").questions
    return question


@pytest.mark.parametrize(
    ("entry", "kind", "select", "answer"),
    [
        ({}, QuestionKind.CHOICE, 1, ("b",)),
        ({"problem_text": "2 つ選べ。", "answer": ["a", "c"]}, QuestionKind.CHOICE, 2, ("a", "c")),
        ({"problem_text": "すべて選べ。", "answer": ["a"]}, QuestionKind.CHOICE, 0, ("a",)),
        (
            {"problem_text": "順番に並べよ。", "answer": ["c", "a", "b"]},
            QuestionKind.SEQUENCE, 3, ("c", "a", "b"),
        ),
    ],
)  # fmt: skip
def test_the_text_says_how_a_question_is_answered(
    tmp_path: Path, entry: dict[str, Any], kind: QuestionKind, select: int, answer: tuple[str, ...]
) -> None:
    question = one(tmp_path, **entry)
    assert (question.kind, question.select, question.answer) == (kind, select, answer)
    assert (question.points, question.defect) == (None, "")


@pytest.mark.parametrize(
    ("entry", "defect"),
    [
        ({"answer": "NA"}, "its key is NA"),
        ({"answer": "NA", "choices": []}, "its key is NA"),
        ({"problem_text": "2 つ選べ。"}, "its key has 1 of the 2 labels asked for"),
    ],
)
def test_a_key_that_is_not_whole_is_named_and_not_marked(
    tmp_path: Path, entry: dict[str, Any], defect: str
) -> None:
    question = one(tmp_path, **entry)
    assert (question.answer, question.treatment) == ((), Treatment.EXCLUDE)
    assert question.defect == f"{defect}: it is asked, and not marked"


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"problem_id": "A1"}, "line 1: 'A1' names no question"),
        ({"problem_id": "117A2"}, "has no question of the 116th"),
        ({"answer": []}, "answer"),
    ],
)
def test_what_is_no_such_source_is_refused(
    tmp_path: Path, entry: dict[str, Any], problem: str
) -> None:
    with pytest.raises(PackError, match=problem):
        one(tmp_path, **entry)


# --- the published file ----------------------------------------------------------------------

SHORT = {
    2023: {"A-35", "A-53", "A-56", "A-69", "B-50", "D-35"},
    2024: {"A-66", "B-44"},
}  # fmt: skip
UNKNOWN = {2023: 11, 2024: 10}


def load(year: int, data_root: Path) -> Exam:
    return load_exam(find_pack(f"dentist-{year}", pack_folders()), data_root=data_root)


@pytest.mark.data
@pytest.mark.parametrize("year", SHORT)
def test_keys_that_are_not_whole_are_named(data_root: Path, year: int) -> None:
    exam = load(year, data_root)
    assert check_exam(exam) == []
    short = {name for name, told in exam.defects.items() if "labels asked for" in told}
    unknown = {name for name, told in exam.defects.items() if "its key is NA" in told}
    assert (short, len(unknown)) == (SHORT[year], UNKNOWN[year])
    excluded = {n for n, one in exam.key.entries.items() if one.treatment is Treatment.EXCLUDE}
    assert excluded == short | unknown


@pytest.mark.data
def test_287_questions_want_figures(data_root: Path) -> None:
    exams = [load(year, data_root) for year in SHORT]
    assert sum(one.figures_missing for exam in exams for one in exam.questions.values()) == 287


@pytest.mark.data
@pytest.mark.parametrize("year", SHORT)
def test_without_points_there_is_no_verdict(data_root: Path, year: int) -> None:
    exam = load(year, data_root)
    assert exam.no_verdict == "the source does not say its points"
    assert any(note.startswith("no verdict: the source does not say") for note in notes(exam))
    counted = {n for n, one in exam.key.entries.items() if one.treatment is Treatment.STANDARD}
    marks = {
        name: make_mark(exam, name, Outcome.CORRECT if name in counted else Outcome.NO_ANSWER)
        for name in exam.questions
    }
    sheet = build_sheet(exam, marks, exam.questions)
    assert (sheet.verdict, sheet.sections) == (Verdict.NONE, {})
    assert (sheet.total.correct, sheet.total.max, sheet.total.questions) == (
        len(counted), len(counted), 360,
    )  # fmt: skip


@pytest.mark.data
def test_no_part_counts_what_is_not_marked(data_root: Path) -> None:
    exam = load(2023, data_root)
    marked = {n for n, one in exam.key.entries.items() if one.accepted}
    marks = {
        name: make_mark(exam, name, Outcome.CORRECT if name in marked else Outcome.NO_ANSWER)
        for name in exam.questions
    }
    head, *rows = part_rows(make_results(exam, marks))
    assert head == ["", "correct", "not marked"]
    assert rows[0] == ["Block A", "84 of 84", "6"]
    blocks = [row for row in rows if row[0].startswith("Block ")]
    assert sum(int(row[2]) for row in blocks) == 17
