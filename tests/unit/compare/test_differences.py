from __future__ import annotations

import re

import pytest

from jmle_plugin.compare.verify import changes, differences, mark_words
from jmle_plugin.mark.extraction import How
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.results.file import Results
from tests.builders import make_exam, make_mark, make_marks, make_results


def with_marks(results: Results, *marks: Mark) -> Results:
    return results.model_copy(update={"marks": list(marks)})


def test_the_same_results_of_two_sessions_do_not_differ() -> None:
    one, other = make_results(), make_results()
    run = other.provenance.run.model_copy(update={"started": "later", "workers": "16"})
    origin = other.provenance.model_copy(update={"run": run, "packages": {}, "git": None})
    assert [*differences(one, other.model_copy(update={"provenance": origin}))] == []


def test_a_mark_is_told_in_words() -> None:
    exam = make_exam()
    assert mark_words(make_mark(exam, "A-2")) == "correct (a,c), 1 of 1"
    assert mark_words(make_mark(exam, "B-2", Outcome.NO_ANSWER)) == "no answer, 0 of 3"
    assert mark_words(None) == "no mark"


def test_marks_too_many_too_few_twice_and_out_of_order() -> None:
    results = make_results()
    first, second, *rest = results.marks
    assert [*differences(with_marks(results, second, *rest), results)] == [
        "A-1: no mark in the file, correct (a), 1 of 1 recomputed"
    ]
    assert [*differences(results, with_marks(results, second, *rest))] == [
        "A-1: correct (a), 1 of 1 in the file, no mark recomputed"
    ]
    assert [*differences(with_marks(results, first, first, second, *rest), results)] == [
        "A-1: marked 2 times in the file"
    ]
    assert [*differences(with_marks(results, second, first, *rest), results)] == [
        "marks: not in the exam's order"
    ]


def test_fields_beside_the_outcome_are_named() -> None:
    results = make_results()
    first, *rest = results.marks
    other = first.model_copy(update={"how": How.TOLERANT, "cost": 0.5})
    assert [*differences(with_marks(results, other, *rest), results)] == [
        "A-1: how: tolerant in the file, exact recomputed",
        "A-1: cost: 0.5 in the file, null recomputed",
    ]


def test_long_and_hidden_texts_are_made_fit_for_a_line() -> None:
    results = make_results()
    run = results.run.model_copy(update={"title": "\x1b[2J" + "x" * 5000})
    (line,) = differences(results.model_copy(update={"run": run}), results)
    assert re.fullmatch(r"run\.title: \?\[2Jx+\.\.\. in the file, some/model recomputed", line)
    assert len(line) < 300


@pytest.mark.parametrize("outcome", [Outcome.INCORRECT, Outcome.ERROR])
def test_changes_tell_both_outcomes(outcome: Outcome) -> None:
    exam = make_exam()
    before = make_results(exam)
    after = make_results(exam, make_marks(exam, B_2=outcome))
    assert [*changes(before, after)] == [f"B-2: correct (a), 3 of 3 -> {outcome.value}, 0 of 3"]
    assert [*changes(before, before)] == []
