"""What a model's parameters may not be: the name of a secret, or one's value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jmle_plugin.errors import SettingsError
from jmle_plugin.gateway.protocol import RESERVED
from jmle_plugin.gateway.redaction import Redaction

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
