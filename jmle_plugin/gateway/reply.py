"""A model's reply, read from an OpenAI chat completion."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self, TypeGuard

from jmle_plugin.errors import ReplyError
from jmle_plugin.files import canonical_json
from jmle_plugin.strict import Strict
from jmle_plugin.text import printable

PROJECTS = ("IgakuQA", "IgakuQA119", "VQA-RAD", "YakugakuQA")
"""Projects whose records hold answers without the replies around them."""

LONGEST = 1e9
"""Seconds; what claims to have taken longer measured something else."""
_MOST_TOKENS = 1e12
_NO_WORD = "none given"
_EMPTY: tuple[Any, ...] = ("", {}, [])


class End(StrEnum):
    """Why a reply ended; the values are OpenAI's `finish_reason`, but for the last."""

    WHOLE = "stop"
    CUT = "length"
    FILTERED = "content_filter"
    BROKEN = "broken_off"
    """The provider stopped for reasons of its own: no reply of the model's."""


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


class ImageBytes(Strict):
    """Figures that went out: `size` bytes on disk, `sent_size` bytes sent."""

    count: int
    size: int
    sent_size: int
    changed: int
    """Figures that were scaled down or converted: other bytes went out than lie on disk."""

    @classmethod
    def of(cls, images: Sequence[SentImage]) -> Self | None:
        """The sums over `images`; None where there are none."""
        if not images:
            return None
        return cls(
            count=len(images),
            size=sum(one.size for one in images),
            sent_size=sum(one.sent_size for one in images),
            changed=sum(one.size != one.sent_size for one in images),
        )


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
    seconds: float | None = None
    """From the request leaving to the reply being whole; None where nothing measured it."""
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
    asked: tuple[str, ...] = field(default=(), repr=False)
    """The texts of the messages that it answers, where those are known."""
    native_finish_reason: str = ""
    """The provider's own word, where that is another; `none given` where it gave none."""
    refusal: str = ""
    """What the provider says in place of an answer, where it calls that a refusal."""
    confidence: float | None = None
    """How sure the answer is held to be, 0 to 1, where the project it comes from recorded that."""

    @property
    def refused(self) -> bool:
        """Whether a filter or the model refused to answer, by what the provider says."""
        return bool(self.refusal) or self.finish_reason == End.FILTERED

    @property
    def tokens_per_second(self) -> float | None:
        """Completion tokens over seconds, to a tenth; None where either is not known."""
        seconds = read_number(self.seconds, most=LONGEST)
        # A count that is no count of tokens may be too large for any quotient.
        tokens = read_number(self.usage and self.usage.completion, most=_MOST_TOKENS)
        return round(tokens / seconds, 1) if seconds and tokens is not None else None


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
        refusal=said if isinstance(said := message.get("refusal"), str) else "",
        confidence=read_number(completion.get("recorded_confidence"), most=1),
        usage=read_usage(completion.get("usage")),
        cost=read_number(completion.get("cost")),
        seconds=read_number(completion.get("seconds"), most=LONGEST),
        sent=sent if isinstance(sent := completion.get("sent"), dict) else {},
        images=tuple(_images(completion.get("sent_images"))),
        recorded_answer=(
            read if isinstance(read := completion.get("recorded_answer"), str) else None
        ),
        answer_of=of if (of := completion.get("answer_of")) in PROJECTS else "",
    )


def completion_of(reply: Reply) -> dict[str, Any]:
    """The chat completion that `read_reply` reads as `reply`, but for `marker`: that is the run's.

    Raises ReplyError where it holds what no file can.
    """
    message = _given(role="assistant", reasoning_content=reply.reasoning, refusal=reply.refusal)
    choice = _given(index=0, finish_reason=reply.finish_reason)
    if native := reply.native_finish_reason:
        choice["native_finish_reason"] = None if native == _NO_WORD else native
    made = _given(
        object="chat.completion",
        model=reply.model,
        sent=dict(reply.sent),
        sent_images=[asdict(one) for one in reply.images],
        answer_of=reply.answer_of,
        cost=reply.cost,
        seconds=reply.seconds,
        recorded_confidence=reply.confidence,
    )
    made["choices"] = [{**choice, "message": {**message, "content": reply.text}}]
    if reply.usage is not None:
        made["usage"] = _given(
            prompt_tokens=reply.usage.prompt,
            completion_tokens=reply.usage.completion,
            completion_tokens_details=_given(reasoning_tokens=reply.usage.reasoning),
            prompt_tokens_details=_given(cached_tokens=reply.usage.cached),
        )
    if reply.recorded_answer is not None:
        made["recorded_answer"] = reply.recorded_answer
    try:
        canonical_json(made)
        json.dumps(made, ensure_ascii=False).encode()  # lone surrogates have no place in a file
    except (TypeError, ValueError) as error:
        raise ReplyError(f"the reply holds what cannot be recorded: {error}") from error
    return made


def _given(**fields: Any) -> dict[str, Any]:
    """The fields that say something; 0 does."""
    return {name: one for name, one in fields.items() if one is not None and one not in _EMPTY}


def read_number(raw: Any, most: float = math.inf) -> float | None:
    """A number from 0 to `most` as it stands; None for anything else."""
    known = isinstance(raw, int | float) and not isinstance(raw, bool) and 0 <= raw <= most
    return float(raw) if known else None


def _native(choice: dict[str, Any]) -> str:
    if "native_finish_reason" not in choice:
        return ""
    return str(choice["native_finish_reason"] or _NO_WORD)


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
    return value if is_count(value) else None


def is_count(value: Any) -> TypeGuard[int]:
    """Whether it is a whole number of 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def plain_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON has them, be they what they may, with texts that can be shown."""
    # The sender of the reply may have put anything in.
    text = json.dumps(dict(parameters), ensure_ascii=False, default=str, skipkeys=True)
    return dict(json.loads(printable(text), parse_constant=str))
