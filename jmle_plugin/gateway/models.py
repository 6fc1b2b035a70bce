"""What is known of a model before it is asked, and how it is reached; makes no call.

Never imports litellm: the parent reads its table as a file, the gateway hands the library in.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jmle_plugin.errors import GatewayError
from jmle_plugin.gateway.protocol import ModelFacts, Prices
from jmle_plugin.gateway.reply import read_usage

TABLE_FILE = "model_prices_and_context_window_backup.json"
_LOCAL = {"ollama", "ollama_chat", "vllm", "hosted_vllm", "lemonade", "llamafile", "lm_studio"}
"""Providers that are programs on a user's own machine: a name says nothing of what runs there."""
_FAMILIES = ("vertex_ai", "fireworks_ai", "bedrock")
"""Providers whose models the table files under longer names (`vertex_ai-language-models`)."""
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_VERSIONED = re.compile(r"-\d+$")
_TUNED = re.compile(r"(:[^:]*){3}$")

_LATIN_PER_TOKEN = 4
_FIGURE_TOKENS = 800


def sees_figures(model: str, api_base: str | None = None) -> bool | None:
    """Whether `model` sees figures, by litellm's table; None where that does not tell.

    False is said of a model that stands in the table without the mark of seeing, as
    litellm itself does. A name behind an `api_base` or served on one's own machine says
    nothing, nor does a name litellm would only guess at.
    """
    if api_base is not None or runs_locally(model):
        return None
    table = known_models()
    found = next((table[name] for name in _names(model) if _belongs(table.get(name), model)), None)
    if found is None:
        return None
    known = found.get("supports_vision")
    if known is None:
        # A provider's entry may say less than that of the bare name.
        bare = table.get(_split(model)[1])
        known = bare.get("supports_vision") if bare is not None else None
    return known is True


def runs_locally(model: str) -> bool:
    """Whether `model` names a program on one's own machine (`ollama/...`)."""
    return _split(model)[0] in _LOCAL


def estimate_tokens(body: dict[str, Any]) -> int:
    """About how many prompt tokens a request has; for planning and pacing alone.

    Counts a token for each character that is not ASCII, a quarter for each that is, and
    800 for a figure. For the 400 questions of the 120th exam under the suite's own prompt
    the text comes to 103% of what OpenAI's o200k_base counts (single questions to 87-130%),
    and to 77-80% of older tokenizers (cl100k_base, Claude 2). What providers make of
    figures was not measured.
    """
    texts: list[str] = []
    figures = 0
    for message in body.get("messages", []):
        content = message.get("content")
        for part in content if isinstance(content, list) else [{"text": content}]:
            figures += part.get("type") == "image_url"
            texts.append(part.get("text") or "")
    length = sum(map(len, texts))
    latin = sum(character.isascii() for text in texts for character in text)
    return length - latin + latin // _LATIN_PER_TOKEN + _FIGURE_TOKENS * figures


def _split(model: str) -> tuple[str, str]:
    """Provider ('' where none is named) and bare name."""
    provider, slash, name = model.partition("/")
    return (provider, name) if slash else ("", model)


def _names(model: str) -> Iterator[str]:
    """What the table may call `model`, in litellm's order."""
    provider, bare = _split(model)
    plain = _undated(provider, bare)
    yield model
    yield bare
    yield f"{provider}/{plain}" if provider else plain
    yield plain


def _undated(provider: str, bare: str) -> str:
    if provider in ("vertex_ai", "gemini", "databricks"):
        return _VERSIONED.sub("", bare)
    return _TUNED.sub("", bare) if "ft:" in bare else _DATED.sub("", bare)


def _belongs(entry: dict[str, Any] | None, model: str) -> bool:
    """Whether an entry is that of `model`'s provider, not of one with a like-named model."""
    if entry is None:
        return False
    provider, owner = _split(model)[0], entry["litellm_provider"]
    return (
        not provider or owner == provider or (provider in _FAMILIES and owner.startswith(provider))
    )


@cache
def known_models() -> dict[str, dict[str, Any]]:
    """Entries of litellm's table by name; none where there is no table, or one we cannot read."""
    try:
        spec = importlib.util.find_spec("litellm")
        if spec is None or spec.origin is None:
            return {}
        raw = json.loads(Path(spec.origin).with_name(TABLE_FILE).read_bytes())
    except (ImportError, OSError, ValueError):
        return {}
    entries = raw.items() if isinstance(raw, dict) else ()
    return {
        name: entry
        for name, entry in entries
        if name != "sample_spec"
        and isinstance(entry, dict)
        and isinstance(entry.get("litellm_provider"), str)
    }


def missing_keys(litellm: Any, model: str) -> str:
    """The environment variables that litellm misses for `model`, for the end of a message.

    A hint, for some have a stand-in.
    """
    found = litellm.validate_environment(model)
    missed = [] if found["keys_in_environment"] else sorted(found["missing_keys"])
    return f" (not set: {', '.join(missed)})" if missed else ""


def model_facts(
    litellm: Any, model: str, api_base: str | None = None, *, batch: bool = False
) -> ModelFacts:
    """What litellm knows of `model`; GatewayError where it knows no provider for it.

    With `batch` the prices are those of batches.
    """
    known = batch_prices if batch else table_prices
    prices = None if api_base is not None else known(litellm, model)
    return ModelFacts(
        provider=_provider(litellm, model, api_base),
        vision=sees_figures(model, api_base),
        input_price=prices.input if prices else None,
        output_price=prices.output if prices else None,
    )


def route(litellm: Any, model: str, api_base: str | None) -> dict[str, Any]:
    """How litellm reaches `model`; GatewayError where it knows no provider for it."""
    found: dict[str, Any] = {} if api_base is None else {"api_base": api_base}
    try:
        litellm.get_llm_provider(model, api_base=api_base)
    except Exception as error:
        if api_base is None:
            raise GatewayError(
                f"the provider of the model {model!r} is unknown",
                remedy="Write it as PROVIDER/MODEL (openai/gpt-5.2), or give its --api-base. A "
                "model_client of your own belongs into the conftest beside pytest's ini file: "
                "one further down is not seen when workers are used.",
            ) from error
        # A server of one's own speaks OpenAI's dialect unless the model's name says otherwise.
        found["custom_llm_provider"] = "openai"
    return found


def _provider(litellm: Any, model: str, api_base: str | None) -> str:
    named = route(litellm, model, api_base).get("custom_llm_provider")
    return str(named or litellm.get_llm_provider(model)[1])


def table_prices(litellm: Any, model: str) -> Prices | None:
    """What litellm's table has for `model`.

    Some names stand in the table, or are derived from a rule in it, with a price of 0:
    that is not known, not free.
    """
    if runs_locally(model):
        return None  # litellm would ask a server on this machine
    try:
        if _served_elsewhere(litellm.get_llm_provider(model)[1]):
            return None
        info = litellm.get_model_info(model)
    except Exception:  # noqa: BLE001 - litellm raises bare Exceptions for what it does not know
        return None
    prices = (info.get("input_cost_per_token"), info.get("output_cost_per_token"))
    if not all(isinstance(price, int | float) for price in prices) or not any(prices):
        return None
    return Prices(input=prices[0], output=prices[1])


def batch_prices(litellm: Any, model: str) -> Prices | None:
    """What litellm's table has for batches of `model`; None where it has nothing of them."""
    if table_prices(litellm, model) is None:
        return None
    info = litellm.get_model_info(model)
    prices = (info.get("input_cost_per_token_batches"), info.get("output_cost_per_token_batches"))
    if not all(isinstance(price, int | float) for price in prices) or not all(prices):
        return None
    return Prices(input=prices[0], output=prices[1])


def _served_elsewhere(provider: str) -> bool:
    """Whether the environment sends calls for that provider to a server other than its own."""
    if provider.startswith("azure"):
        return False  # everybody has an address of their own there
    names = (f"{provider.upper()}_{kind}" for kind in ("API_BASE", "BASE_URL"))
    return any(os.environ.get(name) for name in names)


def table_cost(litellm: Any, model: str, response: Any, tier: str | None = None) -> float | None:
    """What litellm makes of a response, cached tokens and service tiers included.

    `model` is the name asked for, whose price must be known: the name that came back may
    be newer than the table and cost nothing there.
    """
    wanted = {} if tier is None else {"service_tier": tier}
    try:
        cost = litellm.completion_cost(
            response, model=model, base_model=model, optional_params=wanted
        )
    except Exception:  # noqa: BLE001 - a reply is worth more than its price
        return None
    return float(cost) if isinstance(cost, int | float) and cost > 0 else None


class Pricing:
    """What replies cost: by the user's own prices, else by litellm's table at its own addresses."""

    def __init__(
        self,
        litellm: Any,
        own: Prices | None,
        base: Callable[[str], str | None],
        *,
        batch: bool = False,
    ) -> None:
        """`base` gives the address that a model is asked at, None for its provider's.

        With `batch` replies cost what those of batches do, which the table knows of fewer models.
        """
        self._litellm, self._own, self._base = litellm, own, base
        self._find = batch_prices if batch else table_prices
        self._batch = batch
        self._known: dict[str, Prices | None] = {}

    def cost(
        self, body: Mapping[str, Any], completion: Mapping[str, Any], response: Any
    ) -> float | None:
        """US dollars of a completion; None where a count or the price is not known.

        `response` is litellm's, which the completion was made of.
        """
        usage = read_usage(completion.get("usage"))
        if usage is None or usage.prompt is None or usage.completion is None:
            return None
        model = str(body["model"])
        if self._own is None and model not in self._known:
            here = self._base(model) is None
            self._known[model] = self._find(self._litellm, model) if here else None
        prices = self._own or self._known[model]
        if prices is None:
            return None
        if prices is self._own or self._batch:
            return usage.prompt * prices.input + usage.completion * prices.output
        return table_cost(self._litellm, model, response, body.get("service_tier"))


_HERE = ("localhost", "127.0.0.1", "::1")
_NOT_INHERITED = ("PYTHONWARNINGS", "LITELLM_LOG")
"""Would turn a library's warning into a failure, or print whole requests."""


def gateway_environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment to start a gateway with; a proxy is for other machines than this one."""
    inherited = {name: value for name, value in own.items() if name not in _NOT_INHERITED}
    for name in ("NO_PROXY", "no_proxy"):
        inherited[name] = ",".join(filter(None, [own.get(name), *_HERE]))
    return inherited
