"""A state of the answer key as `exam.toml` writes it: thresholds and the examiners' decisions.

A field that an older pack does not have is left out of its digest while it is empty, so that
results made before the field existed are still results of the same exam.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from jmle_plugin.exam.model import NumericRule, Treatment
from jmle_plugin.strict import Strict, empty

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
"""Names folders and files; longer ones no file system takes with what is added to them."""

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class CriterionSpec(Strict):
    """What has to be reached: `threshold` points of `max`, or the share `ratio` of what counts.

    It is about the section of its own name, unless `sections` or `subjects` say about which
    questions (those of any of the sections that are about any of the subjects); it then needs
    a `title`. With a threshold, `ratio` is for candidates whose own maximum is another than
    `max`. Without `max` the maximum is what the questions that count add up to.
    """

    threshold: Annotated[int, Field(ge=0)] | None = None
    max: Annotated[int, Field(ge=0)] | None = None
    ratio: tuple[int, int] | None = None
    title: str = Field(default="", exclude_if=empty)
    sections: list[Name] = Field(default=[], exclude_if=empty)
    subjects: list[str] = Field(default=[], exclude_if=empty)
    unconfirmed: str = Field(default="", exclude_if=empty)
    """What about it is not confirmed; shown by `jmle check`."""

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.threshold is None and self.ratio is None:
            raise ValueError("give a 'threshold', or a 'ratio' of what counts")
        if self.threshold is not None and self.max is not None and self.threshold > self.max:
            raise ValueError(f"threshold {self.threshold} is above the maximum {self.max}")
        if self.ratio is not None and not 0 < self.ratio[0] <= self.ratio[1]:
            raise ValueError(f"ratio {list(self.ratio)} is not above 0 and at most 1")
        return self


class ProhibitedSpec(Strict):
    """At most `limit` prohibited choices; `listed` when the pack says which they are."""

    limit: Annotated[int, Field(ge=0)]
    listed: bool = False
    unconfirmed: str = Field(default="", exclude_if=empty)


class ChangeSpec(Strict):
    """One decision of the examiners about one question.

    An answer decides the question anew: it counts like any other, by that answer. A treatment
    leaves the answers as they are.
    """

    question: str
    answer: list[str] | None = None
    """Replaces the key."""
    accept: Annotated[list[list[str]], Field(min_length=1)] | None = None
    """Several answers, each accepted."""
    treatment: Treatment = Treatment.STANDARD
    source: str = ""
    unconfirmed: str = Field(default="", exclude_if=empty)
    """What about it is not confirmed; shown by `jmle check`."""
    order: Annotated[int, Field(ge=1)] | None = Field(default=None, exclude_if=empty)
    """Which of several changes to one question comes first; nothing else has an order."""

    @model_validator(mode="after")
    def _one_decision(self) -> Self:
        decisions = (
            self.answer is not None,
            self.accept is not None,
            self.treatment is not Treatment.STANDARD,
        )
        if sum(decisions) != 1:
            raise ValueError("give exactly one of 'answer', 'accept' and 'treatment'")
        return self


class KeySpec(Strict):
    """A named state of the key: thresholds, comparison of numbers, changes."""

    title: str
    source: str = ""
    data_set: str = Field(default="", exclude=True)
    """The folder of the data set whose own key it is: by another, there is no such state."""
    numeric: NumericRule = NumericRule.NUMBER
    criteria: dict[Name, CriterionSpec] = Field(default={})
    measures: dict[Name, Annotated[list[Name], Field(min_length=1)]] = Field(
        default={}, exclude_if=empty
    )
    """Of a bench, which has no criteria: section -> its measures (`mark/measures`), the one that
    is compared first."""
    prohibited: ProhibitedSpec | None = None
    not_evaluated: list[Sentence] = Field(default=[], exclude_if=empty)
    """Official criteria that no figure here decides, and why, a sentence each."""
    changes: list[ChangeSpec] = Field(default=[])

    @model_validator(mode="after")
    def _criteria_or_measures(self) -> Self:
        if bool(self.criteria) is bool(self.measures):
            raise ValueError(
                "give 'criteria', which make a verdict, or 'measures', which make a bench"
            )
        if self.measures and self.prohibited:
            raise ValueError("a bench has no verdict, so it has no prohibited choices either")
        return self

    def disordered(self) -> list[str]:
        """Questions with several changes that do not say which of them comes first."""
        times = Counter(change.question for change in self.changes)
        orders = {(change.question, change.order) for change in self.changes if change.order}
        known = Counter(question for question, _ in orders)
        return [name for name, often in times.items() if often > 1 and known[name] != often]

    def in_order(self) -> list[ChangeSpec]:
        """The changes as they apply."""
        return sorted(self.changes, key=lambda change: change.order or 0)
