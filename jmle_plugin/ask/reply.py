"""A model's reply, read from an OpenAI chat completion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jmle_plugin.errors import ReplyError


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the provider gave them; None where it gave none."""

    prompt: int | None = None
    completion: int | None = None
    reasoning: int | None = None
    cached: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete reply. Empty texts are replies too: they are marked, not retried."""

    text: str
    reasoning: str = ""
    model: str = ""
    """The model's name as the provider returned it."""
    finish_reason: str = ""
    usage: Usage | None = None


def read_reply(completion: Any) -> Reply:
    """The reply in a chat completion; ReplyError when there is none in it."""
    try:
        choice = completion["choices"][0]
        message = choice["message"]
        text = message["content"]
        reasoning = message.get("reasoning_content") or ""
        finish = choice.get("finish_reason") or ""
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ReplyError("the model's service answered without a message") from error
    if not isinstance(text, str | None) or not isinstance(reasoning, str):
        raise ReplyError("the model's service answered with a message that is no text")
    return Reply(
        text=text or "",
        reasoning=reasoning,
        model=str(completion.get("model") or ""),
        finish_reason=str(finish),
        usage=_usage(completion.get("usage")),
    )


def _usage(raw: Any) -> Usage | None:
    if not isinstance(raw, dict):
        return None
    return Usage(
        prompt=_count(raw, "prompt_tokens"),
        completion=_count(raw, "completion_tokens"),
        reasoning=_count(raw.get("completion_tokens_details"), "reasoning_tokens"),
        cached=_count(raw.get("prompt_tokens_details"), "cached_tokens"),
    )


def _count(raw: Any, name: str) -> int | None:
    value = raw.get(name) if isinstance(raw, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
