"""YakugakuQA's layout and, where its files are here, the pharmacists' 105th to 109th."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import PackError
from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.check import notes
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.model import Exam, Treatment
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.exam.sources import Paper, PaperQuestion
from jmle_plugin.exam.sources.yakugakuqa import read
from tests.unit.exam.problems import check_exam

FIVE = ["甲", "乙", "丙", "丁", "戊"]
PART = "data/2020/105"
SITTINGS = {2020: 105, 2021: 106, 2022: 107, 2023: 108, 2024: 109}


def paper(root: Path, *entries: dict[str, Any], meta: list[str] | None = None) -> Paper:
    """Questions 105001, 105002, ... with what the entries change of a plain one."""
    folder = root / "data" / "2020"
    folder.mkdir(parents=True)
    plain = {"problem_text": "正しいのはどれか。1つ選べ。", "choices": FIVE, "text_only": True}
    plain |= {"answer": ["2"], "comment": "", "points": "1"}
    rows = [
        plain | {"problem_id": f"105{number:03}"} | entry
        for number, entry in enumerate(entries, start=1)
    ]
    named = [row["problem_id"] for row in rows] if meta is None else meta
    about = [{"problem_id": name, "category": "Physics", "note": ""} for name in named]
    for name, lines in (("105.jsonl", rows), ("metadata_105.jsonl", about)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / name).write_text(text, encoding="utf-8")
    return read(root, PART)


def one(root: Path, **entry: Any) -> PaperQuestion:
    (question,) = paper(root, entry).questions
    return question


def test_options_are_numbered_and_no_points_are_read(tmp_path: Path) -> None:
    question = one(tmp_path)
    assert (question.id, question.number, question.subject) == ("105001", 1, "Physics")
    assert question.options == dict(zip("12345", FIVE, strict=True))
    assert question.text.endswith("1　甲\n2　乙\n3　丙\n4　丁\n5　戊")
    assert (question.answer, question.points, question.defect) == (("2",), None, "")


@pytest.mark.parametrize(
    ("written", "accepted"),
    [
        (["1", "4"], [("1", "4")]),
        (["1", "4（いずれか1つを選択で正解とする）"], [("1",), ("4",)]),
        (["1", "3", "5（いずれか2つ選択で正解とする）"], [("1", "3"), ("1", "5"), ("3", "5")]),
    ],
)
def test_a_key_is_all_of_its_numbers_or_any_of_them(
    tmp_path: Path, written: list[str], accepted: list[tuple[str, ...]]
) -> None:
    question = one(tmp_path, answer=written)
    assert [question.answer, *question.also] == accepted
    assert question.select == len(accepted[0])


@pytest.mark.parametrize("written", [["解なし"], ["2", "5（図に不備があり", "解なしとなった）"]])
def test_without_a_right_answer_a_question_waits_for_a_decision(
    tmp_path: Path, written: list[str]
) -> None:
    question = one(tmp_path, answer=written, problem_text="どれか。2つ選べ。")
    assert (question.answer, question.treatment, question.select) == ((), Treatment.EXCLUDE, 2)


def test_a_key_longer_than_the_question_asks_for_stands_and_is_named(tmp_path: Path) -> None:
    question = one(tmp_path, answer=["3", "4"])
    assert (question.answer, question.select) == (("3", "4"), 2)
    assert question.defect == "its text asks for 1, its key has 2: it is asked for 2"


def test_options_that_are_pictures_can_be_chosen_and_are_named(tmp_path: Path) -> None:
    question = one(tmp_path, choices="IMAGES", text_only=False, answer=["5"])
    assert question.options == dict.fromkeys("12345", "")
    assert question.text == "正しいのはどれか。1つ選べ。"
    assert question.figures_missing
    assert "its options are pictures" in question.defect


@pytest.mark.parametrize(
    ("entry", "meta", "problem"),
    [
        ({"answer": ["6"]}, None, "the answer '6' is not among its options"),
        ({"answer": ["乙"]}, None, "the answer '乙' is not among its options"),
        ({"problem_id": "106001"}, None, "question 106001 is not of the 105th"),
        ({"problem_id": "105000"}, None, "question 105000 is not of the 105th"),
        ({}, [], "lacks question 105001"),
        ({"choices": "NONE"}, None, "line 1"),
    ],
)
def test_what_is_no_such_source_is_refused_by_name(
    tmp_path: Path, entry: dict[str, Any], meta: list[str] | None, problem: str
) -> None:
    with pytest.raises(PackError, match=problem):
        paper(tmp_path, entry, meta=meta)


# --- the published files -------------------------------------------------------------------


def load(year: int, data_root: Path) -> Exam:
    return load_exam(find_pack(f"pharmacist-{year}", pack_folders()), data_root=data_root)


@pytest.mark.data
@pytest.mark.parametrize("year", SITTINGS)
def test_the_sittings_load_and_count_two_points_a_question(data_root: Path, year: int) -> None:
    exam = load(year, data_root)
    assert check_exam(exam) == []
    assert list(exam.questions) == [f"{SITTINGS[year]}{number:03}" for number in range(1, 346)]
    assert {question.points for question in exam.questions.values()} == {2}
    assert (exam.source, exam.figureless) == ("yakugakuqa", True)
    assert "CC BY-SA 4.0" in exam.licence
    required = next(rule for rule in exam.key.criteria if rule.name == "required")
    total = next(rule for rule in exam.key.criteria if rule.name == "total")
    assert (required.threshold, required.maximum, total.maximum) == (126, 180, 690)
    assert any(doubt.startswith("criterion total") for doubt in exam.key.unconfirmed)


@pytest.mark.data
def test_decisions_are_those_of_the_packs(data_root: Path) -> None:
    decided = {
        name: entry
        for year in SITTINGS
        for name, entry in load(year, data_root).key.entries.items()
        if len(entry.accepted) != 1 or entry.treatment is not Treatment.STANDARD
    }
    credited = {n for n, one in decided.items() if one.treatment is Treatment.CREDIT_ALL}
    assert credited == {"106320", "107328", "109111", "109330"}
    several = {name: one.accepted for name, one in decided.items() if name not in credited}
    assert several == {
        "105299": (("1",), ("4",)),
        "109305": (("1", "3"), ("1", "5"), ("3", "5")),
    }


@pytest.mark.data
@pytest.mark.parametrize("year", SITTINGS)
def test_every_decision_names_its_source(data_root: Path, year: int) -> None:
    changes = (
        read_manifest(find_pack(f"pharmacist-{year}", pack_folders())).keys["official"].changes
    )
    assert all(change.source for change in changes)
    assert load(year, data_root).key.state == "official"


@pytest.mark.data
def test_the_105ths_defects_are_named(data_root: Path) -> None:
    exam = load(2020, data_root)
    empty = {name for name, told in exam.defects.items() if "text of the question is empty" in told}
    pictures = {name for name, told in exam.defects.items() if "options are pictures" in told}
    assert (empty, len(pictures)) == ({"105049", "105053"}, 39)
    asked = exam.questions["105109"]
    assert (asked.select, exam.key.entries["105109"].accepted) == (2, (("3", "4"),))
    assert any("a case that several questions share" in note for note in notes(exam))


@pytest.mark.data
def test_categories_are_subjects(data_root: Path) -> None:
    # The metadata of the 105th begins anew after 325 rows: by number, not by position.
    subjects = Counter(one.subject for one in load(2020, data_root).questions.values())
    assert subjects.total() == 345
    assert len(subjects) == 9
    assert subjects["Practice"] == 95
