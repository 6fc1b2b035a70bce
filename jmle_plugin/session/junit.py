"""What pytest's JUnit file says of an exam: each mark, and the totals, as properties.

pytest writes the file (`--junitxml`) where the session ends. Properties of a case are taken
from its reports; properties of the whole suite are not taken from xdist's workers, so its
writer is given them here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Protocol, cast

import pytest

from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.mark.epochs import Asking
from jmle_plugin.mark.marks import Mark, answer_text, key_text, mark_error
from jmle_plugin.results.file import Results

_UNKNOWN = "unknown"
"""An unknown cost, which is not 0."""

Property = tuple[str, str]


class JunitWriter(Protocol):
    """What is used of pytest's own writer."""

    def add_global_property(self, name: str, value: str) -> None:
        """Add a property of the suite."""
        ...

    def node_reporter(self, report: pytest.TestReport) -> Any:
        """Find the case a report belongs to."""
        ...


def junit_writer(config: pytest.Config) -> JunitWriter | None:
    """The writer of this session's JUnit file; None where no file was asked for."""
    for plugin in config.pluginmanager.get_plugins():
        if hasattr(plugin, "add_global_property") and hasattr(plugin, "node_reporter"):
            return cast("JunitWriter", plugin)
    return None


def reported(sitting: Sitting, mark: Mark | None, asking: Asking) -> list[Property]:
    """What a test's last report says of what was asked; `mark` is None where nothing marked it."""
    exam, (name, epoch) = sitting.exam, asking
    if mark is None:
        mark = mark_error(exam.questions[name], exam.key, "no mark", epoch=epoch)
    return case_properties(exam.id, sitting.run.run, mark)


def case_properties(exam: str, run: str, mark: Mark) -> list[Property]:
    """One mark: points are exam points, `cost` is in US dollars.

    `invalid` says why an answer that was read is none, and is there for no other.
    """
    return [
        ("exam", exam),
        ("run", run),
        ("question", mark.question),
        ("epoch", str(mark.epoch)),
        ("outcome", mark.outcome.value),
        ("points", str(mark.points)),
        ("max", str(mark.max)),
        ("answer", answer_text(mark.answer)),
        ("key", key_text(mark.accepted)),
        ("cost", _cost(mark.cost)),
        *([("invalid", mark.invalid)] if mark.invalid else []),
    ]


def suite_properties(sat: Sequence[Results]) -> Iterator[Property]:
    """The totals of each sitting; where there are several, each name begins with the run's.

    Where they are of several exams, it begins with the exam's.
    """
    several = len({results.exam.id for results in sat}) > 1
    for results in sat:
        prefix = f"{results.run.name}." if len(sat) > 1 else ""
        prefix = f"{results.exam.id}.{prefix}" if several else prefix
        for name, value in _totals(results):
            yield prefix + name, value


def _totals(results: Results) -> Iterator[Property]:
    sheet = results.sheet
    yield "exam", results.exam.id
    yield "run", results.run.name
    yield "verdict", sheet.verdict.value
    yield "points", str(sheet.mean_points)
    yield "max", str(sheet.total.max)
    yield "correct", str(sheet.total.correct)
    yield "asked", str(sheet.asked)
    yield "questions", str(sheet.of)
    yield "errors", str(len(sheet.errors))
    for section, part in sheet.measures.items():
        for name, one in part.measures.items():
            yield f"measure.{section}.{name}", _UNKNOWN if one.value is None else str(one.value)
    yield "cost", _cost(sheet.cost.usd)
    if sheet.cost.usd is not None and sheet.cost.unknown:
        yield "cost_unknown_replies", str(sheet.cost.unknown)
    for gate in results.gates:
        yield f"gate.{gate.name}", gate.decision.value
        yield f"gate.{gate.name}.sentence", gate.sentence
        for figure in ("p", "bound", "margin"):
            if (value := getattr(gate, figure)) is not None:
                yield f"gate.{gate.name}.{figure}", _plain(value)


def _cost(dollars: float | None) -> str:
    return _UNKNOWN if dollars is None else _plain(dollars)


def _plain(number: float) -> str:
    """The same number without an exponent, which not every reader takes for one."""
    return format(Decimal(str(number)), "f")
