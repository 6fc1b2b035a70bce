"""A model's reply, read from an OpenAI chat completion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jmle_plugin.errors import ReplyError
from jmle_plugin.strict import Strict

PROJECTS = ("IgakuQA", "IgakuQA119", "YakugakuQA")
"""Projects whose records hold answers without the replies around them."""


class Usage(Strict):
    """Token counts as the provider gave them; None where it gave none."""

    prompt: int | None = None
    completion: int | None = None
    reasoning: int | None = None
    cached: int | None = None


@dataclass(frozen=True, slots=True)
class SentImage:
    """A figure as it went out: `size` bytes on disk, `sent_size` bytes sent."""

    sha256: str
    """Of the file."""
    size: int
    sent_size: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete reply. Empty texts are replies too: they are marked, not retried."""

    text: str
    reasoning: str = ""
    model: str = ""
    """The model's name as the provider returned it."""
    finish_reason: str = ""
    usage: Usage | None = None
    cost: float | None = None
    """US dollars; None where the price is not known."""
    sent: Mapping[str, Any] = field(default_factory=dict)
    """The parameters that really went to the provider, where that is known."""
    images: tuple[SentImage, ...] = ()
    """The figures that went out with the question, where that is known."""
    answer_of: str = ""
    """The project whose record this is, where that holds the answer alone; `text` is it."""
    recorded_answer: str | None = None
    """What the project that the reply comes from read from it by its own rule, as it wrote it."""
    marker: str = ""
    """What its prompt asked an answer line to begin with; empty for the usual marker."""
    native_finish_reason: str = ""
    """The provider's own word, where that is another; `none given` where it gave none."""


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
        native_finish_reason=_native(choice),
        usage=read_usage(completion.get("usage")),
        cost=_cost(completion.get("cost")),
        sent=sent if isinstance(sent := completion.get("sent"), dict) else {},
        images=tuple(_images(completion.get("sent_images"))),
        recorded_answer=(
            read if isinstance(read := completion.get("recorded_answer"), str) else None
        ),
        answer_of=of if (of := completion.get("answer_of")) in PROJECTS else "",
    )


def _native(choice: dict[str, Any]) -> str:
    if "native_finish_reason" not in choice:
        return ""
    return str(choice["native_finish_reason"] or "none given")


def _cost(raw: Any) -> float | None:
    known = isinstance(raw, int | float) and not isinstance(raw, bool) and raw >= 0
    return float(raw) if known else None


def _images(raw: Any) -> Iterator[SentImage]:
    for one in raw if isinstance(raw, list) else ():
        size, sent = _count(one, "size"), _count(one, "sent_size")
        if size is not None and sent is not None:
            yield SentImage(str(one.get("sha256") or ""), size, sent)


def read_usage(raw: Any) -> Usage | None:
    """The token counts in a completion's `usage`; None where there are none."""
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
    known = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if known else None
