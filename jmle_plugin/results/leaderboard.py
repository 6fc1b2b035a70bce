"""What a leaderboard says, as JSON would have it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.mark.sheet import CostTotal, Latency, MeanTally, Verdict
from jmle_plugin.results.doubt import ALPHA, Letter
from jmle_plugin.results.figures import LEVEL
from jmle_plugin.results.file import ExamInfo
from jmle_plugin.strict import Strict, absent, empty


class Row(Strict):
    """One run. `rank` and what goes with it are null for runs without a verdict."""

    run: str
    title: str
    """The name for people, without saying that replies were scripted: `scripted` does."""
    model: str
    scripted: bool
    group: str = Field(default="", exclude_if=empty)
    """The group that a runs file puts it in, such as "medical"."""
    images: ImageMode
    """What the model got to see of the figures."""
    epochs: int
    verdict: Verdict
    criteria: str
    """By which official criteria it passed, where not by all: `published` (without prohibited
    choices) or `evaluable`."""
    asked: int
    of: int
    total: MeanTally
    text_only: MeanTally
    """Questions without figures."""
    deviation: float | None = None
    """Of the points over epochs; null where each question was asked once."""
    passed: int | None = None
    """How many of several epochs pass by themselves."""
    cost: CostTotal
    latency: Latency | None = Field(default=None, exclude_if=absent)
    """How long its replies took; left out where none was timed."""
    errors: int
    rank: int | None = None
    """1 for the most points; equal points, equal rank."""
    ranks: tuple[int, int] | None = None
    """The first and the last rank that noise leaves open."""
    interval: tuple[int, int] | None = None
    """Points to expect on questions like these, 95 %."""
    p_above: float | None = None
    """Two-sided p-value of the difference in points to the row above; null for the first."""
    text_only_rank: int | None = None
    """The rank by questions without figures alone."""
    value: float | None = Field(default=None, exclude_if=absent)
    """Of a bench: the measure that the table is about; left out for an exam, and undefined."""
    value_interval: tuple[float, float] | None = Field(default=None, exclude_if=absent)
    """Its 95 % interval."""
    letters: dict[str, Letter] = Field(default={}, exclude_if=empty)
    """The letters of its wrong answers against those of all rows to the same questions; left out
    where nothing is known of the questions, or nothing can be said."""
    source: Annotated[int, Field(exclude=True)]
    """Which of the results given this is."""

    @property
    def noise(self) -> bool:
        """Whether the difference to the row above is within noise."""
        return self.p_above is not None and self.p_above > ALPHA


class Table(Strict):
    """Runs of the same questions, key, reading and prompt: figures of the same thing."""

    exam: ExamInfo
    facts: dict[str, str]
    """What all rows share: `exam`, `pack`, `key`, `numeric`, `extraction`, `prompt`, `images`."""
    measure: str = Field(default="", exclude_if=empty)
    """Of a bench: what its rows are ranked by, in the section that `facts` name."""
    serial_known: bool
    """False where neither the files nor an exam at hand say it, or its data set does not: every
    question is then taken as a case of its own."""
    rows: list[Row]
    """With a verdict; the most points first, then by the run's name."""
    text_only: list[Row] = Field(default=[])
    """`rows` in the order of questions without figures: rank, ranks, interval, p_above and total
    are those of these questions. Empty where the exam has none, or no others, and for one row."""
    unranked: list[Row]
    """Partial and incomplete runs, by name."""

    @property
    def every(self) -> tuple[Row, ...]:
        """All runs, those with a verdict first."""
        return (*self.rows, *self.unranked)


class Leaderboard(Strict):
    """All results given, in as many tables as there are unlike things among them."""

    schema_version: Literal[2] = Field(default=2, alias="schema")
    level: float = LEVEL
    tables: list[Table]
