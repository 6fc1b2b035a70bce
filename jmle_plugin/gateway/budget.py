"""What calls cost, and what the announced requests of a run come to, for all who wait for one.

Counts of each run, and what all runs of a process may spend together. Knows no provider and no
price: replies say what they cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jmle_plugin.gateway.journal import Entry
from jmle_plugin.gateway.models import estimate_tokens
from jmle_plugin.gateway.protocol import Key, ModelFacts
from jmle_plugin.gateway.reply import Usage, read_number, read_usage
from jmle_plugin.gateway.status import Failure, Outcome, RunStatus, Tokens

_LONG = 3000
"""Completion tokens of a reply that reasons: what is expected where nothing limits it."""
_LENGTHS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
_ROUNDING = 1e-9
"""As a part of the cap: sums of costs are not exact."""


class Budget:
    """Lets calls begin as long as they are expected to stay below a cap.

    A call is expected to cost what replies did on average. Before the first reply that is
    nothing, or no call could ever begin: those that begin together at first, `concurrency`
    for each model, are the most by which the cap can be passed. A call that failed, or
    that a filter turned away with an error, counts as free: no provider tells what it
    charges for one.
    """

    def __init__(self, most: float | None) -> None:
        """`most` is the cap in US dollars, None for none."""
        self._most = most
        self._spent = 0.0
        self._replies = 0
        self._in_flight = 0
        self._unknown = False
        self._over: str | None = None
        self._stops: list[Callable[[str], None]] = []
        self._watchers: list[Callable[[], None]] = []

    def when_over(self, stop: Callable[[str], None]) -> None:
        """Have `stop` called, with the reason, once no call may begin any more."""
        self._stops.append(stop)
        if self._over is not None:
            stop(self._over)

    def watch(self, ended: Callable[[], None]) -> None:
        """Have `ended` called whenever a call has ended, of whichever run."""
        self._watchers.append(ended)

    def may_begin(self) -> bool:
        """Whether one more call may begin now.

        While others are in flight the answer may change: they may turn out cheaper. Where
        it cannot, every waiting request is stopped.
        """
        if self._most is None:
            return True
        if self._over is None:
            self._over = self._end(self._most)
            if self._over is not None:
                for stop in self._stops:
                    stop(self._over)
        return self._over is None and self._fits(self._most)

    def reserve(self, amount: float) -> bool:
        """Keep that much for what is ordered now; False, and nothing kept, where it has no room."""
        if self._most is not None and self._spent + amount > self._most * (1 + _ROUNDING):
            return False
        self._spent += amount
        return True

    def begin(self) -> None:
        """A call begins."""
        self._in_flight += 1

    def end(self, completion: dict[str, Any] | None) -> None:
        """A call ended with this reply, or without one."""
        self._in_flight -= 1
        if completion is not None:
            self._count(completion)
        for ended in self._watchers:
            ended()

    def _count(self, completion: dict[str, Any]) -> None:
        cost = read_number(completion.get("cost"))
        if cost is None and _turned_away(completion):
            return
        if cost is None:
            self._unknown = True
        else:
            self._spent += cost
            self._replies += 1

    def _fits(self, most: float) -> bool:
        mean = self._spent / self._replies if self._replies else 0.0
        return self._spent + mean * (self._in_flight + 1) <= most * (1 + _ROUNDING)

    def _end(self, most: float) -> str | None:
        """Why no call may begin any more; None while one may, or may later."""
        if self._unknown:
            return (
                f"not asked: --max-cost of {_dollars(most)} cannot be kept, because a reply "
                "came without its cost"
            )
        if self._in_flight or self._fits(most):
            return None
        spent = _dollars(self._spent)
        return f"not asked: --max-cost of {_dollars(most)} is reached ({spent} spent)"


def most_cost(body: Mapping[str, Any], facts: ModelFacts) -> float:
    """US dollars that a request is expected to cost at most; 0 where its price is not known."""
    length = next((one for name in _LENGTHS if isinstance(one := body.get(name), int)), _LONG)
    prompt = estimate_tokens(dict(body)) * (facts.input_price or 0.0)
    return prompt + length * (facts.output_price or 0.0)


def _turned_away(completion: dict[str, Any]) -> bool:
    """Whether a filter answered with an error: that is a reply here, a failed call there."""
    return "usage" not in completion and any(
        one.get("finish_reason") == "content_filter" for one in completion.get("choices", [])
    )


def _dollars(amount: float) -> str:
    return "$" + f"{amount:.6f}".rstrip("0").rstrip(".")


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
        cost = read_number(completion.get("cost"))
        self.cost = None if cost is None or self.cost is None else self.cost + cost
        usage = read_usage(completion.get("usage")) or Usage()
        for name, count in usage.model_dump().items():
            self.tokens[name] = self.tokens.get(name, 0) + (count or 0)
        total = (usage.prompt or 0) + (usage.completion or 0)
        if total:
            self._replies += 1
            self._spent += total
        return float(total)

    def expected(self, body: dict[str, Any]) -> float:
        """Tokens a call will cost, about: the mean so far, at first a guess by its prompt."""
        if self._replies:
            return self._spent / self._replies
        return estimate_tokens(body)

    def status(self, *, total: int, waiting: int, limit: int, **more: Any) -> RunStatus:
        """The counts as others get them; `more` are the fields that are none of its own."""
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
            **more,
        )


class Outcomes:
    """Each request's outcome, there once it is settled. Lives in one event loop; make it there."""

    def __init__(self, keys: Iterable[Key], entries: Iterable[Entry], tally: Tally) -> None:
        """What is journalled is settled; `tally` counts."""
        loop = asyncio.get_running_loop()
        self._futures: dict[Key, asyncio.Future[Outcome]] = {
            key: loop.create_future() for key in keys
        }
        self._tally = tally
        for entry in entries:
            if self.lacks(entry.key):
                self.settle(entry.key, entry.response)
                tally.from_journal += 1

    def __len__(self) -> int:
        return len(self._futures)

    def __contains__(self, key: Key) -> bool:
        return key in self._futures

    def lacks(self, key: Key) -> bool:
        """Whether that request was announced and has no outcome yet."""
        return key in self._futures and not self._futures[key].done()

    @property
    def unsettled(self) -> list[Key]:
        """The requests without an outcome, in their order."""
        return [key for key, one in self._futures.items() if not one.done()]

    def settle(self, key: Key, outcome: Outcome) -> None:
        """Give a request its outcome."""
        if isinstance(outcome, Failure):
            self._tally.failed += 1
        else:
            self._tally.done += 1
        self._futures[key].set_result(outcome)

    async def wait(self, key: Key) -> Outcome:
        """The outcome of an announced request, once it is there: the same for every client."""
        return await asyncio.shield(self._futures[key])
