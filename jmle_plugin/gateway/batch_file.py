"""Files of batches: requests and results in OpenAI's form, and the orders of a run.

A request or result is a line, known by its `custom_id`. A file of orders has one a run: JSON
lines, each the whole state of one order, what it asks for and how far it came; the last one
counts. Every line is on disk before the step that it announces is taken, so that a process that
is killed leaves a file that says what may have been ordered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from jmle_plugin.errors import GatewayError, JournalError
from jmle_plugin.files import digest
from jmle_plugin.gateway.protocol import CHAT_PATH, Key, Wire
from jmle_plugin.text import printable

_PART = 16
"""Hexadecimal digits that tell runs apart, and attempts of one run."""
_SHOWN = 80


def run_part(run: str) -> str:
    """How the custom ids of a run begin; `run` is its address (exam/run)."""
    return digest(run)[:_PART]


def attempt_part(question: str, epoch: int) -> str:
    """What the custom ids of an attempt have behind that of the run, whatever was asked."""
    return digest([question, epoch])[:_PART]


def custom_id(run: str, key: Key) -> str:
    """What a request is known by: 58 of [0-9a-f-], the same wherever it is computed.

    No name stands in it, so that none has to fit: of 64 characters that services take.
    """
    question, epoch, body = key
    return f"{run_part(run)}-{attempt_part(question, epoch)}-{body[:24]}"


def request_line(name: str, body: Mapping[str, Any]) -> bytes:
    """The line of one request, its end included; `body` is the one that would go out live."""
    line = {"custom_id": name, "method": "POST", "url": CHAT_PATH, "body": body}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Result:
    """One line of results: an answer as HTTP has it, or why there is none."""

    name: str
    """Its custom id; shown to people where it is not one of ours."""
    status: int = 0
    answer: bytes = b""
    """The body of the answer; empty where there is none."""
    problem: str = ""
    """Why there is no answer, in the service's words."""
    where: str = ""
    """File and line."""


def results_in(lines: Iterable[bytes], file: object) -> Iterator[Result]:
    """The results in the lines of a file; of a line that is none, `name` is empty.

    An answer that failed (a status from 400 on) is one; only where the service gave none at
    all there is a `problem`.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _result(line, f"{file}:{number}")


def _result(line: bytes, where: str) -> Result:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return Result("", problem="is no JSON: it may be cut off", where=where)
    name = record.get("custom_id") if isinstance(record, dict) else None
    if not isinstance(name, str) or not name:
        return Result("", problem="has no custom_id", where=where)
    response, error = record.get("response"), record.get("error")
    table = response if isinstance(response, dict) else {}
    status, body = table.get("status_code"), table.get("body")
    if "choices" in table:  # some runners leave out the envelope
        status, body = 200, table
    status = status if isinstance(status, int) and not isinstance(status, bool) else 0
    if not body and status and isinstance(error, dict):
        body = {"error": error}  # where the service keeps what the model's server said
    if not status or not isinstance(body, dict):
        return Result(name, problem=_said(error, status), where=where)
    return Result(name, status, json.dumps(body).encode(), where=where)


def _said(error: Any, status: int) -> str:
    """The service's words for a request without an answer."""
    message = error
    if isinstance(error, dict):
        words = (error.get("code"), error.get("message"))
        message = ": ".join(str(word) for word in words if word)
    fallback = f"HTTP {status} without a body" if status else "no answer"
    return printable(" ".join(str(message).split()))[:_SHOWN] if message else fallback


ORDERS = ".batches"
"""The file's name, beside the run's cassettes."""


class Stage(StrEnum):
    """How far an order came."""

    PLANNED = "planned"
    """Its file may be uploaded; no batch was created."""
    CREATING = "creating"
    """The batch may have been created: its answer was not seen."""
    WAITING = "waiting"
    """It was created; not all its results were taken."""
    CLOSED = "closed"


class Order(Wire):
    """One order: `nonce` is sent with it, `batch` is the provider's name for it."""

    nonce: str
    stage: Stage
    provider: str
    at: float
    """When it was planned; seconds since 1970."""
    requests: list[tuple[str, int, str]]
    """The keys of what it asks for and was not taken yet."""
    batch: str = ""

    def at_stage(self, stage: Stage, *, batch: str = "") -> Order:
        """The order further on."""
        return self.model_copy(update={"stage": stage, "batch": batch or self.batch})

    @property
    def keys(self) -> list[Key]:
        """What it asks for."""
        return [(question, epoch, digest) for question, epoch, digest in self.requests]

    def __str__(self) -> str:
        return f"{self.batch or f'with the nonce {self.nonce}'} at {self.provider}"


class Orders:
    """A run's orders. Only the process that holds the run's journal may write them."""

    def __init__(self, folder: Path) -> None:
        """Read those of the run in `folder`; JournalError for a file that is damaged."""
        self._file = folder / ORDERS
        self._orders: dict[str, Order] = {}
        self._sound = 0
        raw = self._file.read_bytes() if self._file.exists() else b""
        for number, line in enumerate(raw[: raw.rfind(b"\n") + 1].splitlines(keepends=True), 1):
            try:
                order = Order.from_line(line)
            except GatewayError as error:
                raise JournalError(
                    f"this line says of no batch what was ordered ({error.problem})",
                    where=f"{self._file}:{number}",
                    remedy="Restore the file: it keeps batches from being paid for twice.",
                ) from error
            self._orders[order.nonce] = order
            self._sound += len(line)

    @property
    def open(self) -> list[Order]:
        """Orders of which something is still to come or in doubt."""
        return [one for one in self._orders.values() if one.stage is not Stage.CLOSED]

    def held(self) -> dict[Key, Order]:
        """What open orders ask for: it is asked no second time. What was only planned is not."""
        return {key: one for one in self.open if one.stage is not Stage.PLANNED for key in one.keys}

    def put(self, order: Order) -> None:
        """Write an order's state, on disk when this returns; without open ones the file goes."""
        self._orders[order.nonce] = order
        if not self.open:
            self._file.unlink(missing_ok=True)
            self._sound = 0
            return
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o666)
        with os.fdopen(descriptor, "r+b") as file:
            file.truncate(self._sound)  # a line that a crash cut
            file.seek(self._sound)
            file.write(order.line())
            file.flush()
            os.fsync(file.fileno())
            self._sound = file.tell()
