"""The measures of a bench: what a section's marks come to, with the source of each definition.

A measure is a function of sums over the questions: of what `figures` says of each, `ratio` makes
numerator and denominator. So intervals and tests need no other code: they draw other sums. It is
undefined (None, shown as "-") where the denominator is 0, never 0.

An unreadable reply earns nothing. For agreement it is a class of its own, at the distance K - 1
from every one of the K classes; for Pearson's r, the class farthest from the right one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jmle_plugin.exam.kinds import NOTHING, SINGLE
from jmle_plugin.exam.model import AnswerKey, Question
from jmle_plugin.mark.terms import term_set

Sums = Sequence[Any]
"""Sums of figures: numbers, or arrays of numbers of which each is a draw."""


@dataclass(frozen=True, slots=True)
class Item:
    """One reply to one question: what is right, and what was answered; () where unreadable."""

    accepted: Sequence[Sequence[str]]
    answer: Sequence[str]

    @property
    def gold(self) -> Sequence[str]:
        """The right answer that agreement is measured with."""
        return self.accepted[0] if self.accepted else ()


Classes = Sequence[str]
"""The labels that questions of a section have, in their order."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure; `figures` of an item begin with 1, so that sums begin with their number."""

    title: str
    source: str
    figures: Callable[[Classes, Item], tuple[float, ...]]
    ratio: Callable[[Classes, Sums], tuple[Any, Any]]
    fits: Callable[[Question], bool]
    """Whether it says something of such a question."""
    mean: bool = False
    """Whether it is a mean of what each question earns; else it is one of the whole alone."""
    published: Callable[[Sequence[Item]], float | None] | None = None
    """JMED-LLM's own figure under that name, where it is computed otherwise."""
    published_title: str = ""
    """What it calls that, where the name would mislead."""

    def value(self, classes: Classes, items: Sequence[Item]) -> float | None:
        """The measure of `items`, at least one; None where it is undefined."""
        figures = [self.figures(classes, item) for item in items]
        numerator, denominator = self.ratio(classes, [math.fsum(one) for one in zip(*figures)])  # noqa: B905
        return round(numerator / denominator, 6) + 0.0 if denominator else None


def exact_f1(answer: Sequence[str], accepted: Sequence[Sequence[str]]) -> float:
    """F1 of two sets of expressions, that of the accepted answer it is highest for."""
    named = term_set(answer)
    return max((_f1(len(named & gold), named, gold) for gold in map(term_set, accepted)), default=0)


def overlap_f1(answer: Sequence[str], accepted: Sequence[Sequence[str]]) -> float:
    """The same where an expression that holds another, or stands in it, counts half."""
    named = term_set(answer)
    return max((_overlap(named, gold) for gold in map(term_set, accepted)), default=0)


def _f1(hits: float, named: frozenset[str], gold: frozenset[str]) -> float:
    return 2 * hits / (len(named) + len(gold)) if named else 0.0


def _overlap(named: frozenset[str], gold: frozenset[str]) -> float:
    same = named & gold
    rest, open_gold = sorted(named - same - {NOTHING}), sorted(gold - same - {NOTHING})
    partners: dict[str, str] = {}

    def take(one: str, tried: set[str]) -> bool:
        """Find a partner for `one`, if need be by finding another one for its partner."""
        for other in open_gold:
            if other in tried or not (one in other or other in one):
                continue
            tried.add(other)
            if other not in partners or take(partners[other], tried):
                partners[other] = one
                return True
        return False

    partial = sum(take(one, set()) for one in rest)
    return _f1(len(same) + partial / 2, named, gold)


def _right(item: Item) -> float:
    """Whether the answer, labels or expressions, is an accepted one."""
    return float(term_set(item.answer) in map(term_set, item.accepted)) if item.answer else 0.0


def credit(
    question: Question, key: AnswerKey, answer: Sequence[str], *, right: bool
) -> float | None:
    """What an answer earns, 0 to 1: all or nothing, of a set of expressions its F1.

    None in an exam, where marks have points.
    """
    if not key.measures:
        return None
    if question.kind.rules.partial and not right:
        # Not 1 by rounding: a set that is not the right one never earns all.
        return math.floor(exact_f1(answer, key.entries[question.id].accepted) * 1e6) / 1e6
    return float(right)


def _place(classes: Classes, answer: Sequence[str]) -> int:
    """The class of an answer; behind the last where it is none of them."""
    label = answer[0] if len(answer) == 1 else ""
    return classes.index(label) if label in classes else len(classes)


def _distance(classes: Classes, one: int, other: int, *, linear: bool) -> int:
    if not linear or one == other:
        return int(one != other)
    last = len(classes)
    return last - 1 if last in (one, other) else abs(one - other)


def _agreement(title: str, source: str, *, linear: bool) -> Measure:
    def figures(classes: Classes, item: Item) -> tuple[float, ...]:
        gold, given = _place(classes, item.gold), _place(classes, item.answer)
        seats = range(len(classes) + 1)
        return (
            1,
            _distance(classes, gold, given, linear=linear),
            *(int(at == gold) for at in seats),
            *(int(at == given) for at in seats),
        )

    def ratio(classes: Classes, sums: Sums) -> tuple[Any, Any]:
        count, seen, width = sums[0], sums[1], len(classes) + 1
        gold, given = sums[2 : 2 + width], sums[2 + width :]
        by_chance = sum(
            _distance(classes, one, other, linear=linear) * gold[one] * given[other]
            for one in range(width)
            for other in range(width)
        )
        return by_chance - seen * count, by_chance

    def published(items: Sequence[Item]) -> float | None:
        # Classes are those that occur, an unreadable one behind the last.
        names = {(one.answer[0] if one.answer else "") for one in items}
        occurring = [*sorted(names - {""} | {one.gold[0] for one in items}), ""]
        places = [
            (occurring.index(one.gold[0]), occurring.index(one.answer[0] if one.answer else ""))
            for one in items
        ]

        def weight(one: int, other: int) -> int:
            return abs(one - other) if linear else int(one != other)

        seen = sum(weight(*pair) for pair in places) * len(places)
        by_chance = sum(weight(gold, given) for gold, _ in places for _, given in places)
        return round(1 - seen / by_chance, 6) if by_chance else None

    return Measure(title, source, figures, ratio, _single, published=published)


def _pearson_figures(classes: Classes, item: Item) -> tuple[float, ...]:
    x, y = _place(classes, item.gold), _place(classes, item.answer)
    if y == len(classes):
        y = max((0, len(classes) - 1), key=lambda end: abs(end - x))
    return 1, x, y, x * x, y * y, x * y


def _pearson_ratio(_classes: Classes, sums: Sums) -> tuple[Any, Any]:
    n, x, y, xx, yy, xy = sums
    return n * xy - x * y, ((n * xx - x * x) * (n * yy - y * y)) ** 0.5


def _mean(
    title: str,
    source: str,
    earned: Callable[[Item], float],
    fits: Callable[[Question], bool],
) -> Measure:
    return Measure(
        title,
        source,
        lambda _, item: (1, earned(item)),
        lambda _, sums: (sums[1], sums[0]),
        fits,
        mean=True,
    )


def _single(question: Question) -> bool:
    return question.form == SINGLE


def _named(question: Question) -> bool:
    return question.kind.rules.partial


def _as_written(items: Sequence[Item], f1: Callable[[set[str], set[str]], float]) -> float:
    pairs = [(set(one.answer) - {NOTHING}, set(one.gold) - {NOTHING}) for one in items]
    return round(math.fsum(f1(*pair) for pair in pairs) / len(pairs), 6)


def _their_f1(named: set[str], gold: set[str]) -> float:
    return 2 * len(named & gold) / (len(named) + len(gold)) if named or gold else 1.0


def _their_partial_f1(named: set[str], gold: set[str]) -> float:
    # As soon as one expression is right, all are counted as hits: it may be above 1.
    hits = len(gold) if named & gold else 0
    if not hits:
        return float(not named and not gold)
    precision, recall = hits / len(named), hits / len(gold)
    return 2 * precision * recall / (precision + recall)


MEASURES: Mapping[str, Measure] = {
    "accuracy": _mean(
        "accuracy", "the share of right answers", _right, lambda one: one.kind.rules.labelled
    ),
    "kappa": _agreement("kappa", "Cohen 1960, doi:10.1177/001316446002000104", linear=False),
    "kappa-linear": _agreement(
        "linear kappa", "Cohen 1968, doi:10.1037/h0026256, weights |i - j|", linear=True
    ),
    "pearson": Measure(
        "Pearson's r",
        "Pearson 1895, doi:10.1098/rspl.1895.0041, of the labels' places",
        _pearson_figures,
        _pearson_ratio,
        _single,
    ),
    "f1": replace(
        _mean(
            "F1, exact",
            "van Rijsbergen 1979, of two sets, mean over documents",
            lambda one: exact_f1(one.answer, one.accepted) if one.answer else 0.0,
            _named,
        ),
        published=lambda items: _as_written(items, _their_f1),
    ),
    "f1-overlap": replace(
        _mean(
            "F1, overlap",
            "Chinchor and Sundheim 1993 (MUC-5), aclanthology.org/M93-1007: an expression that "
            "holds an expected one or stands in it counts half, one to one; mean over documents",
            lambda one: overlap_f1(one.answer, one.accepted) if one.answer else 0.0,
            _named,
        ),
        published=lambda items: _as_written(items, _their_partial_f1),
        published_title="'partial F1', which may pass 1,",
    ),
}
"""Name in `exam.toml` -> the measure."""
