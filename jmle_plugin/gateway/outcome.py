"""How an announced request ends: with a completion, or without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
