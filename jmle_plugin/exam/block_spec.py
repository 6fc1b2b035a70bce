"""A booklet as `exam.toml` writes it: how many questions, of which sections, worth what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Discriminator, Field, Tag, model_validator

from jmle_plugin.exam.key_spec import Name
from jmle_plugin.strict import Strict, empty


class _Range(Strict):
    """Questions `first` to `last` of a block."""

    first: Annotated[int, Field(ge=1)]
    last: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first > self.last:
            raise ValueError(f"first = {self.first} comes after last = {self.last}")
        return self


class PointsSpec(_Range):
    """They count `points` each."""

    points: Annotated[int, Field(ge=0)]


class SectionRange(_Range):
    """They belong to `section`."""

    section: Name


def _tag(value: object) -> str:
    # Told apart beforehand, so that a mistake in a rule is not reported as "not an integer".
    return "rules" if isinstance(value, list) else "source" if value == "source" else "one"


_Points = Annotated[
    Annotated[Annotated[int, Field(ge=0)], Tag("one")]
    | Annotated[Literal["source"], Tag("source")]
    | Annotated[list[PointsSpec], Tag("rules")],
    Discriminator(_tag),
]
_Section = Annotated[
    Annotated[Name, Tag("one")] | Annotated[list[SectionRange], Tag("rules")],
    Discriminator(lambda value: "rules" if isinstance(value, list) else "one"),
]
_Rule = TypeVar("_Rule", bound=_Range)


class BlockSpec(Strict):
    """One booklet. Its section and its points are one for all, or given by ranges.

    With `points = "source"` the questions' own file says what each counts.
    """

    id: Name
    section: _Section
    questions: Annotated[int, Field(ge=1, le=10_000)]
    first: Annotated[int, Field(ge=1)] = Field(default=1, exclude_if=lambda first: first == 1)
    """The number of its first question, where a paper numbers through its booklets."""
    points: _Points = 1
    wrong: Annotated[int, Field(le=0)] = Field(default=0, exclude_if=empty)
    """What a wrong answer is worth: 0, or -1 where it costs a point."""

    @property
    def numbers(self) -> range:
        """The numbers of its questions."""
        return range(self.first, self.first + self.questions)

    def points_of(self, number: int) -> int | None:
        """Points of question `number`; None where its source says them."""
        if isinstance(self.points, list):
            return self._rule("points", self.points, number).points
        return self.points if isinstance(self.points, int) else None

    def section_of(self, number: int) -> str:
        """Section of question `number`."""
        if isinstance(self.section, list):
            return self._rule("section", self.section, number).section
        return self.section

    @property
    def section_names(self) -> list[str]:
        """The sections it has questions of."""
        if isinstance(self.section, list):
            return list(dict.fromkeys(rule.section for rule in self.section))
        return [self.section]

    def check(self) -> None:
        """ValueError unless each question is named by exactly one rule of each kind."""
        for number in self.numbers:
            self.points_of(number)
            self.section_of(number)
        for what, rules in (("points", self.points), ("section", self.section)):
            ranges = rules if isinstance(rules, list) else []
            if any(rule.last not in self.numbers for rule in ranges):
                raise ValueError(
                    f"block {self.id}: a {what} rule goes beyond its {self.questions} questions"
                )

    def _rule(self, what: str, rules: Iterable[_Rule], number: int) -> _Rule:
        found = [rule for rule in rules if rule.first <= number <= rule.last]
        if len(found) != 1:
            raise ValueError(
                f"block {self.id}: question {number} is named by {len(found)} {what} rules, "
                "not by one"
            )
        return found[0]
