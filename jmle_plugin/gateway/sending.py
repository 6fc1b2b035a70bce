"""One call on its way out: what leaves this machine, and what of its parameters does not.

litellm translates parameters (an effort into a thinking budget) and quietly leaves out what
it takes for its own or has no place for. A translation stands in the results; a parameter
that does not go out at all would make the run's name a lie. Which is which, the request
itself says: it is made without being sent, once with the parameter and once without.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from jmle_plugin.gateway.failures import ProviderError

_PATIENCE = 0.5
"""Seconds that a call may hold its turn: one that asks for a token first takes longer."""


@dataclass
class Call:
    """A call that asks `question`: the texts and data addresses in its messages."""

    model: str
    question: tuple[str, ...]
    rehearsed: bool = False
    """Whether the request is only made, and never sent."""
    sent: dict[str, Any] | None = None
    """What goes out beside the question; None until a request that holds it was seen."""
    left: bool = False
    """Whether a request reached the HTTP client."""
    address: str = ""
    """Scheme, host and port it was for."""
    credentials: set[str] = field(default_factory=set)
    """What it carried where keys are carried."""
    redirect: str | None = None
    """Where the provider sends the call on to."""
    status: int | None = None
    """The provider's answer, as HTTP has it."""
    answer: bytes | None = None
    """The body of the answer to the question, once all of it is there."""
    unreadable: str = ""
    """Why that body cannot be read at all."""
    given: tuple[int, bytes] | None = None
    """Status and body of an answer that came some other way: then nothing is sent."""
    path: str = ""
    """Of the address that the question is asked at."""
    made: dict[str, Any] | None = None
    """All of the request that was rehearsed."""
    seconds: float | None = None
    """From the question leaving to the end of that body; None until it is there."""
    departs: Callable[[], object] = lambda: None
    """Called when the question leaves, from whichever thread sends it."""
    _left_at: float = 0.0

    @property
    def body(self) -> Any:
        """The answer's JSON; None where there is none."""
        return None if self.answer is None else _body(self.answer)

    @property
    def place(self) -> str:
        """The answer's status and address, for the end of a message; empty where none was asked."""
        status = [] if self.status is None else [f"HTTP {self.status}"]
        known = [*status, *([self.address] if self.given is None else [])] if self.left else []
        return f" ({', '.join(known)})" if known else ""

    @property
    def wasted(self) -> bool:
        """Whether an answer came that says it is a success, may be billed and can be no reply.

        An error that such an answer reports is one.
        """
        if self.status is None or self.status >= 400:  # noqa: PLR2004 - HTTP's first error
            return False
        if self.unreadable:
            return True
        body = self.body
        error = body is not None and (body.get("error") or body.get("type") == "error")
        return self.answer is not None and not error

    def leave(self, content: bytes) -> bool:
        """Take down the body of a request about to be sent; raises where it must not be.

        Returns whether it asks the question.
        """
        self.left = True
        parts = [one for one in self.question if one]
        texts = [one for one in parts if not one.startswith("data:")]
        known_by = _bare(max(texts or parts, key=len, default=""))
        body = _body(content)
        # A library asks other things as well: for a token, or what a model can do.
        if body is None or not known_by or not _holds(body, [known_by]):
            return False
        rest = _without(body, [text for one in parts if (text := _bare(one))])
        if self.rehearsed:
            self.sent, self.made = rest, body
            raise ConnectionError("this request is not meant to be sent")
        if self.sent is not None:
            # The first one may have been answered and paid for: retries are not the library's.
            _repeat_failure()
        self.sent = rest
        self._left_at = time.monotonic()
        self.departs()
        return True

    def arrive(self, content: bytes) -> None:
        """Take down the whole body of the answer to the question."""
        self.answer = content
        if self.given is None:
            self.seconds = time.monotonic() - self._left_at

    def objection(self, parameters: Mapping[str, Any]) -> ProviderError | None:
        """Why the answer to this call, which was to carry `parameters`, is not taken."""
        if self.redirect is not None:
            return ProviderError(
                f"the provider sends calls on to {self.redirect}, an address not asked for: "
                "neither question nor key is sent there",
                fatal=True,
            )
        if self.unreadable:
            return ProviderError(self.unreadable, wasted=self.wasted)
        if parameters and self.sent is None:
            return ProviderError(
                f"what litellm sends to {self.model} cannot be seen: whether "
                f"{', '.join(parameters)} went out is not known",
                fatal=True,
            )
        return None


class Turns:
    """Calls are made ready one after the other, each until its question leaves.

    Made ready together they would all leave after the last was ready, be answered together,
    and so on: a provider's places would stand empty while the next calls are made ready.
    """

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def take(self, call: Call) -> AsyncIterator[None]:
        """Wait for a turn, which ends when `call` leaves or ends, or after `patience` seconds."""
        await self._turn.acquire()
        loop, ended = asyncio.get_running_loop(), False

        def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                self._turn.release()

        limit = loop.call_later(self._patience, end)
        call.departs = partial(loop.call_soon_threadsafe, end)
        try:
            yield
        finally:
            limit.cancel()
            end()


def left_out_one_by_one(
    parameters: Mapping[str, Any],
) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """(name, value, the parameters without it) of each; what is in `extra_body` counts singly."""
    for name, value in parameters.items():
        others = {one: parameters[one] for one in parameters if one != name}
        if name == "extra_body" and isinstance(value, Mapping):
            for inner in value:
                rest = {one: value[one] for one in value if one != inner}
                yield str(inner), value[inner], {**others, **({name: rest} if rest else {})}
        else:
            yield name, value, others


def stands_in(sent: Any, name: str, value: Any) -> bool:
    """Whether `sent` holds `value` under `name`, however deep and however the name is cased."""
    if isinstance(sent, list):
        return any(stands_in(one, name, value) for one in sent)
    if not isinstance(sent, Mapping):
        return False
    return any(
        (_folded(key) == _folded(name) and one == value) or stands_in(one, name, value)
        for key, one in sent.items()
    )


def says_the_same(one: Any, other: Any) -> bool:
    """Whether two requests are equal but for tables that are empty."""
    return bool(_filled(one) == _filled(other))


def _repeat_failure() -> NoReturn:
    # A client sends a request again inside its own `except`: what was raised stays the reason.
    raise sys.exception() or ConnectionError("the connection broke")


def _body(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _bare(part: str) -> str:
    """A text as it is found in a request; of a data address, the data alone."""
    return (part.partition(";base64,")[2] if part.startswith("data:") else part).strip()


def _without(table: dict[str, Any], needles: list[str]) -> dict[str, Any]:
    """`table` without the question: a table loses the entries that hold it, a list goes whole."""
    rest: dict[str, Any] = {}
    for name, one in table.items():
        if not _holds(one, needles):
            rest[name] = one
        elif isinstance(one, dict) and (inner := _without(one, needles)):
            rest[name] = inner
    rest.pop("model", None)
    return rest


def _holds(value: Any, needles: list[str]) -> bool:
    if isinstance(value, str):
        return any(needle in value for needle in needles)
    if isinstance(value, dict):
        return any(_holds(one, needles) for one in value.values())
    return isinstance(value, list) and any(_holds(one, needles) for one in value)


def _filled(value: Any) -> Any:
    """`value` without empty tables in its tables."""
    if isinstance(value, Mapping):
        inner = {name: _filled(one) for name, one in value.items()}
        return {name: one for name, one in inner.items() if one != {}}
    return [_filled(one) for one in value] if isinstance(value, list) else value


def _folded(name: str) -> str:
    """A name however it is cased: `maxOutputTokens` and `max_output_tokens` are one."""
    return name.replace("_", "").lower()
