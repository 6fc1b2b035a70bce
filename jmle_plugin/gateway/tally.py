"""What is counted: requests, calls, tokens and what they cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jmle_plugin.gateway.budget import cost_of
from jmle_plugin.gateway.models import estimate_tokens
from jmle_plugin.gateway.status import RunStatus, Tokens


@dataclass
class Tally:
    """Running counts; their meaning is that of `RunStatus`."""

    in_flight: int = 0
    resting: int = 0
    done: int = 0
    failed: int = 0
    from_journal: int = 0
    retries: int = 0
    cost: float | None = 0.0
    tokens: dict[str, int] = field(default_factory=dict)
    _replies: int = 0
    _spent: int = 0

    def count(self, completion: dict[str, Any]) -> float:
        """Add a reply's tokens and cost; its total of prompt and completion tokens."""
        cost = cost_of(completion)
        self.cost = None if cost is None or self.cost is None else self.cost + cost
        usage = completion.get("usage") or {}
        counts = {
            "prompt": usage.get("prompt_tokens"),
            "completion": usage.get("completion_tokens"),
            "reasoning": usage.get("completion_tokens_details", {}).get("reasoning_tokens"),
            "cached": usage.get("prompt_tokens_details", {}).get("cached_tokens"),
        }
        for name, count in counts.items():
            self.tokens[name] = self.tokens.get(name, 0) + (count or 0)
        total = (counts["prompt"] or 0) + (counts["completion"] or 0)
        if total:
            self._replies += 1
            self._spent += total
        return float(total)

    def expected(self, body: dict[str, Any]) -> float:
        """Tokens a call will cost, about: the mean so far, at first a guess by its prompt."""
        if self._replies:
            return self._spent / self._replies
        return estimate_tokens(body)

    def status(self, *, total: int, waiting: int, limit: int, **ended: Any) -> RunStatus:
        """The counts as told to others; `ended` are the fields that say how."""
        return RunStatus(
            waiting=waiting,
            unfinished=total - waiting - self.done - self.failed,
            in_flight=self.in_flight,
            resting=self.resting,
            done=self.done,
            failed=self.failed,
            from_journal=self.from_journal,
            retries=self.retries,
            limit=limit,
            tokens=Tokens(**self.tokens),
            cost=self.cost,
            **ended,
        )
