"""The gates on a baseline: pass, fail or inconclusive, in one sentence and in figures.

A gate is one class: what it needs of the baseline, and what it makes of a comparison. It fails
on what is more than noise, passes where there is nothing of the kind, and is inconclusive in
between, which only `noninferior` takes for a reason to refuse. A sentence is in the language in
force: it is made of the comparison each time it is asked for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from jmle_plugin.errors import SettingsError, unknown_name
from jmle_plugin.results.comparison import Comparison, Decision, Ruling, bound_text, loss_sentence
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import (
    clauses,
    joined,
    mean_text,
    p_text,
    points_text,
    share_text,
    signed,
    wording,
)

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

    def refused(self, why: str, *, finished: bool) -> Ruling:
        """What was not compared shows nothing, and passes no gate."""
        return Ruling(
            gate=self.name,
            decision=Decision.INCONCLUSIVE if finished else Decision.INCOMPLETE,
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
            sentence=wording(f"gate.says.{decision}", gate=self.name, sentence=words),
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
            decision = Decision.FAIL
        elif comparison.difference < 0:
            decision = Decision.INCONCLUSIVE
        else:
            decision = Decision.PASS
        words = wording(
            f"gate.significant.{decision}",
            run=comparison.old.name,
            difference=signed(comparison.difference),
            test=wording("gate.test.epochs" if comparison.asked_often else "gate.test.once"),
            p=p_text(tests.loss),
            alpha=f"{tests.alpha:g}",
            smallest_loss=loss_sentence(comparison),
        )
        return self.ruling(
            decision,
            words,
            difference=comparison.difference,
            p_value=tests.loss,
            alpha=tests.alpha,
            detectable=comparison.detectable.points,
        )

    def _by_measures(self, comparison: Comparison) -> Ruling:
        """Of a bench: fail where a measure is lower by more than noise, each by its own test."""
        from jmle_plugin.compare.ranking import judge_measures  # noqa: PLC0415 - needs scipy

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
        words = [
            wording(
                f"gate.noninferior.{'excluded' if margin.excluded else 'not_excluded'}",
                points=points_text(margin.points),
                run=comparison.old.name,
                bound=bound_text(margin),
                p=p_text(margin.p_value),
                alpha=f"{tests.alpha:g}",
            ),
            *([wording("gate.noninferior.lost", p=p_text(tests.loss))] if tests.lost else []),
            wording(
                "gate.noninferior.chance",
                share=share_text(margin.chance_if_equal),
                least=f"{margin.least:.1f}",
            ),
        ]
        return self.ruling(
            decision,
            clauses(words),
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
        p = 1.0 if found.p_value is None else found.p_value
        if found.questions:
            decision = Decision.FAIL if p <= alpha else Decision.INCONCLUSIVE
        else:
            decision = Decision.PASS
        several = bool(found.questions) and found.new_epochs > 1
        words = wording(
            f"gate.newly_wrong.{decision}{'_epochs' if several else ''}",
            old=comparison.old.name,
            new=comparison.new.name,
            questions=joined(found.questions),
            epochs=found.new_epochs,
            wrong=len(found.questions),
            unsteady=wording("count.questions", found.unsteady or 0),
            replies=found.epochs + 1,
            p=p_text(p),
            alpha=f"{alpha:g}",
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
            words = wording("gate.images.none", new=comparison.new.name, old=old)
            return self.ruling(Decision.INCONCLUSIVE, words)
        decision = Decision.PASS
        if images.new_correct < images.old_correct:
            decision = Decision.FAIL if images.p_loss <= alpha else Decision.INCONCLUSIVE
        words = wording(
            f"gate.images.{decision}",
            run=old,
            new=mean_text(images.new_correct),
            old=mean_text(images.old_correct),
            questions=images.questions,
            p=p_text(images.p_loss),
            alpha=f"{alpha:g}",
        )
        lost = [wording("gate.images.lost", questions=joined(images.lost))] if images.lost else []
        return self.ruling(
            decision,
            clauses([words, *lost]),
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
