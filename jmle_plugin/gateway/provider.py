"""One request in, one completion or failure out: asking through litellm."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jmle_plugin.gateway.completion import plain_completion, refusal_completion
from jmle_plugin.gateway.failures import ProviderError, RefusedByFilterError, classify
from jmle_plugin.gateway.figures import Figure, Figures
from jmle_plugin.gateway.library import CURRENT, load_litellm
from jmle_plugin.gateway.pricing import table_cost, table_prices
from jmle_plugin.gateway.protocol import (
    DEFAULT_MAX_EDGE,
    IMAGE_PREFIX,
    ImageFile,
    Prices,
    image_digests,
)
from jmle_plugin.gateway.redaction import Redaction
from jmle_plugin.gateway.reply import read_usage
from jmle_plugin.gateway.routes import route
from jmle_plugin.gateway.sending import Call


class Provider:
    """Asks models through litellm, each request exactly once."""

    def __init__(  # noqa: PLR0913 - how calls are made
        self,
        images: Mapping[str, ImageFile],
        *,
        timeout: float,
        api_base: str | None,
        max_edge: int = DEFAULT_MAX_EDGE,
        prices: Prices | None = None,
        redaction: Redaction | None = None,
    ) -> None:
        """`timeout` is in seconds, for a whole call.

        `images` are files by sha256, looked up when they are sent: they may grow. Figures
        with a side longer than `max_edge` pixels are scaled down. `prices` are the user's
        own; without them litellm's table tells, but not behind an `api_base`. `redaction`
        takes secrets out of whatever a provider says, replies included.
        """
        self._figures = Figures(images, max_edge=max_edge)
        self._timeout = timeout
        self._base = api_base
        self._prices = prices
        self._redact = redaction or Redaction({})
        self._litellm = load_litellm()
        self._routes: dict[str, dict[str, Any]] = {}
        self._priced: dict[str, bool] = {}

    async def ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The completion to an OpenAI chat body with figures by digest, as plain JSON.

        Raises ProviderError, whose message repeats no secret.
        """
        try:
            return await self._ask(body)
        except ProviderError as error:
            raise replace(error, message=self._redact(error.message)) from error

    async def _ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        model = str(body["model"])
        parameters = {k: v for k, v in body.items() if k not in ("model", "messages")}
        shown = image_digests(dict(body))
        figures = {digest: await self._figures.get(digest) for digest in dict.fromkeys(shown)}
        call = Call(model, parameters)
        CURRENT.set(call)
        try:
            # The client's own timeout is for each read: a trickle would outlast it.
            async with asyncio.timeout(self._timeout):
                response = await self._litellm.acompletion(
                    model=model,
                    **parameters,
                    **self._route(model),
                    messages=_with_figures(body["messages"], figures),
                    timeout=self._timeout + 5.0,
                    max_retries=0,
                    num_retries=0,
                )
        except TimeoutError as error:
            raise ProviderError(f"no complete reply within {self._timeout:g} seconds") from error
        except Exception as error:
            if (objection := call.objection()) is not None:
                raise objection from error
            meant = classify(error, answered=call.status, redact=self._redact)
            if not isinstance(meant, RefusedByFilterError):
                raise meant from error
            made = refusal_completion(meant.message, call.sent)
        else:
            if (objection := call.objection(answered=True)) is not None:
                raise objection
            made = plain_completion(response.model_dump(warnings=False), call.sent)
            if (cost := self._cost(body, made, response)) is not None:
                made["cost"] = cost
        made = dict(self._redact.throughout(made))
        if shown:
            made["sent_images"] = [figures[digest].sent for digest in shown]
        return made

    def _cost(self, body: Mapping[str, Any], made: dict[str, Any], response: Any) -> float | None:
        """US dollars; None where a count or the price is not known."""
        usage = read_usage(made.get("usage"))
        if usage is None or usage.prompt is None or usage.completion is None:
            return None
        if self._prices is not None:
            return usage.prompt * self._prices.input + usage.completion * self._prices.output
        model = str(body["model"])
        if model not in self._priced:
            known = self._base is None and table_prices(self._litellm, model) is not None
            self._priced[model] = known
        if not self._priced[model]:
            return None
        return table_cost(self._litellm, model, response, body.get("service_tier"))

    def _route(self, model: str) -> dict[str, Any]:
        """How litellm reaches `model`."""
        if model not in self._routes:
            self._routes[model] = route(self._litellm, model, self._base)
        return self._routes[model]


def _with_figures(
    messages: list[dict[str, Any]], figures: Mapping[str, Figure]
) -> list[dict[str, Any]]:
    """The messages with figures themselves in the place of their digests."""

    def filled(part: dict[str, Any]) -> dict[str, Any]:
        image = part.get("image_url", {})
        figure = figures.get(str(image.get("url", "")).removeprefix(IMAGE_PREFIX))
        return part if figure is None else {**part, "image_url": {**image, "url": figure.url}}

    return [
        {**message, "content": [filled(part) for part in message["content"]]}
        if isinstance(message.get("content"), list)
        else message
        for message in messages
    ]
