"""A provider's completion as plain JSON of one shape, and why it ended: whole, cut or broken off.

The word is read from the answer's body as it arrived, because litellm makes `stop` of every
word it does not know, and of none at all. docs/asking.md has the same table for people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jmle_plugin.errors import ReplyError
from jmle_plugin.files import canonical_json
from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.reply import End, is_count, read_reply

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


_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_DETAILS = {
    "completion_tokens_details": ("reasoning_tokens",),
    "prompt_tokens_details": ("cached_tokens",),
}
_NAMES = ("id", "object", "created", "model", "system_fingerprint")


def plain_completion(raw: dict[str, Any], sent: dict[str, Any] | None = None) -> dict[str, Any]:
    """The OpenAI chat completion in `raw`, litellm's response as a dictionary.

    Keeps the first choice's text, reasoning text and finish reason, the token counts, and
    as `sent` the parameters that went to the provider. Raises ProviderError (ask again)
    where there is no complete reply in it.
    """
    choice = _choice(raw)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise ProviderError("the provider answered without a message")
    kept: dict[str, Any] = {"role": "assistant", "content": message.get("content")}
    if message.get("reasoning_content"):
        kept["reasoning_content"] = message["reasoning_content"]
    if refusal := _specific(message).get("refusal"):
        kept["refusal"] = refusal
    one = {"index": 0, "message": kept, "finish_reason": choice.get("finish_reason")}
    made = {name: raw[name] for name in _NAMES if raw.get(name) is not None}
    made["choices"] = [one]
    spoken = any(kept.get(name) for name in ("content", "reasoning_content", "refusal"))
    if usage := _usage(raw.get("usage"), spoken=spoken):
        made["usage"] = usage
    if sent is not None:
        made["sent"] = sent
    try:
        read_reply(made)
        canonical_json(made)
    except (ReplyError, ValueError, TypeError) as error:
        raise ProviderError(f"the provider's answer is no reply ({error})") from error
    return made


def ended(made: dict[str, Any], ending: Ending) -> dict[str, Any]:
    """The completion with its end as the provider's own word has it, be that none at all."""
    choice = made["choices"][0]
    choice["finish_reason"] = ending.end and ending.end.value
    if ending.word != choice["finish_reason"]:
        choice["native_finish_reason"] = ending.word or None
    return made


def broken_off(ending: Ending | None) -> ProviderError | None:
    """Why an answer that ended like this is no reply, and its question asked again."""
    if ending is None or not ending.word:
        return None
    if ending.end is End.BROKEN:
        return ProviderError(f"the provider broke off its reply ({ending.word})")
    if ending.end is None:
        return ProviderError(
            f"the reply ended for a reason that is not known: {ending.word!r} ({ending.protocol})"
        )
    return None


def unexplained(*, own: bool) -> ProviderError:
    """What a reply is of which nothing says why it ended; no use to ask `own` servers again."""
    if not own:
        return ProviderError("the provider does not say why its reply ended")
    return ProviderError(
        "the server does not say why its replies end (it gives no finish_reason), so that one "
        "which broke off could not be told from a whole one. Say --finish-reason=optional to "
        "take every reply for whole",
        fatal=True,
    )


def refusal_completion(message: str, sent: dict[str, Any]) -> dict[str, Any]:
    """The completion that stands for a question turned away by the provider's filter.

    It names no model: none answered.
    """
    said = {"role": "assistant", "content": "", "refusal": message}
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": said, "finish_reason": "content_filter"}],
        "sent": sent,
    }


def _choice(raw: dict[str, Any]) -> dict[str, Any]:
    choices = raw.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ProviderError("the provider answered without any choice")
    choice: dict[str, Any] = choices[0]
    # A router's way to say that its provider broke off: HTTP 200, half a text, an error.
    if error := _specific(choice).get("error"):
        message = error.get("message") if isinstance(error, dict) else None
        raise ProviderError(str(message or "the provider broke off its reply"))
    return choice


def _specific(part: dict[str, Any]) -> dict[str, Any]:
    fields = part.get("provider_specific_fields")
    return fields if isinstance(fields, dict) else {}


def _usage(raw: Any, *, spoken: bool) -> dict[str, Any] | None:
    if not isinstance(raw, dict):
        return None
    usage: dict[str, Any] = {name: raw[name] for name in _COUNTS if is_count(raw.get(name))}
    # litellm writes 0 for what it was not told. A prompt has tokens, and so has what is said.
    for name in _COUNTS:
        if usage.get(name) == 0 and (spoken or name != "completion_tokens"):
            del usage[name]
    for group, names in _DETAILS.items():
        details = raw.get(group)
        counts = details if isinstance(details, dict) else {}
        if kept := {name: counts[name] for name in names if is_count(counts.get(name))}:
            usage[group] = kept
    return usage if any(usage.values()) else None
