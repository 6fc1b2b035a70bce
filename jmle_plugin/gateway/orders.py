"""Batches ordered from a provider, one file a run: what each asks for, and how far it came.

JSON lines, each the whole state of one order; the last one counts. Every line is on disk before
the step that it announces is taken, so that a process that is killed leaves a file that says what
may have been ordered.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from jmle_plugin.errors import GatewayError, JournalError
from jmle_plugin.gateway.protocol import Key, Wire

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
