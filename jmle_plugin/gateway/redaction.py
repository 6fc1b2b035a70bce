"""Keys and tokens are kept out of whatever is said or written."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TextIO
from urllib.parse import quote

from jmle_plugin.errors import SettingsError
from jmle_plugin.gateway.protocol import RESERVED

_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)
_SHORTEST = 8
"""Characters; a shorter value is no key and would be found in ordinary words."""
_CERTAIN = 16
"""Characters; a reply is changed for nothing shorter (`KEYBOARD=japanese` is no key), but for the
keys that go out."""
HIDDEN = "[hidden]"
_SECRET_NAMES = re.compile(
    r"(?:.*_)?(?:api_?key|(?:access|secret|private)_key|(?:access|auth|bearer|session)_token"
    r"|authorization|passw(?:or)?d|secret)|key|token|credentials?"
)
"""Not `max_tokens`, `prompt_cache_key` or `eos_token`."""
_ONE_OF = (
    {"max_tokens", "max_completion_tokens", "max_output_tokens"},
    {"reasoning_effort", "thinking"},
)
"""Names for one thing: of two that are given, litellm sends one and says nothing."""


class Redaction:
    """Replaces known secrets: what the environment holds under telling names, and `more`."""

    def __init__(self, environment: Mapping[str, str], more: Iterable[str] = ()) -> None:
        named = [value for name, value in environment.items() if _NAMES.search(name)]
        self._known = {value.strip() for value in [*named, *more]} - {""}
        self._pattern = _any_of(one for one in self._known if len(one) >= _SHORTEST)
        self._certain = {one for one in self._known if len(one) >= _CERTAIN}
        self._in_replies = _any_of(self._certain)
        self.too_short = False
        """Whether a key goes out that is too short to be known where it comes back."""

    def used(self, credentials: Collection[str]) -> None:
        """Hide in replies, too, those secrets that a request carried."""
        sent = self._known.intersection(credentials)
        self.too_short |= any(len(one) < _SHORTEST for one in sent)
        new = {one for one in sent if len(one) >= _SHORTEST} - self._certain
        if new:
            self._certain |= new
            self._in_replies = _any_of(self._certain)

    def __call__(self, text: str) -> str:
        """`text` without secrets."""
        return self._pattern.sub(HIDDEN, text) if self._pattern else text

    def throughout(self, value: Any) -> Any:
        """Plain JSON without keys that are used and secrets no model could write by itself."""
        if isinstance(value, dict):
            return {name: self.throughout(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.throughout(one) for one in value]
        if isinstance(value, str) and self._in_replies:
            return self._in_replies.sub(HIDDEN, value)
        return value


def _any_of(secrets: Iterable[str]) -> re.Pattern[str] | None:
    # The longest first, or one secret inside another would leave the rest standing.
    longest = sorted(secrets, key=len, reverse=True)
    known = "|".join(dict.fromkeys(form for one in longest for form in _forms(one)))
    # A host's name arrives in lower case.
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


def check_parameters(parameters: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """SettingsError for parameters that say where to call, are a secret, or stand in for another.

    Parameters are recorded with every reply. No value is repeated in the message.
    """
    if reserved := sorted(RESERVED & set(parameters)):
        raise SettingsError(
            f"--model-arg cannot set {', '.join(reserved)}",
            remedy="Parameters say what is asked. Keys belong into the environment, a server's "
            "address into --api-base, waiting and retries into options of their own.",
        )
    if both := _said_twice(parameters):
        raise SettingsError(
            f"--model-arg says one thing twice, by {' and '.join(sorted(both))}",
            remedy="Leave one of them out: only one would be sent.",
        )
    hidden = Redaction(environment)
    for place, value in _leaves(parameters):
        secret = isinstance(value, str) and hidden(value) != value
        name = place.rpartition(".")[2].lower().replace("-", "_")
        if secret or _SECRET_NAMES.fullmatch(name):
            raise SettingsError(
                f"--model-arg {place} holds a secret, which would be recorded with every reply",
                remedy="Put keys into the environment variables that the provider has for them.",
            )


def _said_twice(parameters: Mapping[str, Any]) -> set[str]:
    body = parameters.get("extra_body")
    extra = set(body) if isinstance(body, Mapping) else set[str]()
    names = set(parameters) | extra
    for same in _ONE_OF:
        if len(same & names) > 1:
            return same & names
    return {f"{name} and extra_body.{name}" for name in set(parameters) & extra}


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted place, value) of everything that holds nothing else."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _leaves(one, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, place)
    else:
        yield place, value
