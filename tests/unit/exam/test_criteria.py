"""Criteria of other professions, on small packs of their structure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from jmle_plugin.compare.pairing import places
from jmle_plugin.compare.verdict import verdict_doubt
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Sheet, Verdict
from tests.builders import make_mark, make_results
from tests.unit.exam.problems import check_exam

if TYPE_CHECKING:
    from tests.unit.exam.conftest import NativePackBuilder


def paper(native: NativePackBuilder, blocks: list[dict[str, Any]]) -> None:
    """Put sound questions into `blocks`."""
    native.manifest["blocks"], native.serials = blocks, []
    native.questions = [
        {
            "id": f"{block['id']}-{number}",
            "block": block["id"],
            "number": number,
            "text": f"Question {block['id']}-{number}?",
            "options": {label: f"option {label}" for label in "12345"},
            "answer": ["1"],
        }
        for block in blocks
        for number in range(1, block["questions"] + 1)
    ]


def rules(native: NativePackBuilder, criteria: dict[str, Any], **key: Any) -> None:
    native.manifest["keys"] = {"official": {"title": "a key", "criteria": criteria, **key}}


def ranges(*bounds: tuple[int, int, Any], what: str = "section") -> list[dict[str, Any]]:
    return [{"first": first, "last": last, what: value} for first, last, value in bounds]


def marked(exam: Exam, wrong: Iterable[str]) -> dict[str, Mark]:
    marks = {name: make_mark(exam, name) for name in exam.questions}
    return marks | {name: make_mark(exam, name, Outcome.INCORRECT) for name in wrong}


def sat(exam: Exam, wrong: Iterable[str] = ()) -> Sheet:
    return build_sheet(exam, marked(exam, wrong), exam.questions)


def points(sheet: Sheet) -> dict[str, tuple[int, int, int | None]]:
    return {name: (one.points, one.max, one.margin) for name, one in sheet.sections.items()}


@pytest.fixture
def dental(native: NativePackBuilder) -> Exam:
    """Dentistry in small: in each booklet some questions are required, some area A, some B."""
    native.manifest["sections"] = {
        "required": {"title": "必修"}, "A": {"title": "領域A"}, "B": {"title": "領域B"},
    }  # fmt: skip
    section = ranges((1, 2, "required"), (3, 4, "A"), (5, 6, "B"))
    paper(native, [{"id": one, "questions": 6, "section": section} for one in "AB"])
    rules(
        native,
        {
            "required": {"threshold": 4, "max": 4, "ratio": [4, 5]},
            "A": {"threshold": 2, "max": 4},
            "B": {"threshold": 3, "max": 4},
        },
    )
    return native.load()


def test_sections_may_be_ranges_of_each_booklet(dental: Exam) -> None:
    assert check_exam(dental) == []
    assert [dental.questions[f"B-{number}"].section for number in range(1, 7)] == [
        "required", "required", "A", "A", "B", "B",
    ]  # fmt: skip
    sheet = sat(dental, ["A-3", "B-4", "B-6"])
    assert points(sheet) == {"required": (4, 4, 0), "A": (2, 4, 0), "B": (3, 4, 0)}
    assert sheet.verdict is Verdict.PASS
    assert sat(dental, ["A-1"]).verdict is Verdict.FAIL


@pytest.fixture
def physio(native: NativePackBuilder) -> Exam:
    """Physical therapy in small: practical questions count 3; a total, and so much of those."""
    native.manifest["sections"] = {"practical": {"title": "実地"}, "general": {"title": "一般"}}
    section = ranges((1, 2, "practical"), (3, 5, "general"))
    worth = ranges((1, 2, 3), (3, 5, 1), what="points")
    paper(native, [{"id": "A", "questions": 5, "section": section, "points": worth}])
    rules(
        native,
        {
            "total": {
                "title": "総得点",
                "sections": ["practical", "general"],
                "threshold": 4,
                "max": 9,
            },
            "practical": {"threshold": 3, "max": 6},
        },
    )
    return native.load()


@pytest.mark.parametrize(
    ("wrong", "total", "practical", "verdict"),
    [
        ([], 9, 6, Verdict.PASS),
        (["A-3", "A-4", "A-5"], 6, 6, Verdict.PASS),
        (["A-1", "A-3", "A-4"], 4, 3, Verdict.PASS),
        (["A-1", "A-3", "A-4", "A-5"], 3, 3, Verdict.FAIL),
        (["A-1", "A-2"], 3, 0, Verdict.FAIL),
    ],
)
def test_a_total_and_a_part_of_it_must_both_be_reached(
    physio: Exam, wrong: list[str], total: int, practical: int, verdict: Verdict
) -> None:
    sheet = sat(physio, wrong)
    assert [one.points for one in sheet.sections.values()] == [total, practical]
    assert [one.title for one in sheet.sections.values()] == ["総得点", "実地"]
    assert sheet.verdict is verdict


def test_how_sure_a_verdict_is_heeds_a_question_in_two_criteria(physio: Exam) -> None:
    results = make_results(physio, marked(physio, ["A-1", "A-3"]))
    found = verdict_doubt(results, places(physio))
    assert found is not None
    assert found.another_exam is not None
    # Draws from urns that grow by what was drawn, with 0.1 of each outcome besides: two practical
    # questions (one of two right, 3 points each), three general ones (two of three right).
    neither = 1.1 / 2.2 * 2.1 / 3.2
    no_general = 1.1 / 3.2 * 2.1 / 4.2 * 3.1 / 5.2
    both, one = neither, 1 - 2 * neither
    chance = both + one * (1 - no_general)
    assert found.another_exam.passed / found.another_exam.draws == pytest.approx(chance, abs=0.015)
    # Right in A-2 alone holds 3 of 3 practical points and 3 of the total.
    assert found.lucky == ("A-2",)


def test_the_question_that_would_turn_two_failed_criteria_is_named(physio: Exam) -> None:
    results = make_results(physio, marked(physio, ["A-1", "A-2"]))
    found = verdict_doubt(results, places(physio))
    assert found is not None
    assert found.missed == ("A-1", "A-2")


@pytest.fixture
def pharmacy(native: NativePackBuilder) -> NativePackBuilder:
    """Pharmacy in small: a total, 70 % of one booklet, and 30 % of each subject there."""
    native.manifest["sections"] = {"A1": {"title": "必須"}, "A2": {"title": "一般"}}
    blocks = [
        {"id": "A1", "questions": 6, "section": "A1", "points": 2},
        {"id": "A2", "questions": 4, "section": "A2", "points": 2},
    ]
    paper(native, blocks)
    for question in native.questions:
        question["subject"] = "物理" if question["number"] % 2 else "薬理"
    rules(
        native,
        {
            "total": {"title": "総得点", "sections": ["A1", "A2"], "threshold": 10, "max": 20},
            "A1": {"threshold": 9, "max": 12},
            **{
                f"A1-{n}": {
                    "title": f"必須 {subject}",
                    "sections": ["A1"],
                    "subjects": [subject],
                    "ratio": [3, 10],
                }
                for n, subject in enumerate(("物理", "薬理"))
            },
        },
    )
    return native


def test_a_criterion_may_ask_for_a_share_of_a_subject(pharmacy: NativePackBuilder) -> None:
    exam = pharmacy.load()
    assert check_exam(exam) == []
    assert [(one.threshold, one.maximum) for one in exam.key.criteria[2:]] == [(2, 6), (2, 6)]
    sheet = sat(exam, ["A1-2", "A1-4", "A1-6", "A2-2"])
    assert points(sheet) == {
        "total": (12, 20, 2), "A1": (6, 12, -3), "A1-0": (6, 6, 4), "A1-1": (0, 6, -2),
    }  # fmt: skip
    assert sheet.sections["A1-1"].title == "必須 薬理"
    assert sheet.verdict is Verdict.FAIL


def test_a_share_is_that_of_what_counts(pharmacy: NativePackBuilder) -> None:
    pharmacy.official["changes"] = [
        {"question": "A1-1", "treatment": "exclude"},
        {"question": "A1-3", "treatment": "exclude_if_wrong"},
    ]
    pharmacy.official["criteria"]["A1"] = {"threshold": 9, "max": 10}
    pharmacy.official["criteria"]["total"]["max"] = 18
    exam = pharmacy.load()
    assert check_exam(exam) == []
    assert (exam.key.criteria[2].threshold, exam.key.criteria[2].maximum) == (2, 4)
    share = sat(exam, ["A1-3"]).sections["A1-0"]
    assert (share.points, share.max, share.stated_max, share.margin) == (2, 2, 4, 1)


def test_a_criterion_about_nothing_is_refused(pharmacy: NativePackBuilder) -> None:
    pharmacy.official["criteria"]["A1-0"]["subjects"] = ["物埋"]
    message = pharmacy.refused()
    assert f"{pharmacy.file}: keys.official: criterion A1-0: this exam has no question" in message


def test_subjects_the_rules_speak_of_are_part_of_the_exam(pharmacy: NativePackBuilder) -> None:
    before = pharmacy.load().hash
    pharmacy["A1-1"]["subject"], pharmacy["A1-2"]["subject"] = "薬理", "物理"
    assert pharmacy.load().hash != before


def test_without_a_stated_maximum_it_is_what_counts(native: NativePackBuilder) -> None:
    native.official["criteria"]["general"] = {"threshold": 2}
    native.official["changes"] = [{"question": "A-1", "treatment": "exclude"}]
    exam = native.load()
    assert (exam.key.criteria[0].threshold, exam.key.criteria[0].maximum) == (2, 2)
    assert check_exam(exam) == []


def test_points_may_be_the_sources_own(native: NativePackBuilder) -> None:
    native.manifest["blocks"][0]["points"] = "source"
    message = native.refused()
    assert f"{native.dataset}: question A-1: the source does not say its points" in message
    assert "Give block A its points in exam.toml" in message
