"""What is checked before anything is asked: models and prices."""

from __future__ import annotations

from collections.abc import Mapping

from jmle_plugin.gateway.protocol import GatewayConfig, ModelFacts, Ready, Refused
from jmle_plugin.gateway.routes import model_facts


def judge(config: GatewayConfig) -> Ready | Refused:
    """Whether this can be asked; imports litellm.

    Raises GatewayError for a model nobody knows.
    """
    facts = {model: _priced(model_facts(model, config.api_base), config) for model in config.models}
    unpriced = [
        model for model, known in facts.items() if None in (known.input_price, known.output_price)
    ]
    if config.max_cost is not None and unpriced:
        return Refused(
            error=f"--max-cost cannot be kept: nobody knows the prices of {', '.join(unpriced)}",
            remedy="Give --price-in and --price-out.",
        )
    return Ready(models=facts)


def _priced(facts: ModelFacts, config: GatewayConfig) -> ModelFacts:
    if config.prices is None:
        return facts
    prices = {"input_price": config.prices.input, "output_price": config.prices.output}
    return facts.model_copy(update=prices)


def unreachable(problems: Mapping[str, str]) -> Refused:
    """The refusal to begin where no call to a model can be made: `problems` says why, by model."""
    return Refused(
        error="; ".join(f"{model} cannot be asked: {one}" for model, one in problems.items()),
        remedy="Set the environment variable that the provider has for its key, or name a server "
        "that needs no key with --api-base.",
    )
