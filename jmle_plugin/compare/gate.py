"""The three gates on a baseline: does the new run pass, and in one sentence, why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from jmle_plugin.errors import SettingsError
from jmle_plugin.results.audit import Audit
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
from jmle_plugin.text import count


def decide_images(old: Audit, new: Audit, alpha: float) -> Ruling:
    """Fail when fewer questions are right with figures and wrong without than in `old`.

    Any shrink fails; the sentence says whether it is more than chance (exact one-sided test
    on the questions that are image-dependent in one audit alone, at `alpha`). Questions
    that only one of the two audits has count for neither.
    """
    # numpy is not in sessions without a comparison.
    from jmle_plugin.compare.power import sign_flip  # noqa: PLC0415

    both = _questions(old) & _questions(new)
    before = [one for one in old.total.right_wrong if one in both]
    after = [one for one in new.total.right_wrong if one in both]
    lost = [one for one in before if one not in after]
    gained = [one for one in after if one not in before]
    passed = len(after) >= len(before)
    verb = "do not shrink" if passed else "shrink"
    details = [*_lost(lost, new)]
    if gained:
        details.append(f"new {', '.join(gained)}")
    if not passed:
        p = sign_flip([-1] * len(lost) + [1] * len(gained))
        noise = "more than noise" if p <= alpha else "within noise"
        details.append(f"a shrink {noise} (one-sided {p_text(p)}, alpha {alpha:g})")
    return Ruling(
        passed,
        f"gate images: the answers that need their figures {verb}: "
        f"{count(len(after), 'question')} right only with figures, {len(before)} in "
        f"{old.vision.name}" + "".join(f"; {one}" for one in details),
    )


def _lost(lost: Collection[str], new: Audit) -> Iterator[str]:
    for words, state in (
        ("no longer right with figures", {*new.total.wrong_right, *new.total.wrong_wrong}),
        ("now right without as well", {*new.total.right_right}),
    ):
        if names := [one for one in lost if one in state]:
            yield f"{words} {', '.join(names)}"


def _questions(audit: Audit) -> set[str]:
    return {name for ids in audit.total.states.values() for name in ids}


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
