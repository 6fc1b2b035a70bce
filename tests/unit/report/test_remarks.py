"""What stands below the tables of a sheet: refusals, examinees, letters, confidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from jmle_plugin.compare.habits import with_doubt
from jmle_plugin.exam.model import Exam, KeyEntry
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.report.remarks import doubt_sentences, remarks
from jmle_plugin.results.file import Results
from tests.builders import (
    make_epochs,
    make_exam,
    make_key,
    make_mark,
    make_marks,
    make_question,
    make_results,
)


def line(results: Results, beginning: str) -> str:
    """The one remark that begins so; empty where there is none."""
    lines = [one if isinstance(one, str) else one.line for one in remarks(results)]
    told = [one for one in lines if one.startswith(beginning)]
    assert len(told) <= 1
    return told[0] if told else ""


def changed(exam: Exam, outcomes: Mapping[str, Outcome], **changes: object) -> dict[str, Mark]:
    """Marks with these outcomes; the questions named so have these fields as well."""
    marks = make_marks(exam, **{name.replace("-", "_"): one for name, one in outcomes.items()})
    for name in outcomes:
        marks[name] = marks[name].model_copy(update=changes)
    return marks


def test_refusals_are_a_row_of_their_own() -> None:
    exam = make_exam()
    assert line(make_results(exam), "Refused") == ""
    marks = changed(exam, {"A-1": Outcome.NO_ANSWER, "B-2": Outcome.NO_ANSWER}, refused=True)
    assert line(make_results(exam, marks), "Refused") == (
        "Refused (2 questions, 4 points lost): A-1 B-2"
    )


def test_the_verdict_that_unreadable_answers_cost_stands_beside_them() -> None:
    exam = make_exam()
    lost = make_results(exam, make_marks(exam, B_2=Outcome.NO_ANSWER))
    assert line(lost, "Formatting").endswith("; PASS if every unreadable answer were right")
    passed = make_results(exam, make_marks(exam, B_1=Outcome.NO_ANSWER))
    assert "unreadable answer" not in line(passed, "Formatting")


def test_an_exam_without_a_verdict_has_none_if_answers_were_readable() -> None:
    exam = replace(make_exam(), no_verdict="no points are known")
    lost = make_results(exam, make_marks(exam, B_2=Outcome.NO_ANSWER))
    assert "unreadable answer" not in line(lost, "Formatting")


def with_shares(exam: Exam, *unknown: str) -> Exam:
    questions = {
        one.id: replace(one, human_accuracy=None if one.id in unknown else 0.5)
        for one in exam.questions.values()
    }
    return replace(exam, questions=questions)


@pytest.mark.parametrize(
    ("unknown", "said"),
    [
        ((), "scores 4 + 2, this run 4 + 4"),
        (("B-1", "B-3"), "scores 2 + 2, this run 4 + 4; no share is known of B-1, B-3 (counted as"),
    ],
)
def test_the_average_examinee_stands_beside_the_run(unknown: tuple[str, ...], said: str) -> None:
    exam = with_shares(make_exam(), *unknown)
    results = make_results(exam, make_marks(exam, B_2=Outcome.INCORRECT))
    assert said in line(results, "Average examinee")


def test_beside_the_average_examinee_stands_the_mean_of_epochs() -> None:
    exam = with_shares(make_exam())
    often = make_epochs(exam, {}, {}, {"A_1": Outcome.INCORRECT})
    assert line(often, "Average examinee").endswith("this run 7 + 3.7")


def leaning() -> Results:
    """Twenty wrong answers, all of them `a`."""
    questions = [make_question(f"B-{n}") for n in range(1, 21)]
    entries = {one.id: KeyEntry((("b",),)) for one in questions}
    exam = make_exam(replace(make_key(), entries=entries), questions)
    marks = {one.id: make_mark(exam, one.id, Outcome.INCORRECT, answer=["a"]) for one in questions}
    return with_doubt(make_results(exam, marks), exam)


def test_letters_are_told_where_they_are_no_chance() -> None:
    rare = "0, by equal chance 5.0 (p = 0.019)"
    assert line(leaning(), "Letters of") == (
        f"Letters of 20 wrong answers: a 20, by equal chance 5.0 (p < 0.001); c {rare}; d {rare}; "
        f"e {rare}; Holm over all letters. The paper itself may lean to a letter"
    )
    exam = make_exam()
    few = with_doubt(make_results(exam, make_marks(exam, B_1=Outcome.INCORRECT)), exam)
    assert line(few, "Letters of") == ""


def test_confidence_is_told_where_it_was_recorded() -> None:
    exam = make_exam()
    assert line(with_doubt(make_results(exam), exam), "Confidence") == ""
    marks = changed(exam, dict.fromkeys(exam.questions, Outcome.CORRECT), confidence=0.95)
    marks["A-1"] = make_mark(exam, "A-1", Outcome.INCORRECT, answer=["b"], confidence=0.25)
    sure = with_doubt(make_results(exam, marks), exam)
    said = line(sure, "Confidence of 7 answers: accuracy 85.7%, AUROC 1.000 (")
    assert said.endswith("; 95% by 2000 bootstrap draws of 6 cases")
    untold = replace(exam, cases_told=False)
    said = line(with_doubt(make_results(untold, marks), untold), "Confidence of 7 answers")
    assert said.endswith("; 95% by 2000 bootstrap draws (cases unknown: each question by itself)")
    assert line(sure, "Correct, by confidence") == (
        "Correct, by confidence: 20% to 30% 0 of 1, 90% to 100% 6 of 6"
    )


def sentences(results: Results) -> Iterator[str]:
    assert results.doubt is not None
    return doubt_sentences(results.doubt)


def test_a_chance_of_passing_says_where_cases_are_unknown() -> None:
    exam = make_exam()
    told = replace(exam, cases_told=False)
    assert any("cases unknown" in one for one in sentences(with_doubt(make_results(told), told)))
    assert not any("cases" in one for one in sentences(with_doubt(make_results(exam), exam)))
