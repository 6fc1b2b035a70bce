"""The sheet by subjects, image dependency and visual types: exact on a small paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.exam.model import Exam, Treatment
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Sheet
from jmle_plugin.mark.tallies import score_interval
from tests.builders import make_exam, make_key, make_marks


def divided(exam: Exam, **words: Callable[[int], Any]) -> Exam:
    """The exam with fields of its questions set by their place."""
    questions = {
        one.id: replace(one, **{name: of(place) for name, of in words.items()})
        for place, one in enumerate(exam.questions.values())
    }
    return replace(exam, questions=questions)


def sheet_of(exam: Exam, **outcomes: Outcome) -> Sheet:
    return build_sheet(exam, make_marks(exam, **outcomes), exam.questions)


def test_without_words_of_the_data_set_there_are_no_strata() -> None:
    sheet = sheet_of(make_exam())
    assert sheet.strata.empty
    assert "strata" not in sheet.model_dump(mode="json")


def test_subjects_sum_to_the_total_those_without_one_included() -> None:
    exam = divided(make_exam(), subject=lambda place: ("x", "y", "")[place % 3])
    sheet = sheet_of(exam, A_1=Outcome.INCORRECT)
    assert set(sheet.strata.subjects) == {"x", "y", "unknown"}
    strata = sheet.strata.subjects.values()
    assert sum(one.points for one in strata) == sheet.total.points
    assert sum(one.questions for one in strata) == sheet.total.questions
    wrong = sheet.strata.subjects["x"]
    assert wrong.correct == wrong.questions - 1
    assert wrong.share == pytest.approx(wrong.correct / wrong.counted, abs=1e-4)


def test_one_stratum_is_the_total_and_is_left_out() -> None:
    assert sheet_of(divided(make_exam(), subject=lambda _: "x")).strata.empty


def test_a_question_with_several_visual_types_is_in_each() -> None:
    exam = divided(make_exam(), visual_types=lambda place: ("ecg", "ct")[: place % 3])
    types = sheet_of(exam).strata.visual_types
    assert types["ecg"].questions > types["ct"].questions > 0


def test_an_excluded_question_is_in_no_share() -> None:
    exam = divided(make_exam(), image_dependency=lambda place: ("enough", "not")[place % 2])
    some = next(iter(exam.questions))
    marks = make_marks(exam)
    marks[some] = marks[some].model_copy(
        update={"points": 0, "max": 0, "outcome": Outcome.INCORRECT}
    )
    stratum = build_sheet(exam, marks, exam.questions).strata.image_dependency["enough"]
    assert (stratum.counted, stratum.share) == (stratum.questions - 1, 1.0)


@given(st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_holds_the_share_and_its_ends_are_those_of_the_score_test(
    counts: tuple[int, int],
) -> None:
    right, of = counts
    low, high = score_interval(right, of)
    share, quantile = right / of, NormalDist().inv_cdf(0.975)
    assert 0 <= low <= share + 5e-5
    assert share - 5e-5 <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            # At an end the test of that share is just significant; ends are rounded to 4 digits.
            near = [
                (share - one) ** 2 - quantile**2 * one * (1 - one) / of
                for one in (max(end - 6e-5, 1e-9), min(end + 6e-5, 1 - 1e-9))
            ]
            assert near[0] * near[1] <= 0


def test_the_average_examinee_scores_by_the_shares_that_were_right() -> None:
    key = make_key(
        {
            "A-1": Treatment.EXCLUDE,
            "A-2": Treatment.CREDIT_ALL,
            "A-4": Treatment.CREDIT_ALL,
            "B-2": Treatment.EXCLUDE_IF_WRONG,
        }
    )
    shares = {"A-2": 0.5, "A-3": 0.25, "B-2": 0.5, "B-3": 0.9}
    whole = make_exam(key)
    exam = replace(
        whole,
        questions={
            one.id: replace(one, human_accuracy=shares.get(one.id))
            for one in whole.questions.values()
        },
    )
    average = sheet_of(exam).examinee
    assert average is not None
    # A-1 counts for nobody; are credited; nothing is known of B-1.
    assert average.sections == {"general": 1 + 0.25 + 1, "required": 1.5 + 2.7}
    assert average.points == pytest.approx(2.25 + 4.2)
    assert average.unknown == ["A-4", "B-1"]
    assert sheet_of(whole).examinee is None
    assert "examinee" not in sheet_of(whole).model_dump()
