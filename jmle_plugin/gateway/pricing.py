"""What a reply cost, in US dollars; None wherever that is not known, never a guessed 0."""

from __future__ import annotations

import os
from typing import Any

from jmle_plugin.gateway.models import runs_locally
from jmle_plugin.gateway.protocol import Prices


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


def _served_elsewhere(provider: str) -> bool:
    """Whether the environment sends calls for that provider to somebody else's server."""
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
