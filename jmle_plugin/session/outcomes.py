"""How a test's outcome is shown: wrong answers calmly, errors by their message."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from jmle_plugin.errors import JmleError, MarkedTwiceError, NotAskedError
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_error
from jmle_plugin.report.layout import folded
from jmle_plugin.report.terminal import Line
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
