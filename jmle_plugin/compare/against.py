"""A run held against its baseline: the comparison, and what a gate says of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from jmle_plugin.compare.gates import Gate
from jmle_plugin.errors import ComparisonError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.comparison import Comparison, Ruling
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import wording


@dataclass(frozen=True, slots=True)
class Compared:
    """A run held against its baseline: a comparison, or why there is none; and the gate's word."""

    baseline: str
    comparison: Comparison | None
    gate: Gate | None
    problem: str = ""
    """Why there is no comparison."""
    finished: bool = True
    """Whether the run was asked everything, and replied."""

    @property
    def refusal(self) -> str:
        """That there is no comparison, and why; empty where there is one."""
        if self.comparison is not None:
            return ""
        return wording("gate.not_compared", run=self.baseline, problem=self.problem)

    @property
    def ruling(self) -> Ruling | None:
        """What the gate decides, in the language in force; None without a gate."""
        if self.gate is None:
            return None
        if self.comparison is None:
            return self.gate.refused(self.refusal, finished=self.finished)
        return self.gate.decide(self.comparison)


def hold_against(  # noqa: PLR0913 - each is a choice of its own
    baseline: Results,
    results: Results,
    exam: Exam,
    gate: Gate | None,
    *,
    allow: Collection[str],
    alpha: float,
    margin: float | None,
) -> Compared:
    """Compare results with their baseline, and have the gate decide, if there is one.

    What cannot be compared is refused. The rest is as in `comparison.compare`.
    """
    # scipy takes a second to import: only sessions that compare pay for it.
    from jmle_plugin.compare.comparison import compare  # noqa: PLC0415
    from jmle_plugin.compare.pairing import places  # noqa: PLC0415

    name = baseline.run.name
    try:
        found = compare(
            baseline, results, places(exam), allow=allow, alpha=alpha, margin=margin, exam=exam
        )
    except ComparisonError as error:
        finished = results.sheet.verdict not in (Verdict.INCOMPLETE, Verdict.PARTIAL)
        return Compared(name, None, gate, error.problem, finished)
    held = Compared(name, found, gate)
    return replace(held, comparison=found.model_copy(update={"ruling": held.ruling}))
