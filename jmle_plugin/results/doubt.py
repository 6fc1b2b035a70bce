"""How sure a verdict is, as data and in words."""

from __future__ import annotations

from collections.abc import Iterator

from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.strict import Strict

_SUREST, _RAREST = 0.99, 0.01


class PassChance(Strict):
    """The share of draws that passed. Beyond 1 in 100 no such share is known to be true."""

    passed: int
    draws: int
    seed: int

    def __str__(self) -> str:
        share = self.passed / self.draws
        if share > _SUREST:
            return f"> {_SUREST:.2f}"
        if share < _RAREST:
            return f"< {_RAREST:.2f}"
        return f"{share:.2f}"


class VerdictDoubt(Strict):
    """How sure a verdict is.

    `another_exam` draws another paper of the same difficulty and pass mark, `this_exam_again`
    one reply to each question out of its epochs; None where the questions' places are not
    known, or no question has several epochs.
    """

    verdict: Verdict
    another_exam: PassChance | None
    this_exam_again: PassChance | None
    missed: tuple[str, ...] = ()
    """3-point questions that were missed, each of which alone would turn a fail into a pass."""
    lucky: tuple[str, ...] = ()
    """3-point questions that were right, each of which alone would turn a pass into a fail;
    with several epochs, only those that were wrong in one of them."""


def doubt_sentences(doubt: VerdictDoubt) -> Iterator[str]:
    """The doubt in one or two sentences."""
    chances = []
    if doubt.another_exam is not None:
        chances.append(f"another paper of the same difficulty and pass mark {doubt.another_exam}")
    if doubt.this_exam_again is not None:
        chances.append(f"this exam again {doubt.this_exam_again}")
    if chances:
        yield f"Chance of passing: {'; '.join(chances)}"
    for questions, turn in ((doubt.missed, "Would pass with"), (doubt.lucky, "Would fail without")):
        if questions:
            yield f"{turn} any one of these: {', '.join(questions)}"
