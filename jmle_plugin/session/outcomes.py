"""How a test's outcome is shown: wrong answers calmly, errors by their message; and in JUnit.

pytest writes its JUnit file (`--junitxml`) where the session ends, with each mark and the totals
as properties. Properties of a case are taken from its reports; properties of the whole suite are
not taken from xdist's workers, so its writer is given them here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Protocol, cast

import pytest
from pydantic import ValidationError

from jmle_plugin.ask.cassette import cassette_name
from jmle_plugin.ask.messages import DEFAULT_MARKER
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.errors import JmleError, MarkedTwiceError, NotAskedError
from jmle_plugin.exam.model import Question, Treatment
from jmle_plugin.mark.answer_line import DECORATION, marker_pattern
from jmle_plugin.mark.epochs import Asking
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, answer_text, key_text, mark_error
from jmle_plugin.report.layout import folded
from jmle_plugin.report.terminal import Line
from jmle_plugin.results.file import Results
from jmle_plugin.session.fixtures import MARK_KEY, WrongAnswer, seat_of
from jmle_plugin.text import encodable, printable

MARK_ATTRIBUTE = "jmle_mark"
"""The attribute of a report in which a mark travels, as JSON; pytest and xdist keep it."""
WRONG = "wrong"
"""What pytest's summary calls a test whose reply was marked as wrong."""
_REPLY = "reply"
"""The section of a report that holds the reply."""
_ALL = 2
"""The verbosity from which on all of a reply is shown."""
_LAST_LINES = 5
_LAST_CHARACTERS = 1000
_MARGIN = "    | "


def with_mark(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> pytest.TestReport:
    """Put the test's mark on its report, and shorten what the report says."""
    seat = seat_of(item)
    if seat is None:
        return report
    if call.excinfo is not None:
        _shorten(item, call.excinfo.value, report)
    if MARK_KEY in item.stash:
        setattr(report, MARK_ATTRIBUTE, item.stash[MARK_KEY])
    return report


def _shorten(item: pytest.Item, cause: BaseException, report: pytest.TestReport) -> None:
    seat = seat_of(item)
    if isinstance(cause, (WrongAnswer, JmleError)):
        report.longrepr = str(cause)
    elif not encodable(text := report.longreprtext):
        # It could not travel from a worker, which would end the whole session.
        report.longrepr = printable(text, lines=True)
    if isinstance(cause, WrongAnswer):
        with_reply(report, cause.reply, item.config.get_verbosity())
    unmarked = MARK_KEY not in item.stash or isinstance(cause, MarkedTwiceError)
    if seat is None or not report.failed or report.when == "teardown" or not unmarked:
        return
    message = str(cause) or type(cause).__name__
    made = mark_error(seat.question, seat.sitting.exam.key, message, epoch=seat.epoch)
    item.stash[MARK_KEY] = made.model_dump_json()
    if isinstance(cause, NotAskedError):
        # An error of the sitting by its mark, but no fault of this test: hundreds that
        # were not asked are one line in the summary.
        path, line, _ = item.location
        report.outcome = "skipped"
        report.longrepr = (path, line or 0, f"Skipped: {cause}")


def with_reply(report: pytest.TestReport, reply: str, verbosity: int) -> None:
    """Put as much of the reply on its report as will be shown: no more travels from a worker."""
    if verbosity > 0:
        # Lone surrogates could not travel at all.
        report.sections.append((_REPLY, printable(_told(reply, verbosity), lines=True)))


def _told(reply: str, verbosity: int) -> str:
    text = reply.replace("\r\n", "\n").strip()
    if not text:
        return "(the reply is empty)"
    if verbosity >= _ALL:
        return text
    lines = [line for line in text.split("\n") if line.strip()]
    last = "\n".join(lines[-_LAST_LINES:])
    if len(lines) <= _LAST_LINES and len(last) <= _LAST_CHARACTERS:
        return last
    return f"... {last[-_LAST_CHARACTERS:].lstrip()}"


def shown_status(
    report: pytest.TestReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """A wrong answer is `wrong`, neither a pass nor a broken test."""
    if report.when != "call" or not report.failed:
        return None
    mark = mark_of(report)
    if mark is None or mark.outcome not in (Outcome.INCORRECT, Outcome.NO_ANSWER):
        return None
    return WRONG, "w", ("WRONG", {"yellow": True})


def wrong_lines(report: pytest.TestReport, columns: int) -> Iterator[Line]:
    """A wrong answer in a line, and what its report holds of the reply."""
    replies = [content for name, content in report.sections if name == _REPLY]
    for part in folded(str(report.longrepr), columns):
        yield Line(part, {"yellow": bool(replies)})
    for reply in replies:
        for line in reply.expandtabs(4).split("\n"):
            text = line.lstrip(" ")
            margin = _MARGIN + " " * min(len(line) - len(text), columns // 2)
            for part in folded(text, columns - len(margin), indent=""):
                yield Line((margin + part).rstrip())


def mark_of(report: pytest.TestReport) -> Mark | None:
    """The mark a report carries, if any."""
    try:
        return Mark.model_validate_json(getattr(report, MARK_ATTRIBUTE, ""))
    except ValidationError:  # none, or another plugin's attribute of that name
        return None


_FEW_WORDS = 24
"""Characters of a number with its unit: `約 12 mL/分`, and somewhat more."""
_TREATED = {
    Treatment.CREDIT_ALL: "credited to every candidate",
    Treatment.EXCLUDE: "excluded from the scoring for every candidate",
    Treatment.EXCLUDE_IF_WRONG: "excluded from the scoring, since it was not answered correctly",
}


def explain(
    question: Question,
    mark: Mark,
    line: str = "",
    *,
    marker: str = DEFAULT_MARKER,
    treatment: Treatment = Treatment.STANDARD,
) -> str:
    """One line for people: `120A-74 (1 pt): answered 0.4 g, key 0.40`.

    `line` is the answer line: it is shown where no answer could be read in it, and the unit
    of a number is taken from it. What the examiners decided about the question comes first:
    `116A71 (1 pt): credited to every candidate (answered a, key e)`.
    """
    unit = "pt" if question.points == 1 else "pts"
    answered = answer_text(mark.answer)
    if question.kind.rules.united:
        answered = _with_unit(answered, line, marker)
    unread = f"no answer could be read in {line!r}" if line else "no answer could be read"
    given = f"answered {answered}" if answered else unread
    if mark.invalid:
        given += f" (not {question.kind.rules.wanted(question)})"
    if mark.accepted:
        given += f", key {key_text(mark.accepted)}"
    if decided := _TREATED.get(treatment):
        given = f"{decided} ({given})"
    return f"{cassette_name(question.id, mark.epoch)} ({question.points} {unit}): {given}"


def _with_unit(number: str, line: str, marker: str) -> str:
    """A number in the few words its answer line has for it; where it has many, alone."""
    found = marker_pattern(marker).search(line)
    stated = printable(line[found.end() :].strip(DECORATION)) if found else ""
    return stated if number and number in stated and len(stated) <= _FEW_WORDS else number


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
