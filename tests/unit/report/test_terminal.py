"""The score sheet as people see it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion
from wcwidth import wcswidth

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.exam.model import Criterion, ProhibitedRule, Treatment
from jmle_plugin.mark.extraction import Extraction, How
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Tokens
from jmle_plugin.report.results import Results
from jmle_plugin.report.terminal import sheet_lines, summary_line
from tests.builders import (
    make_exam,
    make_imported_run,
    make_key,
    make_marks,
    make_results,
    make_run,
    synthetic,
)

EXAM = make_exam()


def crowded() -> Results:
    """Everything there is to say, and all of it long."""
    exam = replace(
        make_exam(make_key({"B-2": Treatment.EXCLUDE_IF_WRONG})), title="第百二十回医師国家試験" * 4
    )
    tokens = Tokens(
        prompt=123_456_789, completion=123_456_789, reasoning=123_456_789, cached=123_456_789
    )
    update = {"tokens": tokens, "finish_reason": "x" * 80, "how": How.TOLERANT, "prohibited": ["d"]}
    marks = make_marks(exam, B_2=Outcome.INCORRECT, B_3=Outcome.NO_ANSWER)
    marks = {name: mark.model_copy(update=update) for name, mark in marks.items()}
    run = make_run(
        display_name="模型" * 60,
        parameters={"chat_template_kwargs": {"enable_thinking": False}, "stop": "x" * 200},
    )
    return make_results(synthetic(exam), marks, run=run, extraction=Extraction.PUBLISHED)


def incomplete() -> Results:
    lost = {name.replace("-", "_"): Outcome.ERROR for name in EXAM.questions}
    return make_results(EXAM, make_marks(EXAM, **lost))


CASES = {
    "pass": make_results(),
    "fail": make_results(
        EXAM,
        make_marks(EXAM, A_1=Outcome.INCORRECT, B_2=Outcome.INCORRECT, B_3=Outcome.NO_ANSWER),
    ),
    "incomplete": incomplete(),
    "partial": make_results(asked=["A-1", "B-2"]),
    "imported": make_results(run=make_imported_run()),
    "scripted": make_results(
        synthetic(EXAM), run=make_run(run="scripted-resident", model="scripted/resident")
    ),
    "own maximum": make_results(
        exam := make_exam(make_key({"B-3": Treatment.EXCLUDE_IF_WRONG})),
        make_marks(exam, B_3=Outcome.INCORRECT),
    ),
    "not evaluable": make_results(make_exam(make_key(prohibited=ProhibitedRule(3, listed=False)))),
    "no rule": make_results(make_exam(make_key(prohibited=None))),
    "crowded": crowded(),
}


def text(results: Results) -> str:
    return "\n".join(line.text for line in sheet_lines(results))


@pytest.mark.parametrize("case", CASES)
def test_sheet(case: str, snapshot: SnapshotAssertion) -> None:
    assert text(CASES[case]) == snapshot


@pytest.mark.parametrize("case", CASES)
def test_sheet_fits_80_columns(case: str) -> None:
    for line in sheet_lines(CASES[case]):
        assert 0 <= wcswidth(line.text) <= 80


@pytest.mark.parametrize(
    ("case", "line"),
    [
        (
            "pass",
            "tiny some-model: PASS 11/11 (必修 7/7 (needs 6), 一般・臨床 4/4 (needs 3))",
        ),
        (
            "fail",
            "tiny some-model: FAIL 4/11 (必修 1/7 (needs 6), 一般・臨床 3/4 (needs 3))",
        ),
        ("incomplete", "tiny some-model: INCOMPLETE 0/11 (必修 0/7, 一般・臨床 0/4)"),
        ("partial", "tiny some-model: partial: 2 of 7 4/4 (必修 3/3, 一般・臨床 1/1)"),
        (
            "scripted",
            (
                "tiny scripted-resident: PASS 11/11 (必修 7/7 (needs 6), 一般・臨床 4/4 (needs 3), "
                "scripted replies)"
            ),
        ),
    ],
)
def test_summary(case: str, line: str) -> None:
    assert summary_line(CASES[case]) == line


@pytest.mark.parametrize(("case", "colour"), [("pass", "green"), ("fail", "red")])
def test_verdict_is_coloured(case: str, colour: str) -> None:
    marked = [line for line in sheet_lines(CASES[case]) if line.markup.get(colour)]
    assert [line.text.split()[0] for line in marked] == [case.upper()]


@pytest.mark.parametrize("case", ["incomplete", "partial"])
def test_no_verdict_no_margin(case: str) -> None:
    shown = text(CASES[case])
    assert "no verdict" in shown
    assert "合格" not in shown


def test_threshold_without_a_ratio_is_the_stated_one() -> None:
    key = make_key({"A-1": Treatment.EXCLUDE}, criteria=[Criterion("general", 3, 4)])
    assert "3 (3/4)" in text(make_results(make_exam(key)))


def test_blind_run_says_so() -> None:
    assert "images blind" in text(make_results(run=make_run(images=ImageMode.BLIND)))
