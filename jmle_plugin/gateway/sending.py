"""One call on its way out: what it carries, and what of its parameters was lost.

litellm translates parameters (an effort into a thinking budget) and quietly leaves out what
it takes for its own or has no place for. A translation stands in the results; a parameter
that does not go out at all would make the run's name a lie.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from jmle_plugin.gateway.failures import ProviderError

_NOT_PARAMETERS = {
    "model", "messages", "contents", "system", "systeminstruction", "instructions", "input",
    "inputs", "inputtext", "prompt", "message", "chathistory", "preamble", "images",
    "extraheaders", "headers", "apikey",
}  # fmt: skip
"""Of what is sent, folded: the question itself, and what may hold a key."""

_LENGTHS = (
    "max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens",
    "max_gen_len", "max_token_count", "max_tokens_to_sample", "num_predict",
)  # fmt: skip
_FORMATS = ("output_format", "text_format", "format")
_KNOWN_AS = {
    **dict.fromkeys(_LENGTHS, _LENGTHS),
    "modalities": ("response_modalities",),
    "logprobs": ("response_logprobs",),
    "parallel_tool_calls": ("disable_parallel_tool_use",),
    "reasoning_effort": ("thinking", "thinking_config", "reasoning", "output_config", "think"),
    "response_format": ("response_mime_type", "response_schema", *_FORMATS),
    "seed": ("random_seed",),
    "stop": ("stop_sequences",),
    "thinking": ("thinking_config", "reasoning_effort"),
    "tool_choice": ("tool_config",),
    "top_k": ("k",),
    "top_p": ("p",),
    "user": ("user_id",),
    "web_search_options": ("tools",),
}
"""What providers call a parameter that OpenAI has by another name."""


@dataclass
class Call:
    """A call with `parameters`; `sent` is what of it the results tell."""

    model: str
    parameters: Mapping[str, Any]
    sent: dict[str, Any] = field(default_factory=dict)
    redirect: str | None = None
    """Where the provider sends the call on to."""
    status: int | None = None
    """The provider's answer, as HTTP has it."""
    told: bool = False
    """Whether litellm told what it sends."""
    lost: list[str] = field(default_factory=list)
    """Parameters that are asked for and, as far as litellm told, not sent."""

    def note(self, told: Any) -> None:
        """Take down what goes out: the provider's own form of the request, or its JSON."""
        if isinstance(told, str):
            with suppress(ValueError):
                told = json.loads(told)
        if not isinstance(told, Mapping):
            return
        out = _without_question(told)
        self.sent.update({name: one for name, one in out.items() if one != {}})
        self.told = True
        self.lost = sorted(set(_lost(self.parameters, out)))

    def objection(self, *, answered: bool = False) -> ProviderError | None:
        """Why this call is not made, or, where it was `answered`, its reply not taken."""
        if self.redirect is not None:
            return ProviderError(
                f"the provider sends calls on to {self.redirect}, where nobody asked to go: "
                "neither question nor key is sent there",
                fatal=True,
            )
        if self.lost:
            return ProviderError(
                f"{', '.join(self.lost)} would not be sent: litellm has no place for it in a "
                f"request to {self.model}. Leave it out of --model-arg, or say it in the "
                "provider's own words.",
                fatal=True,
            )
        if answered and self.parameters and not self.told:
            return ProviderError(
                f"litellm does not tell what it sends to {self.model}: whether "
                f"{', '.join(self.parameters)} went out is not known",
                fatal=True,
            )
        return None


def _asked(parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in parameters.items():
        if name == "extra_body" and isinstance(value, Mapping):
            yield from ((str(inner), one) for inner, one in value.items())
        else:
            yield name, value


def _without_question(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent beside the question; an `input` that is a table holds parameters too."""
    out: dict[str, Any] = {}
    for name, one in told.items():
        if name == "input" and isinstance(one, Mapping):
            out[name] = _without_question(one)
        elif _folded(name) not in _NOT_PARAMETERS:
            out[name] = one
    return out


def _lost(parameters: Mapping[str, Any], out: Mapping[str, Any]) -> Iterator[str]:
    """Those asked for that do not go out, neither under a provider's name nor deeper down."""
    full = set(_names(out))
    for name, value in _asked(parameters):
        # Who has no place for what is in a table may send it empty.
        known = set(_names(out, empty=True)) if value == {} else full
        if not any(_folded(one) in known for one in (name, *_KNOWN_AS.get(name, ()))):
            yield name


def _names(value: Any, *, empty: bool = False) -> Iterator[str]:
    """The folded names of all in `value`, where asked for those of empty tables too."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            if empty or one != {}:
                yield _folded(str(name))
            yield from _names(one, empty=empty)
    elif isinstance(value, list):
        for one in value:
            yield from _names(one, empty=empty)


def _folded(name: str) -> str:
    """A name however it is cased: `maxOutputTokens` and `max_output_tokens` are one."""
    return name.replace("_", "").lower()
