"""What an exception of litellm's means, with every key kept out of what is said of it.

Ask again, end the run, or a refusal: judged by attributes, so that it needs no litellm. Their
meaning is measured, not promised: a key that is missing, a reset connection and a server's
own trouble all look like HTTP 500.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO
from urllib.parse import quote

from jmle_plugin.errors import SettingsError
from jmle_plugin.gateway.limits import PATIENCE, retry_after
from jmle_plugin.gateway.protocol import MESSAGE_LIMIT, RESERVED

_RETRYABLE = {408, 409, 425, 429}
"""Client errors that pass; every other 4xx stays what it is however often it is tried."""
_RATE_LIMITED = 429
_DEEPEST = 10
"""Exceptions that lie behind one another; litellm wraps three or four times."""
_QUOTA = "insufficient_quota"
_FILTERED = {"content_filter", "content_policy_violation"}

_PREFIX = re.compile(r"^(?:(?:litellm\.)?\w*(?:Error|Exception|Timeout)(?: \w+Error)?(?:: | - ))+")
_SUFFIX = re.compile(r"\. Handle with `litellm\.\w+`\.$")
_GEMINI_DELAY = re.compile(r'"retryDelay":\s*"(\d+(?:\.\d+)?)s"')


@dataclass
class ProviderError(Exception):
    """No reply. `fatal` ones no retry can mend; `rate_limited` ones ask for fewer calls.

    `message` is the provider's own, `retry_after` in seconds. `wasted` are answers that say
    they are a success and hold nothing that can be read: each may be billed.
    """

    message: str
    fatal: bool = False
    rate_limited: bool = False
    retry_after: float | None = None
    wasted: bool = False

    def __post_init__(self) -> None:
        super().__init__(self.message)


@dataclass
class RefusedByFilterError(Exception):
    """The provider's filter turned the question away: that is a reply, of a kind."""

    message: str


def classify(
    error: Exception,
    *,
    left: bool = True,
    answered: int | None = None,
    redact: Callable[[str], str] = str,
) -> ProviderError | RefusedByFilterError:
    """What `error`, raised by litellm, means for the run.

    `left` says whether the call came as far as HTTP; `answered` is the status the provider
    answered with, where it did; `redact` takes secrets out of its words.
    """
    status = _status(error)
    said = str(error)
    message = provider_message(error, redact)
    if (lacking := _lacking(error)) is not None:
        return ProviderError(lacking, fatal=True)
    if _codes(error) & _FILTERED or type(error).__name__ == "ContentPolicyViolationError":
        return RefusedByFilterError(message)
    # A key, an address or a parameter that its client makes no call with; not a network
    # that is down, which may be needed for a cloud's credentials.
    never_left = not left and not any(isinstance(one, OSError) for one in _causes(error))
    if _QUOTA in _codes(error) or _QUOTA in said or never_left:
        return ProviderError(message, fatal=True)
    if status is not None and 400 <= status < 500 and status not in _RETRYABLE:  # noqa: PLR2004
        # An answer of 200 that cannot be read, litellm calls a bad request of ours.
        invented = answered is not None and answered < 400  # noqa: PLR2004 - HTTP's first error
        return ProviderError(message, fatal=not invented)
    wait = _wait(error, said)
    if wait is not None and wait > PATIENCE:
        return ProviderError(f"{message} (it asks to wait {wait:.0f} seconds)", fatal=True)
    return ProviderError(message, rate_limited=status == _RATE_LIMITED, retry_after=wait)


def provider_message(error: Exception, redact: Callable[[str], str] = str) -> str:
    """The provider's own words in `error`, on one line, without litellm's around them.

    Secrets are taken out before it is cut: half a key would not be known for one.
    """
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    if not isinstance(message, str) or not message.strip():
        message = _inner(str(error))
    # An unknown name, a refused port and a bad certificate may all be called one thing.
    behind = [str(one) for one in _causes(error) if isinstance(one, OSError)]
    if behind and behind[-1] not in message:
        message = f"{message} {behind[-1]}"
    return redact(" ".join(message.split()))[:MESSAGE_LIMIT] or type(error).__name__


def _lacking(error: BaseException) -> str | None:
    """The library that this machine lacks for any call to succeed."""
    for cause in _causes(error):
        if isinstance(cause, ImportError):
            return f"{cause}: install what litellm needs for this provider"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what lies behind it."""
    cause: BaseException | None = error
    for _ in range(_DEEPEST):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__


def _inner(text: str) -> str:
    text = _SUFFIX.sub("", _PREFIX.sub("", text.split("Traceback (most recent", 1)[0]).strip())
    start = text.find("{")
    if start < 0:
        return text
    try:
        found, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return text
    inner = found.get("error") if isinstance(found, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else None
    return message if isinstance(message, str) and message.strip() else text


def _status(error: Exception) -> int | None:
    status: Any = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _codes(error: Exception) -> set[str]:
    body = getattr(error, "body", None)
    inner = body if isinstance(body, dict) else {}
    values = [getattr(error, "code", None), inner.get("code"), inner.get("type")]
    return {value for value in values if isinstance(value, str)}


def _wait(error: Exception, said: str) -> float | None:
    # Only here are the provider's headers: those of `error.response` are made up.
    headers = getattr(error, "litellm_response_headers", None)
    wait = retry_after(dict(headers)) if headers else None
    if wait is None and (found := _GEMINI_DELAY.search(said)):
        wait = float(found[1])
    return wait


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
