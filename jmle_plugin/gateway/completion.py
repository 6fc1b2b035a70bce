"""A provider's completion as plain JSON of one shape, the same for every provider."""

from __future__ import annotations

from typing import Any

from jmle_plugin.errors import ReplyError
from jmle_plugin.files import canonical_json
from jmle_plugin.gateway.ending import End, Ending
from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.reply import is_count, read_reply

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
