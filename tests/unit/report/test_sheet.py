"""A pass by some of the official criteria only says so, in every form of the sheet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jmle_plugin.exam.model import AnswerKey, Criterion, ProhibitedRule
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.html.runs import run_words
from jmle_plugin.report.sheet import summary_line, verdict_sentence, verdict_word
from jmle_plugin.report.sheet_report import markdown_report, overview_document, sheet_document
from jmle_plugin.results.file import Results, dump_results
from jmle_plugin.results.store import read_results, write_results
from tests.builders import lines_of, make_exam, make_key, make_marks, make_results

UNLISTED = ProhibitedRule(3, listed=False)
RULE = "at most one subject may have 0 points: no data set names the subjects"
ALONE = (Criterion("all", 6, 11, title="All", sections=("required", "general")),)


def without(*rules: str) -> AnswerKey:
    """The key of a pack that names these criteria as not evaluated."""
    return replace(make_key(prohibited=None), not_evaluated=rules)


@pytest.mark.parametrize(
    ("key", "sentence", "word"),
    [
        (make_key(), "PASS 合格", "PASS"),
        (make_key(prohibited=None), "PASS 合格", "PASS"),
        (
            make_key(prohibited=UNLISTED),
            "PASS 合格 (passes the two published criteria)",
            "PASS (published criteria)",
        ),
        (
            without(RULE),
            "PASS 合格 (passes the two evaluable criteria)",
            "PASS (evaluable criteria)",
        ),
        (
            replace(make_key(criteria=ALONE, prohibited=UNLISTED), not_evaluated=(RULE,)),
            "PASS 合格 (passes the one evaluable criterion)",
            "PASS (evaluable criteria)",
        ),
    ],
)
def test_a_pass_says_by_which_criteria(key: AnswerKey, sentence: str, word: str) -> None:
    sheet = make_results(make_exam(key)).sheet
    assert (verdict_sentence(sheet), verdict_word(sheet)) == (sentence, word)


def test_a_fail_by_some_criteria_is_a_fail_by_all() -> None:
    exam = make_exam(without(RULE))
    sheet = make_results(exam, make_marks(exam, B_2=Outcome.INCORRECT)).sheet
    assert (verdict_sentence(sheet), verdict_word(sheet)) == ("FAIL 不合格", "FAIL")


def qualified() -> Results:
    return make_results(make_exam(without(RULE)))


def test_every_form_of_the_sheet_names_what_is_not_evaluated() -> None:
    results = qualified()
    told = f"Not evaluable: {RULE}"
    verdict = "PASS 合格 (passes the two evaluable criteria)"
    lines = lines_of(sheet_document(results), 118)
    assert (told in lines, verdict in lines) == (True, True)
    report = markdown_report(results)
    assert (f"- {told}\n" in report, verdict in report) == (True, True)
    page = run_words(results, {}, None)
    assert (told in page["notes"], page["verdict"]) == (True, verdict)
    assert "PASS (evaluable criteria)" in summary_line(results)
    assert any(
        "PASS (evaluable criteria)" in line
        for line in lines_of(overview_document([results], []), 118)
    )


def test_the_results_file_keeps_what_is_not_evaluated(tmp_path: Path) -> None:
    assert read_results(write_results(tmp_path, qualified())).sheet.not_evaluated == [RULE]
    # Files of exams whose criteria are all evaluated stay as they were.
    assert "not_evaluated" not in dump_results(make_results())["sheet"]
