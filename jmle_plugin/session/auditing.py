"""An image audit in a session: what its two halves share, and what comes of them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jmle_plugin.errors import ComparisonError
from jmle_plugin.exam.model import Exam
from jmle_plugin.report.terminal import Line
from jmle_plugin.results.audit import Audit
from jmle_plugin.results.file import Results
from jmle_plugin.session.marks_taken import SittingMarks


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit, or why there is none."""

    audit: Audit | None
    refusal: str = ""

    def lines(self, columns: int, *, quiet: bool) -> Iterator[Line]:
        """For people: the whole of it in lines of `columns`, or one line."""
        from jmle_plugin.report.audit import headline, text_lines  # noqa: PLC0415

        if self.audit is None:
            yield Line(self.refusal)
        elif quiet:
            yield Line(headline(self.audit))
        else:
            yield from map(Line, text_lines(self.audit, columns))


def share_text_only(taken: Sequence[SittingMarks]) -> None:
    """Give blind halves the marks of the text-only questions that the other halves asked."""
    for one in taken:
        blind = blind_half(taken, one)
        if blind is None or not blind.asked:
            continue
        for asking in one.asked:
            if blind.sitting.borrows(one.sitting.exam.questions[asking[0]]):
                blind.asked[asking] = None
                if asking in one.marks:
                    blind.marks[asking] = one.marks[asking]


def blind_half(taken: Sequence[SittingMarks], vision: SittingMarks) -> SittingMarks | None:
    """The other half of an audit; None where `vision` is not one of two."""
    for one in taken:
        exam, source = one.sitting.exam.id, one.sitting.run.text_only_from
        if one.sitting.half and (exam, source) == (vision.sitting.exam.id, vision.sitting.run.run):
            return one
    return None


def audit_halves(vision: Results, blind: Results, exam: Exam) -> Audited:
    """Audit two sittings, or say why that cannot be."""
    from jmle_plugin.compare.audit import audit  # noqa: PLC0415 - numpy, where somebody audits

    try:
        return Audited(audit(vision, blind, exam))
    except ComparisonError as error:
        return Audited(None, f"{vision.run.name} {error.problem}")
