"""How a model is reached, what that needs of this machine, and what is known of the model."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from jmle_plugin.errors import GatewayError
from jmle_plugin.gateway.failures import unmendable
from jmle_plugin.gateway.library import load_litellm
from jmle_plugin.gateway.models import sees_figures
from jmle_plugin.gateway.pricing import table_prices
from jmle_plugin.gateway.protocol import ModelFacts

_PLACEHOLDER = "no-key-needed"
_CREDENTIALS = (
    "VERTEXAI_CREDENTIALS", "VERTEX_CREDENTIALS", "VERTEXAI_API_KEY", "VERTEX_API_KEY",
    "AWS_BEARER_TOKEN_BEDROCK", "BEDROCK_MANTLE_API_KEY", "AWS_PROFILE_NAME",
)  # fmt: skip
"""Variables that litellm takes a cloud's credentials from; the cloud's library has more ways."""
_AZURE_ADDRESSES = ("AZURE_API_BASE", "AZURE_OPENAI_ENDPOINT")
_INSTEAD = {
    "AZURE_API_KEY": (
        "AZURE_OPENAI_API_KEY", "AZURE_AD_TOKEN", "AZURE_OPENAI_AD_TOKEN", "AZURE_CLIENT_ID",
    ),
    "COHERE_API_KEY": ("CO_API_KEY",),
    "HUGGINGFACE_API_KEY": ("HF_TOKEN",),
    "MISTRAL_API_KEY": ("MISTRAL_AZURE_API_KEY",),
    "OPENROUTER_API_KEY": ("OR_API_KEY",),
    "PERPLEXITYAI_API_KEY": ("PERPLEXITY_API_KEY",),
    "REPLICATE_API_KEY": ("REPLICATE_API_TOKEN",),
    "TOGETHERAI_API_KEY": ("TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHER_AI_TOKEN"),
}  # fmt: skip
"""What litellm takes in a key's place, though it tells of the key alone."""


def missing_credentials(model: str, api_base: str | None = None) -> str | None:
    """What is missing for `model` to be asked, in words; None where nothing is.

    No key is missing where an `api_base` is given: a server of one's own may need none.
    """
    litellm = load_litellm()
    if _speaks_responses(litellm, model) and find_spec("mcp") is None:
        return f"no library for {model}, which the Responses API serves: pip install litellm[mcp]"
    if api_base is not None:
        return None
    if names := _missing(litellm, model):
        return f"no key for {model}: {' or '.join(names)} is not set"
    provider = _provider(litellm, model, api_base)
    if provider == "azure" and not any(map(os.environ.get, _AZURE_ADDRESSES)):
        return f"no address for {model}: {_AZURE_ADDRESSES[0]} is not set"
    problem = _cloud_problem(provider)
    return f"no credentials for {model}: {problem}" if problem else None


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
        if not os.environ.get("OPENAI_API_KEY"):
            found["api_key"] = _PLACEHOLDER
    if api_base is not None and _missing(litellm, model):
        # Without any key litellm would not call; a server that wants one will say so.
        found["api_key"] = _PLACEHOLDER
    return found


def _speaks_responses(litellm: Any, model: str) -> bool:
    """Whether litellm asks it by OpenAI's other API, the only one that some models have."""
    with suppress(Exception):  # a name that only a server of one's own knows, or a litellm to come
        name, provider, *_ = litellm.get_llm_provider(model)
        known, _ = litellm.main.responses_api_bridge_check(name, provider)
        return bool(known.get("mode") == "responses")
    return False


def _missing(litellm: Any, model: str) -> list[str]:
    """Variables of keys, one of which would do; none where there is one."""
    found = litellm.validate_environment(model)
    # It also tells of keys that are there, where something else is not.
    keys = [name for name in found["missing_keys"] if name.endswith("_API_KEY")]
    there = [one for name in keys for one in (name, *_INSTEAD.get(name, ())) if os.environ.get(one)]
    return [] if found["keys_in_environment"] or there else sorted(keys)


def _provider(litellm: Any, model: str, api_base: str | None) -> str:
    named = route(litellm, model, api_base).get("custom_llm_provider")
    return str(named or litellm.get_llm_provider(model)[1])


def _cloud_problem(provider: str) -> str | None:
    """Why a cloud with credentials of its own kind (files, roles) cannot be asked from here."""
    if any(map(os.environ.get, _CREDENTIALS)):
        return None
    try:
        if provider.startswith("vertex_ai"):
            import_module("google.auth").default()
        if provider.startswith(("bedrock", "sagemaker")):
            found = import_module("boto3").Session().get_credentials()
            return None if found else "there is no variable, profile or role with any"
    except Exception as error:  # noqa: BLE001 - what else may be amiss, the first call will tell
        return unmendable(error)
    return None
