"""The gate: from sheets to an exit status and the sentence that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jmle_plugin.mark.sheet import Sheet, Verdict
from jmle_plugin.results.comparison import Ruling

PASSED, FAILED = 0, 1
HALF = 0.5
"""The share of epochs of which more have to pass, unless another one is asked for."""
_DECIDABLE = (PASSED, FAILED)
"""pytest's own 2 to 5 (interrupted, internal error, usage, nothing collected) stand."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate decided. `status` is the exit status, `reason` a line each for what decided."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Sat:
    """One sitting as the gate sees it."""

    name: str
    sheet: Sheet
    decides: bool = True
    """False where the verdict is only told: that of an audit's blind half."""


def decide(  # noqa: PLR0913 - each is a fact of its own
    status: int,
    gate: str,
    sat: Sequence[Sat],
    *,
    asked: bool,
    share: float = HALF,
    unasked: int = 0,
    other_failures: int = 0,
    problem: str = "",
) -> Decision:
    """Decide the session's exit status.

    `status` is pytest's own, `gate` one of official, all, none; `asked` says whether
    somebody asked for that gate; of several epochs more than `share` have to pass; `unasked`
    counts sittings of which nothing was selected, which no other sitting passes for;
    `other_failures` counts failures that are no wrong answers (other tests, teardown errors),
    which no gate forgives; `problem` is a sentence on why no sheet of this session can be
    trusted.
    """
    if status not in _DECIDABLE:
        return Decision(status, "pytest ended early; the gate decides nothing")
    refusals = [problem, *(_refusal(one, gate, share, asked=asked) for one in sat)]
    if other_failures:
        failures = "failure" if other_failures == 1 else "failures"
        refusals.append(f"{other_failures} other {failures} in this session")
    if reasons := [one for one in refusals if one]:
        return Decision(FAILED, "\n".join(reasons))
    if gate == "none":
        return Decision(PASSED, "gate none: every question asked has a reply")
    partial = any(one.sheet.verdict is Verdict.PARTIAL for one in sat)
    if gate == "all" or partial or unasked:
        return Decision(status, "exit status is pytest's own: any wrong answer fails")
    names = ", ".join(one.name for one in sat if one.decides)
    told = "".join(
        f"; {one.name} ({one.sheet.verdict.value.upper()}) decides nothing"
        for one in sat
        if not one.decides
    )
    return Decision(PASSED, f"gate official: {names} passed{told}")


def with_rulings(decision: Decision, rulings: Sequence[Ruling]) -> Decision:
    """The decision where a baseline adds its own conditions: each of them has to pass as well."""
    if decision.status not in _DECIDABLE:
        return decision
    failed = any(not one.passed for one in rulings)
    return Decision(
        FAILED if failed else decision.status,
        "\n".join([decision.reason, *(one.sentence for one in rulings)]),
    )


def _refusal(one: Sat, gate: str, share: float, *, asked: bool) -> str:
    sheet = one.sheet
    if sheet.errors:
        count = len(sheet.errors)
        questions = "question has" if count == 1 else "questions have"
        return f"{one.name}: {count} {questions} no reply (first: {sheet.errors[0]})"
    if gate != "official" or not one.decides:
        return ""
    if sheet.verdict is Verdict.PARTIAL:
        often = f" in all {sheet.epochs.count} epochs" if sheet.epochs else ""
        partial = f"{one.name}: only {sheet.asked} of {sheet.of} questions were asked{often}"
        return f"gate official: {partial}, which gives no verdict" if asked else ""
    if sheet.verdict is Verdict.NONE:
        return f"gate official: {one.name} has no verdict: {sheet.no_verdict}"
    return _not_passed(one.name, sheet, share)


def _not_passed(name: str, sheet: Sheet, share: float) -> str:
    """Why a sheet with a verdict does not pass; empty where it does."""
    epochs = sheet.epochs
    if epochs is not None and epochs.share is not None:
        if epochs.share > share:
            return ""
        return (
            f"gate official: {name} passed in {epochs.passed} of {epochs.count} epochs; more than "
            f"{share:.0%} have to"
        )
    if sheet.verdict is Verdict.FAIL:
        return f"gate official: {name} failed ({', '.join(_failed(sheet))})"
    return ""


def _failed(sheet: Sheet) -> list[str]:
    failed = [
        f"{section.title} {section.points}/{section.max}, {-(section.margin or 0)} short"
        for section in sheet.sections.values()
        if section.passed is False
    ]
    if sheet.prohibited.passed is False:
        failed.append(
            f"{sheet.prohibited.count} prohibited choices, at most {sheet.prohibited.limit}"
        )
    return failed
