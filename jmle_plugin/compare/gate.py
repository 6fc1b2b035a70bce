"""The three gates on a baseline: does the new run pass, and in one sentence, why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jmle_plugin.errors import SettingsError
from jmle_plugin.results.comparison import Comparison
from jmle_plugin.results.figures import (
    bound_text,
    loss_sentence,
    p_text,
    points_text,
    share_text,
    signed,
)
from jmle_plugin.results.file import Results

STEADY_EPOCHS = 3
"""Epochs of a baseline from which a question that was always right says something."""


class BaselineGate(StrEnum):
    """What a baseline can be asked for."""

    SIGNIFICANT = "significant"
    """Fail on a significant loss of points."""
    NONINFERIOR = "noninferior"
    """Fail unless a loss of the margin can be excluded."""
    NEWLY_WRONG = "newly-wrong"
    """Fail when a question that was always right is now wrong."""
    IMAGES = "images"
    """Fail when fewer questions are right only with their figures (`image_gate`)."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a gate on a baseline decided, and the sentence that says why."""

    passed: bool
    sentence: str


def check_gate(gate: BaselineGate, baseline: Results, margin: float | None) -> None:
    """Raise SettingsError where `gate` lacks what it decides by; `margin` is in points."""
    name = baseline.run.name
    epochs = min(map(len, baseline.by_question().values()), default=0)
    if gate is BaselineGate.NONINFERIOR and margin is None:
        raise SettingsError(
            "--baseline-gate=noninferior needs a margin in points",
            remedy="Say how many points may be lost, such as --margin=15.",
        )
    if gate is BaselineGate.NEWLY_WRONG and epochs < STEADY_EPOCHS:
        raise SettingsError(
            f"--baseline-gate=newly-wrong needs a baseline of {STEADY_EPOCHS} or more epochs; "
            f"{name} has {epochs}",
            remedy=f"Record the baseline with --epochs={STEADY_EPOCHS}, or choose another gate.",
        )
    if gate is BaselineGate.IMAGES and baseline.audit is None:
        raise SettingsError(
            f"--baseline-gate=images needs an audited baseline; {name} has no audit",
            remedy=f"Audit it first: pytest --run={name} --images=audit asks for what is "
            "missing of its blind half.",
        )


def decide_baseline(gate: BaselineGate, comparison: Comparison) -> Ruling:
    """Decide a gate on points or questions, which `check_gate` has let pass."""
    decide = {
        BaselineGate.SIGNIFICANT: _significant,
        BaselineGate.NONINFERIOR: _noninferior,
        BaselineGate.NEWLY_WRONG: _newly_wrong,
    }[gate]
    return decide(comparison)


def _significant(comparison: Comparison) -> Ruling:
    tests = comparison.tests
    verb = "a significant loss" if tests.lost else "no significant loss"
    return Ruling(
        not tests.lost,
        f"gate significant: {verb} against {comparison.old.name} "
        f"({signed(comparison.difference)} points, one-sided sign-flip {p_text(tests.loss)}, "
        f"alpha {tests.alpha:g}). {loss_sentence(comparison)}",
    )


def _noninferior(comparison: Comparison) -> Ruling:
    margin = comparison.margin
    assert margin is not None  # noqa: S101 - checked before anybody was asked
    verb = "can" if margin.excluded else "cannot"
    return Ruling(
        margin.excluded,
        f"gate noninferior: a loss of {points_text(margin.points)} against {comparison.old.name} "
        f"{verb} be excluded (lower bound {bound_text(margin)}, {p_text(margin.p_value)}, "
        f"alpha {comparison.tests.alpha:g}); two equal runs that differ as often would pass "
        f"{share_text(margin.chance_if_equal)} of the time, and no run could exclude less than "
        f"{margin.least:.1f} points by the same answers alone",
    )


def _newly_wrong(comparison: Comparison) -> Ruling:
    found = comparison.newly_wrong
    if not found.questions:
        return Ruling(
            True,
            f"gate newly-wrong: every question that {comparison.old.name} got right in all "
            f"of its epochs is right",
        )
    return Ruling(
        False,
        f"gate newly-wrong: {comparison.old.name} got {', '.join(found.questions)} right in all "
        f"of its epochs, {comparison.new.name} does not",
    )
