"""Where a gateway stands, as it tells its parent: counts of requests, tokens, cost."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import Any

from jmle_plugin.errors import GatewayError
from jmle_plugin.files import canonical_json, read_json
from jmle_plugin.gateway.protocol import Wire

FATAL, SPENT, STOPPED = "fatal", "spent", "stopped"
_STATUS = {FATAL: 424, SPENT: 502, STOPPED: 503}
REFUSED = "refused"
"""Said of what is no request of ours."""
KINDS = frozenset({*_STATUS, REFUSED})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no reply: `fatal`, `spent` (retries) or `stopped`; and the message."""

    kind: str
    message: str

    @property
    def status(self) -> int:
        """The HTTP status that says so."""
        return _STATUS[self.kind]


Outcome = dict[str, Any] | Failure
"""A chat completion, or why there is none."""


class Tokens(Wire):
    """Token counts, summed over the replies that gave them."""

    prompt: int = 0
    completion: int = 0
    reasoning: int = 0
    cached: int = 0


class Course(Wire):
    """How many calls of a model were allowed at a time in a session, and what came of it.

    `levels` are (seconds since its first call, calls) at that call and at changes, the first
    hundred; `last` is the level at the end. `most` calls were in flight at most, and `refused`
    of all calls were refused as too many (HTTP 429).
    """

    levels: list[tuple[float, int]]
    last: int
    most: int
    refused: int


class RunStatus(Wire):
    """Counts of requests, except `retries` (calls made again) and `limit` (calls at a time).

    `waiting` were not begun; `unfinished` were, and are `in_flight`, `resting` before they
    are asked again, or being written. `done` includes those answered `from_journal`.
    `tokens` and `cost` are those of this process's own calls. `cost` is in US dollars, None
    as soon as one reply's is unknown. `fatal` is the message that ended the asking; `capped`
    says that `max_cost` did, being reached or impossible to keep.
    """

    waiting: int
    unfinished: int
    in_flight: int
    resting: int
    done: int
    failed: int
    from_journal: int
    retries: int
    limit: int
    course: Course | None = None
    """Of the run's model; None before its first call."""
    tokens: Tokens
    cost: float | None = 0.0
    stopped: bool = False
    capped: bool = False
    fatal: str | None = None
    batch: str = ""
    """Where the run's open batches stand, in words."""


class GatewayStatus(Wire):
    """Where each run stands, by its name; the properties are sums over them."""

    runs: dict[str, RunStatus]

    @property
    def waiting(self) -> int:
        """Requests that were not begun."""
        return sum(run.waiting for run in self.runs.values())

    @property
    def unfinished(self) -> int:
        """Requests begun, without an outcome yet."""
        return sum(run.unfinished for run in self.runs.values())

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return sum(run.in_flight for run in self.runs.values())

    @property
    def done(self) -> int:
        """Requests with a reply."""
        return sum(run.done for run in self.runs.values())

    @property
    def failed(self) -> int:
        """Requests that ended without a reply."""
        return sum(run.failed for run in self.runs.values())

    @property
    def retries(self) -> int:
        """Calls made again."""
        return sum(run.retries for run in self.runs.values())

    @property
    def tokens(self) -> Tokens:
        """Tokens of this process's own calls."""
        each = [run.tokens.model_dump() for run in self.runs.values()]
        return Tokens(**{name: sum(one[name] for one in each) for name in Tokens.model_fields})

    @property
    def cost(self) -> float | None:
        """US dollars for this process's own calls, None where one's cost is unknown."""
        costs = [run.cost for run in self.runs.values() if run.cost is not None]
        return sum(costs) if len(costs) == len(self.runs) else None


def exchange(
    address: str, token: str, path: str, body: dict[str, Any] | None, *, timeout: float
) -> GatewayStatus:
    """What the gateway at `address` answers to a body sent there, or to none.

    OSError and HTTPException where it does not answer, GatewayError where it refuses.
    """
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=timeout)
    try:
        connection.request(
            "GET" if body is None else "POST",
            path,
            None if body is None else canonical_json(body),
            {"authorization": f"Bearer {token}"},
        )
        response = connection.getresponse()
        raw = response.read()
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise GatewayError(f"the gateway refuses: {read_json(raw)['error']['message']}")
    return GatewayStatus.model_validate(read_json(raw))
