"""What an exception of litellm's means: ask again, end the run, or a refusal.

Works on attributes, so that it needs no litellm. Their meaning is measured, not promised:
a key that is missing, a reset connection and a server's own trouble all look like HTTP 500.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jmle_plugin.gateway.limits import PATIENCE, retry_after
from jmle_plugin.gateway.protocol import MESSAGE_LIMIT

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
