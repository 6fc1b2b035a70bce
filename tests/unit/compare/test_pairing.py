"""What is paired, what is grouped, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.groups import Group, case_replies, make_group
from jmle_plugin.compare.pairing import Place, pair_results, places
from jmle_plugin.errors import ComparisonError, UnlikeResultsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.file import Results
from jmle_plugin.results.soundness import MISMATCHES, find_mismatches
from tests.builders import make_imported_run, make_mark
from tests.unit.compare.conftest import Sat


def changed(results: Results, part: str, **changes: Any) -> Results:
    """Results with another fact in one part of their provenance, or in the provenance itself."""
    origin = results.provenance
    if part:
        changes = {part: getattr(origin, part).model_copy(update=changes)}
    return results.model_copy(update={"provenance": origin.model_copy(update=changes)})


def with_sheet(results: Results, **changes: Any) -> Results:
    return results.model_copy(update={"sheet": results.sheet.model_copy(update=changes)})


def test_questions_are_paired_with_their_places(exam: Exam, sat: Sat) -> None:
    table = pair_results(sat("old", ["A-1"]), sat("new", ["A-2", "B-2"]), places(exam))
    assert [pair.question for pair in table.pairs] == list(exam.questions)
    assert [pair.difference for pair in table.pairs] == [1, -1, 0, 0, 0, -3, 0]
    assert table.pairs[0].place == Place("general", "A", "single", "A-1", ("general",))
    assert table.serial_known
    assert not table.same_answers
    assert not table.one_sided


def test_serial_questions_are_one_group(exam: Exam, sat: Sat) -> None:
    table = pair_results(sat("old", ["B-3"]), sat("new", ["B-2"]), places(exam))
    assert table.groups[-1] == Group("required", 3, 2, 6, 3, 3, (3,), (3,), (18.0, 18.0))
    assert table.groups[-1].difference == 0
    assert len(table.groups) == 6


def test_without_the_exam_every_question_is_alone(sat: Sat) -> None:
    table = pair_results(sat(), sat("new"))
    assert not table.serial_known
    assert [group.size for group in table.groups] == [1] * 7
    assert table.same_answers


def test_one_question_without_a_place_makes_all_groups_unknown(exam: Exam, sat: Sat) -> None:
    where = places(exam)
    del where["A-1"]
    table = pair_results(sat(), sat("new"), where)
    assert not table.serial_known
    assert [group.size for group in table.groups] == [1] * 7
    assert {pair.place for pair in table.pairs} == {None}
    # One that neither run was asked is not missed.
    some = sat("part", asked=["A-2", "B-2"])
    some = some.model_copy(update={"marks": [one for one in some.marks if one.question != "A-1"]})
    assert pair_results(some, some, where, allow={"partial"}).serial_known


def test_what_counts_for_neither_is_no_group(exam: Exam, sat: Sat) -> None:
    old = sat()
    marks = [old.marks[0].model_copy(update={"points": 0, "max": 0}), *old.marks[1:]]
    excluded = old.model_copy(update={"marks": marks})
    assert len(pair_results(excluded, excluded, places(exam)).groups) == 5
    assert len(pair_results(excluded, old, places(exam)).groups) == 6


def test_only_what_both_answered_is_paired(exam: Exam, sat: Sat) -> None:
    old, new = sat(), sat("new")
    failed = make_mark(exam, "A-1", Outcome.ERROR)
    old = old.model_copy(update={"marks": [failed, *old.marks[1:]]})
    new = new.model_copy(update={"marks": new.marks[:-1]})
    table = pair_results(old, new)
    assert [pair.question for pair in table.pairs] == ["A-2", "A-3", "A-4", "B-1", "B-2"]
    assert table.one_sided == 2


def test_nothing_in_common_is_an_error(sat: Sat) -> None:
    old, new = sat(), sat("new")
    new = new.model_copy(update={"marks": []})
    with pytest.raises(ComparisonError, match=r"old, new: .*no answered question in common"):
        pair_results(old, new)


@pytest.mark.parametrize(
    ("wrong", "difference"),
    [((["A-1"], [], []), Fraction(-1, 3)), ((["A-1"], []), Fraction(-1, 2))],
)
def test_replies_are_averaged_and_no_majority_stands_against_one(
    sat: Sat, sat_often: Sat, wrong: tuple[list[str], ...], difference: Fraction
) -> None:
    table = pair_results(sat(), sat_often("new", *wrong))
    pair = table.pairs[0]
    assert (pair.difference, len(pair.new.epochs)) == (difference, len(wrong))
    assert table.groups[0].new == (0, *[1] * (len(wrong) - 1))
    assert table.groups[0].lost == pytest.approx(-float(difference))
    assert not table.same_answers


def test_the_nth_replies_to_a_case_belong_together() -> None:
    assert case_replies([(1, 0, 1), (3, 3)]) == (4, 3)
    assert make_group("s", [1, 3], [(1, 0), (3, 3)], [(1,), (0,)]).replies == ((4, 3), (1,))


def unlike(results: Results) -> dict[str, Results]:
    """Name of a mismatch -> results that differ in this and nothing else."""
    return {
        "exam": changed(results, "exam", id="other"),
        "pack": changed(results, "exam", hash="9" * 64),
        "key": changed(results, "key", state="author"),
        "numeric": changed(results, "key", numeric="text"),
        "extraction": changed(results, "", extraction=Extraction.PUBLISHED),
        "prompt": changed(results, "prompt", sha256="9" * 64),
        "images": changed(results, "", images=ImageMode.BLIND),
        "partial": with_sheet(results, verdict=Verdict.PARTIAL, asked=1),
        "incomplete": with_sheet(results, verdict=Verdict.INCOMPLETE, errors=["A-1"]),
    }


@pytest.mark.parametrize("name", MISMATCHES)
def test_each_difference_is_refused_by_name_unless_allowed(name: str, sat: Sat) -> None:
    old = sat()
    new = unlike(old)[name]
    with pytest.raises(UnlikeResultsError, match=rf"{name} \(.*\n.*--allow-mismatch {name}\."):
        pair_results(old, new)
    assert list(pair_results(old, new, allow={name}).allowed) == [name]


def test_all_differences_are_named_at_once(sat: Sat) -> None:
    old = sat()
    new = changed(unlike(old)["partial"], "key", state="author")
    with pytest.raises(UnlikeResultsError) as caught:
        pair_results(old, new, allow={"key", "images"})
    assert "partial (the new run is partial)" in str(caught.value)
    assert "key" not in caught.value.problem


def test_an_imported_run_is_unlike_one_of_our_prompt_but_like_its_kind(sat: Sat) -> None:
    imported = sat("new").provenance
    source = make_imported_run().imported
    imported = imported.model_copy(update={"prompt": None, "imported": source})
    one = sat("new").model_copy(update={"provenance": imported})
    assert list(find_mismatches(sat(), one)) == ["prompt"]
    assert find_mismatches(one, one) == {}


def test_other_models_and_parameters_are_what_is_compared(sat: Sat) -> None:
    new = changed(sat("new"), "", requested_model="other", parameters={"temperature": 1})
    assert find_mismatches(sat(), new) == {}


def test_a_data_set_that_does_not_tell_cases_leaves_them_unknown(exam: Exam, sat: Sat) -> None:
    untold = replace(exam, cases_told=False)
    found = compare(sat(), sat("new", ["B-2"]), places(untold))
    assert not found.serial_known
    assert found.serial_problem == "The data set does not say which questions share a case."
    # All else is known: sections, blocks and kinds.
    assert [part.name for part in found.sections] == ["required", "general"]
    assert compare(sat(), sat("new"), places(exam)).serial_known
