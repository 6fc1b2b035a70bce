"""What a session over several exams says at its end of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jmle_plugin.errors import ResultError
from jmle_plugin.report.overview import Unasked, overview_lines, overview_markdown
from jmle_plugin.report.terminal import Line
from jmle_plugin.results.file import Results
from jmle_plugin.session.finish import Finished
from jmle_plugin.session.marks_taken import SittingMarks
from jmle_plugin.session.reports import append_overview
from jmle_plugin.session.settings import Settings


@dataclass(frozen=True, slots=True)
class Overview:
    """The sittings side by side."""

    sat: Sequence[Results]
    unasked: Sequence[Unasked]
    unwritten: str = ""
    """Why it could not be written where it was asked for; empty where it was."""

    def lines(self, columns: int) -> Iterator[Line]:
        """For people, in lines of at most `columns`."""
        yield from overview_lines(self.sat, self.unasked, columns)
        if self.unwritten:
            yield Line(self.unwritten)


def make_overview(
    taken: Sequence[SittingMarks], finished: Sequence[Finished], settings: Settings
) -> Overview | None:
    """Put the sittings side by side, in the job's summary as well; None where one exam was sat."""
    if len({one.sitting.exam.id for one in taken}) < 2 or not finished:  # noqa: PLR2004
        return None
    sat = [one.results for one in finished]
    unasked = [
        Unasked(one.sitting.exam.id, one.sitting.exam.profession, one.sitting.run.run)
        for one in taken
        if not one.asked
    ]
    try:
        append_overview(overview_markdown(sat, unasked), settings)
    except ResultError as error:
        return Overview(sat, unasked, f"a report could not be written: {error}")
    return Overview(sat, unasked)
