"""Small sheets with every outcome there is, for all the forms they are shown in."""

from __future__ import annotations

from typing import Any

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam.model import Treatment
from jmle_plugin.gateway.reply import ImageBytes, Usage
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_error
from jmle_plugin.results.file import Results
from tests.builders import (
    LONG_AGO,
    make_epochs,
    make_exam,
    make_key,
    make_mark,
    make_marks,
    make_results,
    make_run,
    sample_exam,
)
from tests.conftest import ROOT

HOSTILE = "<script>alert(1)</script> | `x` **b** @you http://evil.example =1+1 \u202eltr\x1b[31m"
"""A text that means to be more than text."""
EXAM = make_exam(make_key({"A-4": Treatment.CREDIT_ALL, "B-1": Treatment.EXCLUDE}))
SPENT: dict[str, Any] = {
    "tokens": Usage(prompt=800, completion=1200, reasoning=900),
    "cost": 0.000012,
    "seconds": 12.5,
    "tokens_per_second": 96.0,
    "finish_reason": "stop",
    "model": "some/model-2026",
}


def marks() -> dict[str, Mark]:
    """Tolerant, wrong, unreadable, credited, excluded, prohibited, correct; one cost unknown."""
    figure = ImageBytes(count=1, size=90, sent_size=90, changed=0)
    told = {
        "A-1": make_mark(EXAM, "A-1", how=How.TOLERANT, **SPENT),
        "A-2": make_mark(EXAM, "A-2", Outcome.INCORRECT, answer=["b", "c"], how=How.EXACT, **SPENT),
        "A-3": make_mark(EXAM, "A-3", Outcome.NO_ANSWER, answer=["01 g"], **SPENT),
        "A-4": make_mark(EXAM, "A-4", Outcome.INCORRECT, answer=["c"], images=figure, **SPENT),
        "B-1": make_mark(EXAM, "B-1", **SPENT),
        "B-2": make_mark(
            EXAM, "B-2", Outcome.INCORRECT, answer=["d"], prohibited=["d"], how=How.EXACT
        ),
        "B-3": make_mark(EXAM, "B-3", **SPENT | {"finish_reason": "length"}),
    }
    return dict(told)


def hostile() -> Results:
    """Whatever somebody else may write is markup, and looks like a formula."""
    made = make_marks(EXAM, A_2=Outcome.NO_ANSWER)
    made["A-2"] = made["A-2"].model_copy(
        update={"answer": [HOSTILE[:60]], "finish_reason": "=cmd|' /C calc'!A0", "model": HOSTILE}
    )
    made["A-1"] = mark_error(EXAM.questions["A-1"], EXAM.key, f"-{HOSTILE}\n# not a heading")
    run = make_run(
        model=HOSTILE, display_name=HOSTILE, parameters={"stop": HOSTILE, "<b>": "[x](y)"}
    )
    return make_results(EXAM, made, run=run)


def incomplete() -> Results:
    """An outage in one question."""
    outage = mark_error(EXAM.questions["B-3"], EXAM.key, "timed out after 600 seconds")
    return make_results(EXAM, marks() | {"B-3": outage})


def partial() -> Results:
    """Two questions were asked, the others were not."""
    told = {name: mark for name, mark in marks().items() if name in ("A-1", "B-2")}
    return make_results(EXAM, told, asked=told)


SHEETS = {
    "every outcome": make_results(EXAM, marks()),
    "incomplete": incomplete(),
    "partial": partial(),
    "epochs": make_epochs(
        EXAM,
        {},
        {"A_1": Outcome.INCORRECT, "A_2": Outcome.NO_ANSWER},
        {"A_1": Outcome.INCORRECT, "B_2": Outcome.INCORRECT},
        run=make_run(images=ImageMode.BLIND, parameters={"reasoning_effort": "high"}),
        update=SPENT,
    ),
    "hostile": hostile(),
}


def sample_results(run: str) -> Results:
    """A committed run of it, sat again long ago."""
    cassettes = ROOT / "cassettes" / "sample"
    sitting = open_sitting(sample_exam(), cassettes.parent, Wanted(run=run))
    return remake_results(sitting, Extraction.STANDARD, LONG_AGO)
