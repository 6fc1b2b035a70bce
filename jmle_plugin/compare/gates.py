"""The gates on a baseline: pass, fail or inconclusive, in one sentence and in figures.

A gate is one class: what it needs of the baseline, and what it makes of a comparison. It fails
on what is more than noise, passes where there is nothing of the kind, and is inconclusive in
between, which only `noninferior` takes for a reason to refuse.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from jmle_plugin.errors import ComparisonError, SettingsError, unknown_name
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.comparison import Comparison, Decision, Ruling
from jmle_plugin.results.figures import (
    bound_text,
    loss_sentence,
    mean_text,
    p_text,
    points_text,
    share_text,
    signed,
)
from jmle_plugin.results.file import Results
from jmle_plugin.text import count

STEADY_EPOCHS = 3
"""Epochs of a baseline from which a question that was always right says something."""


class Gate(ABC):
    """A condition on the new run. `margin` is the loss in points that would matter, if any."""

    name: ClassVar[str]
    strict: ClassVar[bool] = False
    """Whether what is inconclusive does not pass."""

    def check(self, baseline: Results, margin: float | None) -> None:  # noqa: B027 - most need none
        """Raise SettingsError where the gate lacks what it decides by; `margin` is in points."""

    @abstractmethod
    def decide(self, comparison: Comparison) -> Ruling:
        """Decide on a comparison whose baseline `check` has let pass."""

    def refused(self, results: Results, why: str) -> Ruling:
        """What was not compared shows nothing, and passes no gate."""
        unfinished = results.sheet.verdict in (Verdict.INCOMPLETE, Verdict.PARTIAL)
        return Ruling(
            gate=self.name,
            decision=Decision.INCOMPLETE if unfinished else Decision.INCONCLUSIVE,
            passed=False,
            sentence=why,
            figures={},
        )

    def ruling(self, decision: Decision, words: str, **figures: float | list[str] | None) -> Ruling:
        """A decision with its sentence."""
        return Ruling(
            gate=self.name,
            decision=decision,
            passed=decision is Decision.PASS
            or (decision is Decision.INCONCLUSIVE and not self.strict),
            sentence=f"gate {self.name}: {decision}: {words}",
            figures=figures,
        )


class Significant(Gate):
    """Fail on a significant loss of points."""

    name = "significant"

    def decide(self, comparison: Comparison) -> Ruling:
        """Inconclusive where points were lost within noise."""
        if comparison.measures:
            return self._by_measures(comparison)
        tests = comparison.tests
        if tests.lost:
            decision, words = Decision.FAIL, "a significant loss"
        elif comparison.difference < 0:
            decision, words = Decision.INCONCLUSIVE, "a loss within noise"
        else:
            decision, words = Decision.PASS, "no loss"
        return self.ruling(
            decision,
            f"{words} against {comparison.old.name} ({signed(comparison.difference)} points, "
            f"one-sided {test_name(comparison)} {p_text(tests.loss)}, alpha {tests.alpha:g}). "
            f"{loss_sentence(comparison)}",
            difference=comparison.difference,
            p_value=tests.loss,
            alpha=tests.alpha,
            detectable=comparison.detectable.points,
        )

    def _by_measures(self, comparison: Comparison) -> Ruling:
        """Of a bench: fail where a measure is lower by more than noise, each by its own test."""
        from jmle_plugin.compare.sections import judge_measures  # noqa: PLC0415 - needs scipy

        decision, words, changed = judge_measures(comparison)
        alpha = comparison.tests.alpha
        return self.ruling(decision, words, measures=changed, alpha=alpha)


class Noninferior(Gate):
    """Pass where a loss of the margin can be excluded, fail on a significant loss."""

    name = "noninferior"
    strict = True

    def check(self, baseline: Results, margin: float | None) -> None:
        """A margin has to be named, of an exam: a bench has no points."""
        if baseline.sheet.bench:
            raise SettingsError(
                "--baseline-gate=noninferior excludes a loss of points, and a bench has measures",
                remedy="Choose --baseline-gate=significant.",
            )
        if margin is None:
            raise SettingsError(
                "--baseline-gate=noninferior needs a margin in points",
                remedy="Say how many points may be lost, such as --margin=15.",
            )

    def decide(self, comparison: Comparison) -> Ruling:
        """Inconclusive where the margin cannot be excluded and no loss is significant."""
        margin, tests = comparison.margin, comparison.tests
        assert margin is not None  # noqa: S101 - `check` has seen it
        decision = (
            Decision.PASS
            if margin.excluded
            else Decision.FAIL
            if tests.lost
            else Decision.INCONCLUSIVE
        )
        significant = f"; the loss is significant ({p_text(tests.loss)})" if tests.lost else ""
        return self.ruling(
            decision,
            f"a loss of {points_text(margin.points)} against {comparison.old.name} "
            f"{'can' if margin.excluded else 'cannot'} be excluded (lower bound "
            f"{bound_text(margin)}, {p_text(margin.p_value)}, alpha {tests.alpha:g}){significant}; "
            f"two equal runs that differ as often would pass "
            f"{share_text(margin.chance_if_equal)} of the time, and no run could exclude less than "
            f"{margin.least:.1f} points by the same answers alone",
            margin=margin.points,
            lower_bound=margin.lower_bound,
            p_value=margin.p_value,
            p_loss=tests.loss,
            alpha=tests.alpha,
            chance_if_equal=margin.chance_if_equal,
        )


class NewlyWrongGate(Gate):
    """Fail when more questions than chance explains are wrong that were always right."""

    name = "newly-wrong"

    def check(self, baseline: Results, margin: float | None) -> None:  # noqa: ARG002 - Gate's
        """The baseline has to have been asked several times."""
        epochs = min(map(len, baseline.by_question().values()), default=0)
        if epochs < STEADY_EPOCHS:
            raise SettingsError(
                f"--baseline-gate=newly-wrong needs a baseline of {STEADY_EPOCHS} or more epochs; "
                f"{baseline.run.name} has {epochs}",
                remedy=f"Record the baseline with --epochs={STEADY_EPOCHS}, or choose another "
                "gate.",
            )

    def decide(self, comparison: Comparison) -> Ruling:
        """Inconclusive where there are no more than chance explains."""
        found, alpha = comparison.newly_wrong, comparison.tests.alpha
        old, new = comparison.old.name, comparison.new.name
        p = 1.0 if found.p_value is None else found.p_value
        if not found.questions:
            decision = Decision.PASS
            words = f"every question that {old} got right in all of its epochs is right"
        else:
            decision = Decision.FAIL if p <= alpha else Decision.INCONCLUSIVE
            noise = "more than" if p <= alpha else "no more than"
            epochs = f" in an epoch of {found.new_epochs}" if found.new_epochs > 1 else ""
            words = (
                f"{old} got {', '.join(found.questions)} right in all of its epochs, {new} does "
                f"not{epochs}: {len(found.questions)} of {count(found.unsteady or 0, 'question')} "
                f"with one wrong reply among {found.epochs + 1}, {noise} chance explains "
                f"(one in {found.epochs + 1}; one-sided {p_text(p)}, alpha {alpha:g})"
            )
        return self.ruling(
            decision,
            words,
            questions=found.questions,
            newly_wrong=len(found.questions),
            unsteady=found.unsteady,
            p_value=p,
            alpha=alpha,
        )


class Images(Gate):
    """Fail when significantly fewer image questions are right with their figures."""

    name = "images"

    def check(self, baseline: Results, margin: float | None) -> None:  # noqa: ARG002 - Gate's
        """The baseline has to have been shown the figures."""
        if not baseline.provenance.saw_figures:
            raise SettingsError(
                f"--baseline-gate=images needs a baseline that was shown the figures; "
                f"{baseline.run.name} was asked with images {baseline.provenance.images}",
                remedy="Record the baseline with --images=vision, or choose another gate.",
            )

    def decide(self, comparison: Comparison) -> Ruling:
        """Inconclusive where fewer are right within noise, or none was shown to both."""
        images, alpha, old = comparison.images, comparison.tests.alpha, comparison.old.name
        if images is None:
            return self.ruling(
                Decision.INCONCLUSIVE,
                f"no question was shown with its figures to both {comparison.new.name} and {old}",
            )
        fewer = images.new_correct < images.old_correct
        if images.p_loss <= alpha and fewer:
            decision, words = Decision.FAIL, "significantly fewer"
        elif fewer:
            decision, words = Decision.INCONCLUSIVE, "within noise fewer"
        else:
            decision, words = Decision.PASS, "no fewer"
        lost = f"; less often right: {', '.join(images.lost)}" if images.lost else ""
        return self.ruling(
            decision,
            f"{words} image questions are right with their figures than by {old}: "
            f"{mean_text(images.new_correct)} of {images.questions}, there "
            f"{mean_text(images.old_correct)} (one-sided {p_text(images.p_loss)}, "
            f"alpha {alpha:g}){lost}",
            questions=images.lost,
            new_correct=images.new_correct,
            old_correct=images.old_correct,
            p_value=images.p_loss,
            alpha=alpha,
        )


GATES: dict[str, Gate] = {
    gate.name: gate for gate in (Significant(), Noninferior(), NewlyWrongGate(), Images())
}
"""Name of a gate on a baseline -> the gate."""


def find_gate(name: str) -> Gate:
    """The gate of that name; UnknownNameError where there is none."""
    if name not in GATES:
        raise unknown_name("gate", name, GATES, where="--baseline-gate")
    return GATES[name]


@dataclass(frozen=True, slots=True)
class Compared:
    """A run held against its baseline: a comparison, or why there is none; and the gate's word."""

    comparison: Comparison | None
    ruling: Ruling | None
    refusal: str = ""


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

    try:
        found = compare(
            baseline, results, places(exam), allow=allow, alpha=alpha, margin=margin, exam=exam
        )
    except ComparisonError as error:
        why = f"not compared with {baseline.run.name}: {error.problem}"
        return Compared(None, gate.refused(results, why) if gate else None, why)
    ruling = gate.decide(found) if gate else None
    return Compared(found.model_copy(update={"ruling": ruling}), ruling)


def test_name(comparison: Comparison) -> str:
    """Which test decides on points."""
    return "sign-flip and permutation" if comparison.asked_often else "sign-flip"
