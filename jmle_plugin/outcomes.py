"""How a test's outcome is shown: wrong answers calmly, errors by their message."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from jmle_plugin.errors import JmleError, MarkedTwiceError, NotAskedError
from jmle_plugin.fixtures import MARK_PROPERTY, WrongAnswer, seat_of
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_error


def error_without_traceback(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport
) -> pytest.TestReport:
    """Shorten what the report says, and put the mark of a missing reply on it."""
    seat = seat_of(item)
    if seat is None or call.excinfo is None:
        return report
    cause = call.excinfo.value
    if isinstance(cause, (WrongAnswer, JmleError)):
        report.longrepr = str(cause)
    unmarked = mark_of(report) is None or isinstance(cause, MarkedTwiceError)
    if report.failed and report.when != "teardown" and unmarked:
        message = str(cause) or type(cause).__name__
        made = mark_error(
            seat.question, seat.sitting.exam.key, message, epoch=seat.epoch
        ).model_dump_json()
        # The report copied the item's properties when it was made; JUnit reads the item's.
        item.user_properties.append((MARK_PROPERTY, made))
        report.user_properties.append((MARK_PROPERTY, made))
        if isinstance(cause, NotAskedError):
            # An error of the sitting by its mark, but no fault of this test: hundreds that
            # were not asked are one line in the summary.
            path, line, _ = item.location
            report.outcome = "skipped"
            report.longrepr = (path, line or 0, f"Skipped: {cause}")
    return report


def shown_status(
    report: pytest.TestReport,
) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """A wrong answer is `wrong`, neither a pass nor a broken test."""
    if report.when != "call" or not report.failed:
        return None
    mark = mark_of(report)
    if mark is None or mark.outcome not in (Outcome.INCORRECT, Outcome.NO_ANSWER):
        return None
    return "wrong", "w", ("WRONG", {"yellow": True})


def mark_of(report: pytest.TestReport) -> Mark | None:
    """The mark a report carries, if any."""
    found = [value for name, value in report.user_properties if name == MARK_PROPERTY]
    try:
        return Mark.model_validate_json(str(found[-1])) if found else None
    except ValidationError:  # somebody else's property of that name
        return None
