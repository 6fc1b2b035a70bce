"""Two results question by question, and the groups that chance deals with.

The unit of chance is a group (`groups`): questions that share one case (連問).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from jmle_plugin.compare.groups import Group, make_group, mean
from jmle_plugin.errors import ComparisonError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.epochs import majority
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.results.file import QuestionFacts, Results, question_facts
from jmle_plugin.results.soundness import refuse_mismatches

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question stands in its exam; `group` is its serial group, or its own id.

    `criteria` are the names of those it counts towards; `figures` says whether it has any,
    `case_told` whether the data set says which questions share a case.
    """

    section: str
    block: str
    kind: str
    group: str
    criteria: tuple[str, ...]
    figures: bool = False
    case_told: bool = True


CASES_UNTOLD = "The data set does not say which questions share a case."


def cases_told(where: Mapping[str, Place] | None) -> bool:
    """Whether it is known which questions share a case."""
    return where is not None and all(place.case_told for place in where.values())


def places(exam: Exam) -> dict[str, Place]:
    """Question id -> its place."""
    return _places(question_facts(exam), case_told=exam.cases_told)


def known_places(results: Iterable[Results], exam: Exam | None = None) -> dict[str, Place] | None:
    """Question id -> its place, as the results say it; None where nothing is known.

    `exam` is asked for those that do not say it (schema 1), where it is the one that was sat.
    """
    found: dict[str, Place] = {}
    for one in results:
        if one.questions:
            found |= _places(one.questions, case_told=one.exam.cases_told)
        elif exam is not None and one.provenance.exam.hash == exam.hash:
            found = {**places(exam), **found}
    return found or None


def _places(facts: Mapping[str, QuestionFacts], *, case_told: bool) -> dict[str, Place]:
    return {
        name: Place(
            one.section,
            one.block,
            one.kind,
            one.case or name,
            tuple(one.criteria),
            one.figures,
            case_told,
        )
        for name, one in facts.items()
    }


@dataclass(frozen=True)
class Answered:
    """One side's answer to one question: the majority answer's mark, and every epoch's."""

    mark: Mark
    epochs: tuple[Mark, ...]

    @property
    def correct(self) -> bool:
        """Whether the majority answer is right."""
        return self.mark.outcome is Outcome.CORRECT

    @cached_property
    def right(self) -> tuple[int, ...]:
        """1 for each reply that is right, 0 for each other."""
        return tuple(int(one.outcome is Outcome.CORRECT) for one in self.epochs)

    @cached_property
    def points(self) -> tuple[int, ...]:
        """The points of each reply."""
        return tuple(one.points for one in self.epochs)

    @property
    def max(self) -> int:
        """What a reply can be worth: 0 where the question never counted."""
        return max(one.max for one in self.epochs)


@dataclass(frozen=True)
class Pair:
    """One question that both runs answered.

    `place` is None where the exam is not at hand.
    """

    question: str
    place: Place | None
    old: Answered
    new: Answered

    @property
    def max(self) -> int:
        """What the question can be worth: 0 where it counts for neither side."""
        return max(self.old.max, self.new.max)

    @cached_property
    def difference(self) -> Fraction:
        """Mean points, new minus old."""
        return mean(self.new.points) - mean(self.old.points)

    @cached_property
    def change(self) -> Fraction:
        """Share of right replies, new minus old."""
        return mean(self.new.right) - mean(self.old.right)


@dataclass(frozen=True)
class PairedTable:
    """The questions both runs answered, in the old run's order.

    `serial_known` says whether every question's place is known (where one is not, none is given)
    and its data set says which questions share a case.
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
        made = map(_group, by_case(self.pairs))
        return tuple(group for group in made if group.max)

    @property
    def same_answers(self) -> bool:
        """Whether both runs gave the same answers to everything, in all epochs."""
        return all(
            len({tuple(one.answer) for one in (*pair.old.epochs, *pair.new.epochs)}) == 1
            for pair in self.pairs
        )


def pair_results(
    old: Results,
    new: Results,
    where: Mapping[str, Place] | None = None,
    *,
    allow: Collection[str] = (),
) -> PairedTable:
    """Pair two results on the questions that both answered.

    `where` is what `known_places` gives; without it, or where it lacks a question, every
    question is a group of its own and nothing is known of sections. `allow` names mismatches (see
    `soundness.MISMATCHES`) to let pass. Raises UnlikeResultsError for unlike results,
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
            before[name],
            after[name],
        )
        for name in shared
    )
    return PairedTable(
        pairs,
        serial_known=cases_told(known),
        allowed=allowed,
        one_sided=len(before.keys() ^ after.keys()),
    )


def answered(results: Results) -> dict[str, Answered]:
    """Question id -> its replies; questions of which one is an error are left out."""
    found = {}
    for name, several in results.by_question().items():
        marks = tuple(sorted(several, key=lambda mark: mark.epoch))
        chosen = majority(marks)
        if chosen.outcome is not Outcome.ERROR:
            found[name] = Answered(chosen, marks)
    return found


def by_case(pairs: Iterable[Pair]) -> Iterable[list[Pair]]:
    """The questions of each case, in the order of their first; one without a place is its own."""
    cases: dict[str, list[Pair]] = {}
    for pair in pairs:
        cases.setdefault(pair.place.group if pair.place else pair.question, []).append(pair)
    return cases.values()


def _group(pairs: Sequence[Pair]) -> Group:
    first = pairs[0].place
    return make_group(
        first.section if first else "",
        [pair.max for pair in pairs],
        [pair.old.points for pair in pairs],
        [pair.new.points for pair in pairs],
    )


def titled(
    parts: Mapping[str, list[T]], titles: Mapping[str, str]
) -> Iterator[tuple[str, str, list[T]]]:
    """Name, title and content of each part: in the order of `titles`, those without one last."""
    for name in dict.fromkeys((*titles, *parts)):
        if name in parts:
            yield name, titles.get(name, name), parts[name]
