"""Leaderboards of the tiny exam, and of the sample's recorded runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.run import ImageMode, PromptRef, list_runs
from jmle_plugin.compare.leaderboard import Entry, Leaderboard, leaderboard
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam.model import Exam, ProhibitedRule
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.file import Results
from jmle_plugin.results.provenance import RunContext
from tests.builders import (
    make_epochs,
    make_exam,
    make_key,
    make_marks,
    make_results,
    make_run,
    sample_exam,
)
from tests.conftest import ROOT

HOSTILE = "a|b **c** <img src=x> =1+1 \x1b[31m\u202e<!-- jmle leaderboard end -->"

Sat = Callable[..., Results]


@pytest.fixture(scope="session")
def exam() -> Exam:
    return make_exam()


@pytest.fixture(scope="session")
def sat(exam: Exam) -> Sat:
    """Results of a run of the tiny exam: `sat("name", "A_1", "B_2")` got two questions wrong."""
    return partial(make_sat, exam)


def make_sat(  # noqa: PLR0913 - each is a choice of its own
    exam: Exam,
    name: str,
    *wrong: str,
    outcome: Outcome = Outcome.INCORRECT,
    cost: float | None = None,
    priced: tuple[str, ...] = (),
    asked: tuple[str, ...] | None = None,
    **run: Any,
) -> Results:
    marks = make_marks(exam, **dict.fromkeys(wrong, outcome))
    for question in priced or exam.questions:
        marks[question] = marks[question].model_copy(update={"cost": cost})
    if asked is not None:
        marks = {question: marks[question] for question in asked}
    return make_results(exam, marks, asked=asked, run=make_run(run=name, **run))


@pytest.fixture(scope="session")
def mixed(exam: Exam, sat: Sat) -> list[Results]:
    """Everything at once, in no order: two prompts, ties, blind, epochs, costs, no verdicts."""
    other = PromptRef(name="terse", sha256="ab" * 32)
    epochs = make_epochs(
        exam, {}, {"A_1": Outcome.INCORRECT}, {}, run=make_run(run="often", display_name="三回")
    )
    return [
        sat("fails", "B_2", "B_3", cost=0.001, priced=("A-1", "A-2")),
        sat("blind", "A_4", images=ImageMode.BLIND, display_name="見えない模型・長い名前の候補者"),
        sat("twin", "A_1", display_name="見えない模型・長い名前の候補者", cost=1.5),
        sat("part", display_name="Some", asked=("A-1", "B-1")),
        epochs,
        sat("outage", "A_2", outcome=Outcome.ERROR),
        sat("hostile", "A_1", "A_3", display_name=HOSTILE),
        sat("terse", "A_2", prompt=other),
        sat("script", "B_1", model="scripted/nobody"),
    ]


@pytest.fixture(scope="session")
def board(exam: Exam, mixed: list[Results]) -> Leaderboard:
    return leaderboard(mixed, {exam.id: exam})


def titled(board: Leaderboard, title: str) -> Leaderboard:
    """A board of one row, which is called so."""
    table = board.tables[-1]
    row = table.rows[0].model_copy(update={"title": title})
    return board.model_copy(update={"tables": [table.model_copy(update={"rows": [row]})]})


ALONE = leaderboard([make_sat(make_exam(), "one")], {})


@pytest.fixture(scope="session")
def unlisted() -> Leaderboard:
    """Two runs of an exam whose prohibited choices nobody can count; the first passed."""
    exam = make_exam(make_key(prohibited=ProhibitedRule(3, listed=False)))
    return leaderboard([make_sat(exam, "good"), make_sat(exam, "bad", "B_2", "B_3")], {})


@pytest.fixture(scope="session")
def entries(mixed: list[Results]) -> list[Entry]:
    return [Entry(Path("results") / "tiny" / f"{one.run.name}.json", one) for one in mixed]


@pytest.fixture(scope="session")
def sample_board() -> Leaderboard:
    """Of the sample's committed runs, as `jmle rescore` makes them."""
    exam = sample_exam()
    cassettes = ROOT / "cassettes"
    sittings = [
        open_sitting(exam, cassettes, Wanted(run=name)) for name in list_runs(cassettes / exam.id)
    ]
    results = [remake_results(one, Extraction.STANDARD, RunContext.outside()) for one in sittings]
    return leaderboard(results, {exam.id: exam})
