"""A provider's files and batches, through litellm: each call once, its answer in plain words."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jmle_plugin.gateway.batch_file import Order, Orders, Stage
from jmle_plugin.gateway.failures import ProviderError, Redaction, classify
from jmle_plugin.gateway.library import CURRENT, LARGEST, load_litellm
from jmle_plugin.gateway.protocol import CHAT_PATH, Key
from jmle_plugin.gateway.sending import Call
from jmle_plugin.text import count

TAKES = ("azure", "hosted_vllm", "litellm_proxy", "openai")
"""Providers whose batches are OpenAI's own files and answers; litellm's others have other forms."""
_LARGEST = 1024 * 1024 * 1024
"""Bytes of the largest file of results."""
_NONCE = "jmle"
"""The name under which an order's nonce is sent with it."""
_TALK = 600.0
_ENDED = {"completed", "failed", "expired", "cancelled"}
_LOOKED_BACK = 24 * 3600.0
"""Seconds before an order was planned from which listed batches cannot be it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as its provider tells of it."""

    name: str
    status: str
    done: int
    total: int
    files: tuple[str, ...]
    """Those with results and with errors."""
    why: str = ""
    """What the provider says of one that failed."""

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come."""
        return self.status in _ENDED


class BatchService:
    """The batch service of one provider; `route` says how litellm reaches it."""

    def __init__(self, provider: str, route: Mapping[str, Any], redact: Redaction) -> None:
        self.provider = provider
        self._litellm = load_litellm()
        self._redact = redact
        self._how = {
            **{name: one for name, one in route.items() if name in {"api_base", "api_key"}},
            "custom_llm_provider": provider,
            "timeout": _TALK,
            # A second call could be a second order.
            "max_retries": 0,
            "num_retries": 0,
        }

    async def order(self, orders: Orders, lines: Sequence[tuple[Key, bytes]]) -> tuple[Order, str]:
        """Order the requests of these lines, each step written down before it is taken.

        Returns the order and where it stands, in words; that may be that it is not known
        whether it was placed. ProviderError where it was not, and then it is closed.
        """
        order = Order(
            nonce=secrets.token_hex(16),
            stage=Stage.PLANNED,
            provider=self.provider,
            at=now(),
            requests=[key for key, _ in lines],
        )
        orders.put(order)
        try:
            file = await self.upload(b"".join(line for _, line in lines))
        except ProviderError:
            orders.put(order.at_stage(Stage.CLOSED))
            raise
        order = order.model_copy(update={"stage": Stage.CREATING, "at": now()})
        orders.put(order)
        try:
            batch = await self.create(file, order.nonce)
        except ProviderError as error:
            if error.fatal:  # refused: there is no such batch
                orders.put(order.at_stage(Stage.CLOSED))
                raise
            return order, f"whether it was placed is not known ({error.message})"
        order = order.at_stage(Stage.WAITING, batch=batch.name)
        orders.put(order)
        return order, f"ordered, {count(len(lines), 'request')}"

    async def upload(self, content: bytes) -> str:
        """Upload a file of requests; its name."""
        made = await self._call(
            self._litellm.acreate_file(
                file=("requests.jsonl", content, "application/jsonl"), purpose="batch", **self._how
            )
        )
        return str(made.id)

    async def create(self, file: str, nonce: str) -> Batch:
        """Order the requests of an uploaded file; the nonce goes with the order."""
        return _batch(
            await self._call(
                self._litellm.acreate_batch(
                    completion_window="24h",
                    endpoint=CHAT_PATH,
                    input_file_id=file,
                    metadata={_NONCE: nonce},
                    **self._how,
                )
            )
        )

    async def look(self, name: str) -> Batch:
        """Where a batch stands."""
        return _batch(await self._call(self._litellm.aretrieve_batch(batch_id=name, **self._how)))

    async def find(self, nonce: str, since: float) -> Batch | None:
        """The batch that was created with the nonce at `since` or later; None where none was."""
        after: str | None = None
        seen: set[str] = set()
        while True:
            page = await self._call(
                self._litellm.alist_batches(after=after, limit=100, **self._how)
            )
            batches = list(page.data)
            for one in batches:
                if (one.metadata or {}).get(_NONCE) == nonce:
                    return _batch(one)
            older = batches and (batches[-1].created_at or since) < since - _LOOKED_BACK
            more = getattr(page, "has_more", None)
            if not batches or older or more is False:
                return None
            after = str(batches[-1].id)
            if more is None or after in seen:
                raise ProviderError("the list of batches does not say where it ends")
            seen.add(after)

    async def content(self, file: str) -> bytes:
        """The content of a file."""
        before = LARGEST.set(_LARGEST)
        try:
            found = await self._call(self._litellm.afile_content(file_id=file, **self._how))
        finally:
            LARGEST.reset(before)
        return bytes(found.content)

    async def _call(self, call: Coroutine[Any, Any, Any]) -> Any:
        """What litellm answers; ProviderError, `fatal` where the provider refuses."""
        seen = Call(self.provider, ())
        CURRENT.set(seen)
        try:
            async with asyncio.timeout(_TALK):
                return await call
        except TimeoutError as error:
            raise ProviderError(f"no answer within {_TALK:g} seconds") from error
        except Exception as error:
            if (objection := seen.objection({})) is not None:
                raise objection from error
            meant = classify(error, left=seen.left, answered=seen.status, redact=self._redact)
            raise ProviderError(
                self._redact(meant.message + seen.place), fatal=getattr(meant, "fatal", False)
            ) from error
        finally:
            CURRENT.set(None)
            self._redact.used(seen.credentials)


def _batch(made: Any) -> Batch:
    counts = made.request_counts
    problems = getattr(made.errors, "data", None) or []
    files = (made.output_file_id, made.error_file_id)
    return Batch(
        name=str(made.id),
        status=str(made.status),
        done=(counts.completed or 0) + (counts.failed or 0) if counts else 0,
        total=counts.total or 0 if counts else 0,
        files=tuple(str(one) for one in files if one),
        why="; ".join(str(one.message) for one in problems[:3]),
    )


def now() -> float:
    """Seconds since 1970, as orders have them."""
    return time.time()
