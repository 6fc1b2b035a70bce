"""How a model is reached, and what is known of it."""

from __future__ import annotations

from typing import Any

from jmle_plugin.errors import GatewayError
from jmle_plugin.gateway.completion import table_prices
from jmle_plugin.gateway.library import load_litellm
from jmle_plugin.gateway.models import sees_figures
from jmle_plugin.gateway.protocol import ModelFacts


def missing_keys(model: str) -> str:
    """The environment variables that litellm misses for `model`, for the end of a message.

    A hint, for some have a stand-in.
    """
    found = load_litellm().validate_environment(model)
    missed = [] if found["keys_in_environment"] else sorted(found["missing_keys"])
    return f" (not set: {', '.join(missed)})" if missed else ""


def model_facts(model: str, api_base: str | None = None) -> ModelFacts:
    """What litellm knows of `model`; GatewayError where it knows no provider for it."""
    litellm = load_litellm()
    prices = None if api_base is not None else table_prices(litellm, model)
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
                f"nobody knows which provider has the model {model!r}",
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
