"""Keys and tokens are kept out of whatever is said or written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO
from urllib.parse import quote

_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
_SHORTEST = 8
"""Characters; a shorter value is no key and would be found in ordinary words."""
_CERTAIN = 16
"""Characters; a reply is changed for nothing shorter: `KEYBOARD=japanese` is no key."""
HIDDEN = "[hidden]"


class Redaction:
    """Replaces known secrets: what the environment holds under telling names, and `more`."""

    def __init__(self, environment: Mapping[str, str], more: Iterable[str] = ()) -> None:
        named = [value for name, value in environment.items() if _NAMES.search(name)]
        secrets = {value.strip() for value in [*named, *more]}
        # The longest first, or one secret inside another would leave the rest standing.
        known = sorted(secrets, key=len, reverse=True)
        self._pattern = _any_of(one for one in known if len(one) >= _SHORTEST)
        self._certain = _any_of(one for one in known if len(one) >= _CERTAIN)

    def __call__(self, text: str) -> str:
        """`text` without secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text

    def throughout(self, value: Any) -> Any:
        """Plain JSON without those secrets that no model could write by itself."""
        if isinstance(value, dict):
            return {name: self.throughout(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.throughout(one) for one in value]
        if isinstance(value, str) and self._certain:
            return self._certain.sub(HIDDEN, value)
        return value


def _any_of(secrets: Iterable[str]) -> re.Pattern[str] | None:
    known = "|".join(dict.fromkeys(form for one in secrets for form in _forms(one)))
    # A host's name is told in lower case.
    return re.compile(known, re.IGNORECASE) if known else None


def _forms(secret: str) -> Iterator[str]:
    """Patterns of a secret as it stands, in JSON, in an address, and with its lines joined."""
    for written in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
        yield r"\s+".join(map(re.escape, written.split()))


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
