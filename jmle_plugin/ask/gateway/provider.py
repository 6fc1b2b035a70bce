"""The only module that imports litellm: one request in, one completion or failure out."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jmle_plugin.ask.gateway.completion import plain_completion, refusal_completion
from jmle_plugin.ask.gateway.failures import ProviderError, RefusedByFilterError, classify
from jmle_plugin.ask.gateway.figures import Figure, Figures
from jmle_plugin.ask.gateway.pricing import table_cost, table_prices
from jmle_plugin.ask.gateway.protocol import (
    IMAGE_PREFIX,
    ImageFile,
    ModelFacts,
    Prices,
    image_digests,
)
from jmle_plugin.ask.models import sees_figures
from jmle_plugin.ask.reply import read_usage
from jmle_plugin.ask.run import DEFAULT_MAX_EDGE
from jmle_plugin.errors import GatewayError

_PLACEHOLDER = "no-key-needed"
_NOT_PARAMETERS = {
    "model", "messages", "contents", "system", "system_instruction", "input", "prompt",
    "extra_headers", "headers", "api_key",
}  # fmt: skip
"""Of what is sent: the question itself, and what may hold a key."""

_sent: ContextVar[dict[str, Any] | None] = ContextVar("_sent", default=None)
_redirects: ContextVar[list[str] | None] = ContextVar("_redirects", default=None)


class Provider:
    """Asks models through litellm, each request exactly once."""

    def __init__(
        self,
        images: Mapping[str, ImageFile],
        *,
        timeout: float,
        api_base: str | None,
        max_edge: int = DEFAULT_MAX_EDGE,
        prices: Prices | None = None,
    ) -> None:
        """`timeout` is in seconds, for a whole call.

        `images` are files by sha256, looked up when they are sent: they may grow. Figures
        with a side longer than `max_edge` pixels are scaled down. `prices` are the user's
        own; without them litellm's table tells, but not behind an `api_base`.
        """
        self._figures = Figures(images, max_edge=max_edge)
        self._timeout = timeout
        self._base = api_base
        self._prices = prices
        self._litellm = load_litellm()
        self._routes: dict[str, dict[str, Any]] = {}
        self._priced: dict[str, bool] = {}

    async def ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The completion to an OpenAI chat body with figures by digest, as plain JSON.

        Raises ProviderError.
        """
        model = str(body["model"])
        parameters = {name: value for name, value in body.items() if name != "messages"}
        shown = image_digests(dict(body))
        figures = {digest: await self._figures.get(digest) for digest in dict.fromkeys(shown)}
        sent: dict[str, Any] = {}
        _sent.set(sent)
        redirects: list[str] = []
        _redirects.set(redirects)
        try:
            # The client's own timeout is for each read: a trickle would outlast it.
            async with asyncio.timeout(self._timeout):
                response = await self._litellm.acompletion(
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
            if redirects:
                raise ProviderError(
                    f"the provider sends calls on to {redirects[0]}, where nobody asked to go: "
                    "neither question nor key is sent there",
                    fatal=True,
                ) from error
            meant = classify(error)
            if not isinstance(meant, RefusedByFilterError):
                raise meant from error
            made = refusal_completion(meant.message, sent)
        else:
            made = plain_completion(response.model_dump(warnings=False), sent)
            if (cost := self._cost(body, made, response)) is not None:
                made["cost"] = cost
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
            self._routes[model] = _route(self._litellm, model, self._base)
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


def missing_credentials(model: str, api_base: str | None = None) -> list[str]:
    """Environment variables with a key for `model` that are not set; one of them is enough.

    None are missing where an `api_base` is given: a server of one's own may need no key.
    Clouds with credentials of their own kind (files, roles) are not judged beforehand.
    """
    if api_base is not None:
        return []
    return _missing(load_litellm(), model)


def model_facts(model: str, api_base: str | None = None) -> ModelFacts:
    """What litellm knows of `model`; GatewayError where it knows no provider for it."""
    litellm = load_litellm()
    route = _route(litellm, model, api_base)
    provider = route.get("custom_llm_provider") or litellm.get_llm_provider(model)[1]
    prices = None if api_base is not None else table_prices(litellm, model)
    return ModelFacts(
        provider=provider,
        vision=sees_figures(model, api_base),
        input_price=prices.input if prices else None,
        output_price=prices.output if prices else None,
    )


def load_litellm() -> Any:
    """The library, imported once (2 s, 170 MB) and told to do nothing on its own."""
    if "litellm" not in sys.modules:
        # Read at import: a price table from the network, a .env from the current folder.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        os.environ["LITELLM_MODE"] = "PRODUCTION"
        os.environ.pop("LITELLM_LOG", None)  # its debug log prints whole requests
    with _uncollected():
        import httpx  # noqa: PLC0415 - as litellm does
        import litellm  # noqa: PLC0415 - only the gateway pays for it
        from litellm.integrations.custom_logger import CustomLogger  # noqa: PLC0415
        from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler  # noqa: PLC0415

    if getattr(litellm, "_jmle_prepared", False):
        return litellm

    class Sent(CustomLogger):  # type: ignore[misc]
        """Notes what goes out: litellm translates and adds parameters."""

        def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
            del model, messages
            noted = _sent.get()
            told = (kwargs.get("additional_args") or {}).get("complete_input_dict")
            if noted is not None and isinstance(told, dict):
                noted.update(
                    {k: v for k, v in told.items() if k not in _NOT_PARAMETERS and v != {}}
                )

    send = httpx.AsyncClient.send

    async def stay(client: Any, request: Any, **how: Any) -> Any:
        # A redirect would carry the key to whoever it names: only one kind of header is
        # taken off on the way, and providers have others.
        response = await send(client, request, **how | {"follow_redirects": False})
        noted = _redirects.get()
        if response.has_redirect_location and noted is not None:
            noted.append(str(httpx.URL(response.headers["location"]).host) or request.url.host)
        return response

    async def once(*_: Any, **__: Any) -> Any:
        # Called inside the handler's own `except`, to send a request again after a broken
        # connection. The first call may have been answered and paid for: we decide, not it.
        raise sys.exception() or ConnectionError("the connection broke")

    httpx.AsyncClient.send = stay  # type: ignore[method-assign,assignment]
    AsyncHTTPHandler.single_connection_post_request = once
    litellm.callbacks = [Sent()]
    litellm.suppress_debug_info = True
    litellm.drop_params = False
    litellm.modify_params = False
    litellm.num_retries = 0
    litellm._jmle_prepared = True  # noqa: SLF001 - our own mark
    return litellm


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is loaded now stays: looking through it for garbage would double the time."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def _route(litellm: Any, model: str, api_base: str | None) -> dict[str, Any]:
    route: dict[str, Any] = {} if api_base is None else {"api_base": api_base}
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
        route["custom_llm_provider"] = "openai"
        if not os.environ.get("OPENAI_API_KEY"):
            route["api_key"] = _PLACEHOLDER
    if api_base is not None and _missing(litellm, model):
        # Without any key litellm would not call; a server that wants one will say so.
        route["api_key"] = _PLACEHOLDER
    return route


def _missing(litellm: Any, model: str) -> list[str]:
    found = litellm.validate_environment(model)
    if found["keys_in_environment"]:
        return []
    return sorted(name for name in found["missing_keys"] if name.endswith("_API_KEY"))
