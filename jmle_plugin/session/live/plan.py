"""What is about to be asked, and what it may cost, said before the first call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.gateway.models import estimate_tokens
from jmle_plugin.gateway.protocol import ModelFacts
from jmle_plugin.report.layout import dollars

_SHORT, _LONG = 300, 3000
"""Completion tokens of a terse reply and of one that reasons: what recorded runs have."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run's part of a session that asks: `recorded` replies are there already."""

    sitting: Sitting
    asked: tuple[Seat, ...]
    recorded: int

    def lines(self, facts: ModelFacts, concurrency: int) -> Iterator[str]:
        """The plan for people; `concurrency` is calls at a time."""
        run = self.sitting.run
        yield (
            f"{run.run} sits {self.sitting.exam.id}: {len(self.asked)} to ask, "
            f"{self.recorded} from cassettes, {concurrency} at a time"
        )
        if self.sitting.half:
            yield f"  figures left out; text-only replies are those of {run.text_only_from}"
        if run.no_vision:
            yield f"  {run.model} is known to see no figures: the run is blind"
        yield f"  projected cost: {self._cost(facts)}"

    def _cost(self, facts: ModelFacts) -> str:
        if facts.input_price is None or facts.output_price is None:
            return "unknown (no price is known: give --price-in and --price-out)"
        prompts = sum(
            estimate_tokens(self.sitting.request(seat.question, seat.epoch).body)
            for seat in self.asked
        )
        fixed = prompts * facts.input_price
        short, long = (
            dollars(fixed + len(self.asked) * tokens * facts.output_price)
            for tokens in (_SHORT, _LONG)
        )
        return f"{short} with {_SHORT} tokens a reply, {long} with {_LONG:,}"
