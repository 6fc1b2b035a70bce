"""Two results question by question, and the groups that chance deals with.

The unit of chance is a group: questions that share one case (連問) stand or fall together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from jmle_plugin.compare.likeness import refuse_mismatches
from jmle_plugin.errors import ComparisonError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.epochs import majority
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.results.file import Results

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question stands in its exam; `group` is its serial group, or its own id.

    `criteria` are the names of those it counts towards.
    """

    section: str
    block: str
    kind: str
    group: str
    criteria: tuple[str, ...]


def places(exam: Exam) -> dict[str, Place]:
    """Question id -> its place."""
    return {
        one.id: Place(
            one.section,
            one.block,
            one.form,
            one.serial.id if one.serial else one.id,
            tuple(rule.name for rule in exam.key.criteria if rule.counts(one)),
        )
        for one in exam.questions.values()
    }


@dataclass(frozen=True, slots=True)
class Answered:
    """One side's answer to one question: the majority answer's mark, and every epoch's.

    `correct` and `points` are those of that mark.
    """

    mark: Mark
    epochs: tuple[Mark, ...]
    correct: bool
    points: int


@dataclass(frozen=True, slots=True)
class Pair:
    """One question that both runs answered.

    `max` is what it can be worth: 0 where it counts for neither side. `difference` is in
    points, new minus old. `place` is None where the exam is not at hand.
    """

    question: str
    place: Place | None
    max: int
    old: Answered
    new: Answered
    difference: int


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that stand or fall together.

    `points` is the maximum of its largest question, `max` that of the group, `lost` and
    `gained` are points that its questions lost and gained, new against old.
    """

    section: str
    points: int
    size: int
    max: int
    lost: int
    gained: int

    @property
    def difference(self) -> int:
        """Points, new minus old."""
        return self.gained - self.lost

    @property
    def stratum(self) -> tuple[str, int, int, int]:
        """Groups that may take each other's place without changing the exam's maximum."""
        return self.section, self.points, self.size, self.max


@dataclass(frozen=True)
class PairedTable:
    """The questions both runs answered, in the old run's order.

    `serial_known` says whether every question's place is known; where one is not, none is given.
    `allowed` holds the mismatches that were let pass: name -> what differs.
    `one_sided` counts questions that only one of the two answered.
    """

    pairs: tuple[Pair, ...]
    serial_known: bool
    allowed: Mapping[str, str]
    one_sided: int

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups, in the order of their first questions; those worth nothing are left out."""
        members: dict[str, list[Pair]] = {}
        for pair in self.pairs:
            members.setdefault(pair.place.group if pair.place else pair.question, []).append(pair)
        made = (_group(pairs) for pairs in members.values())
        return tuple(group for group in made if group.max)

    @property
    def same_answers(self) -> bool:
        """Whether both runs gave the same answers to everything."""
        return all(pair.old.mark.answer == pair.new.mark.answer for pair in self.pairs)


def pair_results(
    old: Results,
    new: Results,
    where: Mapping[str, Place] | None = None,
    *,
    allow: Collection[str] = (),
) -> PairedTable:
    """Pair two results on the questions that both answered.

    `where` is `places(exam)`; without it, or where it lacks a question, every question is a
    group of its own and nothing is known of sections. `allow` names mismatches (see
    `likeness.MISMATCHES`) to let pass. Raises UnlikeResultsError for unlike results,
    ComparisonError where no question was answered by both.
    """
    allowed = refuse_mismatches(old, new, allow)
    before, after = answered(old), answered(new)
    shared = [name for name in before if name in after]
    if not shared:
        raise ComparisonError(
            "the two runs have no answered question in common",
            where=f"{old.run.name}, {new.run.name}",
            remedy="Compare two runs of the same exam.",
        )
    known = where if where is not None and where.keys() >= set(shared) else None
    pairs = tuple(
        Pair(
            name,
            known[name] if known else None,
            max(before[name].mark.max, after[name].mark.max),
            before[name],
            after[name],
            after[name].points - before[name].points,
        )
        for name in shared
    )
    return PairedTable(
        pairs,
        serial_known=known is not None,
        allowed=allowed,
        one_sided=len(before.keys() ^ after.keys()),
    )


def answered(results: Results) -> dict[str, Answered]:
    """Question id -> the majority answer; questions whose answer is an error are left out."""
    found = {}
    for name, several in results.by_question().items():
        marks = tuple(sorted(several, key=lambda mark: mark.epoch))
        chosen = majority(marks)
        if chosen.outcome is not Outcome.ERROR:
            correct = chosen.outcome is Outcome.CORRECT
            found[name] = Answered(chosen, marks, correct, chosen.points)
    return found


def _group(pairs: Sequence[Pair]) -> Group:
    first = pairs[0].place
    return Group(
        section=first.section if first else "",
        points=max(pair.max for pair in pairs),
        size=len(pairs),
        max=sum(pair.max for pair in pairs),
        lost=sum(max(-pair.difference, 0) for pair in pairs),
        gained=sum(max(pair.difference, 0) for pair in pairs),
    )


def titled(
    parts: Mapping[str, list[T]], titles: Mapping[str, str]
) -> Iterator[tuple[str, str, list[T]]]:
    """Name, title and content of each part: in the order of `titles`, those without one last."""
    for name in dict.fromkeys((*titles, *parts)):
        if name in parts:
            yield name, titles.get(name, name), parts[name]
