"""What a comparison says of a bench's measures, as JSON would have it."""

from __future__ import annotations

from jmle_plugin.strict import Strict


class MeasureChange(Strict):
    """A measure of a section of a bench, on the questions that both runs answered.

    `low` and `high` are the ends of the 95 % interval of the difference, new minus old; `p_loss`
    is one-sided, `p_value` two-sided, by the measure's own paired test; `p_holm` is the latter
    corrected for the measures it was tested with. Null where the measure is undefined.
    """

    section: str
    title: str
    measure: str
    questions: int
    old: float | None
    new: float | None
    low: float | None
    high: float | None
    test: str
    p_loss: float | None
    p_value: float | None
    p_holm: float | None = None
    decides: bool = False
    """Whether it is one of those that say if the runs differ: all sections together where they
    have one mean, else the first measure of each."""

    @property
    def difference(self) -> float | None:
        """New minus old; None where either is undefined."""
        return None if self.old is None or self.new is None else self.new - self.old
