"""Keys and tokens are kept out of whatever is said or written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TextIO

_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
_SHORTEST = 8
"""Characters; a shorter value is no key and would be found in ordinary words."""
HIDDEN = "[hidden]"


class Redaction:
    """Replaces known secrets: what the environment holds under telling names, and `more`."""

    def __init__(self, environment: Mapping[str, str], more: Iterable[str] = ()) -> None:
        named = [value for name, value in environment.items() if _NAMES.search(name)]
        secrets = {value.strip() for value in [*named, *more]}
        # The longest first, or one secret inside another would leave the rest standing.
        known = sorted((one for one in secrets if len(one) >= _SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        """`text` without secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


class RedactedStream:
    """A text stream that hides secrets; for standard error, where libraries write too."""

    def __init__(self, stream: TextIO, redaction: Redaction) -> None:
        self._stream = stream
        self._redaction = redaction

    def write(self, text: str) -> int:
        """Write and flush at once: the process may be ended at any moment."""
        self._stream.write(self._redaction(text))
        self._stream.flush()
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """Never."""
        return False
