"""Why a reply ended, by its provider's own word: whole, cut, filtered or broken off.

The word is read from the answer's body as it arrived, because litellm makes `stop` of every
word it does not know, and of none at all. docs/asking.md has the same table for people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class End(StrEnum):
    """What a word means; the values are OpenAI's `finish_reason`, but for the last."""

    WHOLE = "stop"
    CUT = "length"
    FILTERED = "content_filter"
    BROKEN = "broken_off"
    """The provider stopped for reasons of its own: no reply of the model's."""


WORDS: dict[str, dict[End, str]] = {
    "OpenAI chat": {
        End.WHOLE: "stop tool_calls function_call tool_call tool_use end_turn eos eos_token "
        "stop_sequence complete completed",
        End.CUT: "length max_tokens model_length max_length model_context_window_exceeded",
        End.FILTERED: "content_filter content_filtered refusal safety sensitive recitation "
        "guardrail_intervened",
        End.BROKEN: "insufficient_system_resource network_error abort aborted error timeout "
        "cancel cancelled canceled load unload failed incomplete other pause_turn",
    },
    "Anthropic": {
        End.WHOLE: "end_turn stop_sequence tool_use",
        End.CUT: "max_tokens model_context_window_exceeded",
        End.FILTERED: "refusal",
        End.BROKEN: "pause_turn",
    },
    "Gemini": {
        End.WHOLE: "STOP",
        End.CUT: "MAX_TOKENS",
        End.FILTERED: "SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII "
        "IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION MODEL_ARMOR "
        "ESCALATION BLOCKED",
        End.BROKEN: "FINISH_REASON_UNSPECIFIED OTHER IMAGE_OTHER NO_IMAGE "
        "MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS "
        "MISSING_THOUGHT_SIGNATURE MALFORMED_RESPONSE",
    },
    "OpenAI Responses": {
        End.WHOLE: "completed",
        End.CUT: "incomplete:max_output_tokens",
        End.FILTERED: "incomplete:content_filter",
        End.BROKEN: "incomplete failed cancelled queued in_progress",
    },
    "Bedrock Converse": {
        End.WHOLE: "end_turn stop_sequence tool_use",
        End.CUT: "max_tokens model_context_window_exceeded",
        End.FILTERED: "guardrail_intervened content_filtered",
        End.BROKEN: "malformed_model_output malformed_tool_use",
    },
    "Cohere": {
        End.WHOLE: "COMPLETE STOP_SEQUENCE TOOL_CALL",
        End.CUT: "MAX_TOKENS ERROR_LIMIT",
        End.FILTERED: "ERROR_TOXIC",
        End.BROKEN: "ERROR TIMEOUT USER_CANCEL",
    },
    "Ollama": {
        End.WHOLE: "stop",
        End.CUT: "length",
        End.FILTERED: "",
        End.BROKEN: "load unload not_done",
    },
}
"""Words by protocol, each however it is cased. Any other is no reply until it stands here."""

_MEANING = {
    protocol: {word.casefold(): end for end, words in ends.items() for word in words.split()}
    for protocol, ends in WORDS.items()
}
_NONE = {"", "null", "none"}
"""What servers write for a reason that they do not give."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an answer ended in the words of its protocol; `word` is empty where it says none."""

    protocol: str
    word: str

    @property
    def end(self) -> End | None:
        """What the word means; None for one that is not known, and where there is none."""
        return _MEANING[self.protocol].get(self.word.casefold())


def read_ending(body: Any) -> Ending | None:
    """How the answer with that JSON body ended; None for a protocol that is not known here."""
    if not isinstance(body, Mapping):
        return None
    words = ((protocol, read(body)) for protocol, read in _READERS.items())
    return next((Ending(name, word) for name, word in words if word is not None), None)


def _of_openai(body: Mapping[str, Any]) -> str | None:
    if not isinstance(choices := body.get("choices"), list):
        return None
    choice = _first(choices)
    word = _word(choice.get("finish_reason"))
    # A router translates its provider's word, and makes `stop` of what it does not know.
    native = _word(choice.get("native_finish_reason"))
    broken = any(words.get(native.casefold()) is End.BROKEN for words in _MEANING.values())
    return native if broken else word


def _of_anthropic(body: Mapping[str, Any]) -> str | None:
    return _word(body.get("stop_reason")) if body.get("type") == "message" else None


def _of_gemini(body: Mapping[str, Any]) -> str | None:
    candidates = body.get("candidates")
    if isinstance(candidates, list) and candidates:
        return _word(_first(candidates).get("finishReason"))
    if "promptFeedback" not in body:
        return None if candidates is None else ""
    return "BLOCKED" if _word(_table(body["promptFeedback"]).get("blockReason")) else ""


def _of_responses(body: Mapping[str, Any]) -> str | None:
    if body.get("object") != "response":
        return None
    status, why = _word(body.get("status")), _table(body.get("incomplete_details")).get("reason")
    return f"{status}:{_word(why)}".removesuffix(":")


def _of_converse(body: Mapping[str, Any]) -> str | None:
    output = isinstance(body.get("output"), Mapping)
    return _word(body["stopReason"]) if output and "stopReason" in body else None


def _of_ollama(body: Mapping[str, Any]) -> str | None:
    reason = _word(body.get("done_reason"))
    if "done" not in body:
        return None
    return reason if body["done"] is True else reason or "not_done"


def _of_cohere(body: Mapping[str, Any]) -> str | None:
    return _word(body["finish_reason"]) if "finish_reason" in body else None


_READERS: dict[str, Callable[[Mapping[str, Any]], str | None]] = {
    "OpenAI chat": _of_openai,
    "Anthropic": _of_anthropic,
    "Gemini": _of_gemini,
    "OpenAI Responses": _of_responses,
    "Bedrock Converse": _of_converse,
    "Ollama": _of_ollama,
    "Cohere": _of_cohere,
}
"""Each gives the word in a body of its protocol, empty for none; None for other bodies."""


def _first(many: list[Any]) -> Mapping[str, Any]:
    return _table(many[0]) if many else {}


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _word(value: Any) -> str:
    """A word as it is written; some servers give a table with the word as its `type`."""
    if isinstance(value, Mapping):
        value = value.get("type")
    if value is None:
        return ""
    word = " ".join(str(value).split())[:80]
    return "" if word.casefold() in _NONE else word
