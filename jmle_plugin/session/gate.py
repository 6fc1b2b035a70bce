"""The gate: what it decides on each run, and the session's exit status with its reasons.

Sentences are in the language in force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.sheet import Sheet, Verdict
from jmle_plugin.report.sheet import unofficial, verdict_word
from jmle_plugin.results.comparison import Decision, Ruling
from jmle_plugin.results.file import GateDecision, Results
from jmle_plugin.results.language import clauses, joined, known, wording

PASSED, FAILED = 0, 1
HALF = 0.5
"""The share of epochs of which more have to pass, unless another one is asked for."""
_DECIDABLE = (PASSED, FAILED)
"""pytest's own 2 to 5 (interrupted, internal error, usage, nothing collected) stand."""


@dataclass(frozen=True, slots=True)
class ExitDecision:
    """What the gate decided. `status` is the exit status, `reason` a line each for what decided."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Sat:
    """One sitting as the gate sees it."""

    name: str
    sheet: Sheet
    decides: bool = True
    """False where the verdict is only shown: that of an audit's blind half."""
    wrong: int = 0
    """Replies that are not right, of all epochs."""

    @classmethod
    def of(cls, results: Results, *, decides: bool = True) -> Sat:
        """Results as the gate sees them: the name says what is not the official way."""
        return cls(
            joined([f"{results.exam.id} {results.run.name}", *unofficial(results)]),
            results.sheet,
            decides,
            sum(mark.outcome is not Outcome.CORRECT for mark in results.marks),
        )


def judge(one: Sat, gate: str, share: float = HALF) -> GateDecision | None:
    """What the gate (official, all or none) decides on one run; None where it decides nothing.

    Of several epochs more than `share` have to pass.
    """
    sheet = one.sheet
    if sheet.errors:
        words = wording("gate.incomplete", len(sheet.errors), name=one.name, first=sheet.errors[0])
        return GateDecision(name=gate, decision=Decision.INCOMPLETE, sentence=words)
    if not one.decides:
        return None
    decision, words = {"official": _official, "all": _all, "none": _none}[gate](one, share)
    return GateDecision(name=gate, decision=decision, sentence=_said(gate, words))


def _said(gate: str, sentence: str) -> str:
    return wording("gate.own", gate=gate, sentence=sentence)


def decisions(sat: Sat, gate: str, share: float, ruling: Ruling | None) -> list[GateDecision]:
    """What the session's gate and then the baseline's decided on one run."""
    found = [one] if (one := judge(sat, gate, share)) else []
    return [*found, gate_decision(ruling)] if ruling else found


def gate_decision(ruling: Ruling) -> GateDecision:
    """What a gate on a baseline decided, as it stands beside the session's own."""
    p, bound, margin = (ruling.figures.get(one) for one in ("p_value", "lower_bound", "margin"))
    figures = {"p": p, "bound": bound, "margin": margin}
    return GateDecision.model_validate(
        {"name": ruling.gate, "decision": ruling.decision, "sentence": ruling.sentence, **figures}
    )


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
) -> ExitDecision:
    """Decide the session's exit status.

    `status` is pytest's own, `gate` one of official, all, none; `asked` says whether
    that gate was asked for; of several epochs more than `share` have to pass; `unasked`
    counts sittings of which nothing was selected, which no other sitting passes for;
    `other_failures` counts failures that are no wrong answers (other tests, teardown errors),
    which no gate forgives; `problem` is a sentence on why no sheet of this session can be
    trusted.
    """
    if status not in _DECIDABLE:
        return ExitDecision(status, wording("exit.ended_early"))
    refusals = [problem, *(_refusal(one, gate, share, asked=asked) for one in sat)]
    refusals += _other(other_failures)
    if reasons := [one for one in refusals if one]:
        return ExitDecision(FAILED, "\n".join(reasons))
    if gate == "none":
        return ExitDecision(PASSED, _said(gate, wording("gate.none")))
    partial = any(one.sheet.part for one in sat)
    if gate == "all" or partial or unasked:
        return ExitDecision(status, wording("exit.own"))
    told_of = {False: "passed", True: "complete"}
    facts = [
        wording(f"gate.official.{how}", name=joined(names))
        for bench, how in told_of.items()
        if (names := [one.name for one in sat if one.decides and one.sheet.bench is bench])
    ]
    facts += [
        wording("exit.undecided", name=one.name, verdict=_word(one.sheet))
        for one in sat
        if not one.decides
    ]
    return ExitDecision(PASSED, _said(gate, clauses(facts)))


def _word(sheet: Sheet) -> str:
    if sheet.verdict is Verdict.NONE:
        return verdict_word(sheet)
    return wording(f"verdict.upper.{sheet.verdict}")


def decide_shard(
    status: int,
    shard: tuple[int, int],
    lacking: Mapping[str, int],
    *,
    other_failures: int = 0,
    problem: str = "",
) -> ExitDecision:
    """Decide the exit status of a session that asks one part of an exam and has no results.

    `lacking` counts by run the replies that are still missing; the others are as in `decide`.
    """
    part = "{}/{}".format(*shard)
    if status not in _DECIDABLE:
        return ExitDecision(status, wording("exit.shard_ended_early", part=part))
    reasons = [problem] if problem else []
    reasons += [
        wording("exit.missing", missing, run=run) for run, missing in lacking.items() if missing
    ]
    reasons += _other(other_failures)
    if reasons:
        lines = (wording("exit.shard", part=part, sentence=one) for one in reasons)
        return ExitDecision(FAILED, "\n".join(lines))
    return ExitDecision(PASSED, wording("exit.shard_complete", part=part, runs=joined(lacking)))


def _other(failures: int) -> list[str]:
    return [wording("exit.other_failures", failures)] if failures else []


def with_rulings(decision: ExitDecision, rulings: Sequence[Ruling]) -> ExitDecision:
    """The decision where a baseline adds its own conditions: each of them has to pass as well."""
    if decision.status not in _DECIDABLE:
        return decision
    failed = any(not one.passed for one in rulings)
    return ExitDecision(
        FAILED if failed else decision.status,
        "\n".join([decision.reason, *(one.sentence for one in rulings)]),
    )


def _refusal(one: Sat, gate: str, share: float, *, asked: bool) -> str:
    """Why one run alone makes the exit status 1; empty where it does not."""
    judged = judge(one, gate, share)
    if judged is None or judged.decision is Decision.PASS:
        return ""
    unasked = one.sheet.part and not asked
    # Of wrong answers and, unless a gate was asked for, of a selection pytest's own status says it.
    own = not one.sheet.errors and (gate == "all" or unasked)
    return "" if own else judged.sentence


def _none(_one: Sat, _share: float) -> tuple[Decision, str]:
    return Decision.PASS, wording("gate.none")


def _all(one: Sat, _share: float) -> tuple[Decision, str]:
    if not one.wrong:
        return Decision.PASS, wording("gate.all.passed", name=one.name)
    return Decision.FAIL, wording("gate.all.failed", one.wrong, name=one.name)


def _official(one: Sat, share: float) -> tuple[Decision, str]:
    sheet, name = one.sheet, one.name
    if sheet.part:
        asked = {"name": name, "asked": sheet.asked, "of": sheet.of}
        return Decision.INCOMPLETE, (
            wording("gate.official.partial_epochs", epochs=sheet.epochs.count, **asked)
            if sheet.epochs
            else wording("gate.official.partial", **asked)
        )
    if sheet.lacking:
        lacking = joined(sheet.lacking)
        return Decision.INCONCLUSIVE, wording("gate.official.lacking", name=name, lacking=lacking)
    if sheet.verdict is Verdict.NONE:
        if sheet.bench:
            return Decision.PASS, wording("gate.official.complete", name=name)
        reason = known(sheet.no_verdict)
        return Decision.INCONCLUSIVE, wording("gate.official.none", name=name, reason=reason)
    return _by_criteria(one, share)


def _by_criteria(one: Sat, share: float) -> tuple[Decision, str]:
    sheet = one.sheet
    epochs = sheet.epochs
    if epochs is not None and epochs.share is not None:
        if epochs.share <= share:
            often = {"passed": epochs.passed, "epochs": epochs.count, "share": f"{share:.0%}"}
            words = wording("gate.official.too_few_epochs", name=one.name, **often)
            return Decision.FAIL, words
    elif sheet.verdict is Verdict.FAIL:
        failed = joined(_failed(sheet))
        return Decision.FAIL, wording("gate.official.failed", name=one.name, failed=failed)
    return Decision.PASS, wording("gate.official.passed", name=one.name)


def _failed(sheet: Sheet) -> list[str]:
    failed = [
        wording(
            "gate.official.short",
            title=known(section.title),
            points=section.points,
            max=section.max,
            short=-(section.margin or 0),
        )
        for section in sheet.sections.values()
        if section.passed is False
    ]
    rule = sheet.prohibited
    if rule.passed is False:
        failed.append(wording("gate.official.prohibited", count=rule.count, limit=rule.limit))
    return failed
