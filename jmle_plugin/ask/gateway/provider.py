"""The only module that imports litellm: one request in, one completion or failure out."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from jmle_plugin.ask.gateway.completion import plain_completion, refusal_completion
from jmle_plugin.ask.gateway.failures import ProviderError, RefusedByFilterError, classify
from jmle_plugin.ask.gateway.protocol import IMAGE_PREFIX, ImageFile, ModelFacts
from jmle_plugin.errors import GatewayError

_PLACEHOLDER = "no-key-needed"
_NOT_PARAMETERS = {
    "model", "messages", "contents", "system", "system_instruction", "input", "prompt",
    "extra_headers", "headers", "api_key",
}  # fmt: skip
"""Of what is sent: the question itself, and what may hold a key."""

_sent: ContextVar[dict[str, Any] | None] = ContextVar("_sent", default=None)


class Provider:
    """Asks models through litellm, each request exactly once."""

    def __init__(
        self, images: Mapping[str, ImageFile], *, timeout: float, api_base: str | None
    ) -> None:
        """`timeout` is in seconds, for a whole call; `images` are files by sha256."""
        self._images = images
        self._timeout = timeout
        self._base = api_base
        self._litellm = load_litellm()
        self._routes: dict[str, dict[str, Any]] = {}

    async def ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The completion to an OpenAI chat body with figures by digest, as plain JSON.

        Raises ProviderError.
        """
        model = str(body["model"])
        parameters = {name: value for name, value in body.items() if name != "messages"}
        sent: dict[str, Any] = {}
        _sent.set(sent)
        try:
            messages = await asyncio.to_thread(self._messages, body["messages"])
            # The client's own timeout is for each read: a trickle would outlast it.
            async with asyncio.timeout(self._timeout):
                response = await self._litellm.acompletion(
                    **parameters,
                    **self._route(model),
                    messages=messages,
                    timeout=self._timeout + 5.0,
                    max_retries=0,
                    num_retries=0,
                )
        except ProviderError:
            raise
        except TimeoutError as error:
            raise ProviderError(f"no complete reply within {self._timeout:g} seconds") from error
        except Exception as error:
            meant = classify(error)
            if isinstance(meant, RefusedByFilterError):
                return refusal_completion(model, meant.message)
            raise meant from error
        return plain_completion(response.model_dump(warnings=False), sent)

    def _route(self, model: str) -> dict[str, Any]:
        """How litellm reaches `model`."""
        if model not in self._routes:
            self._routes[model] = _route(self._litellm, model, self._base)
        return self._routes[model]

    def _messages(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {**message, "content": [self._part(part) for part in message["content"]]}
            if isinstance(message.get("content"), list)
            else message
            for message in messages
        ]

    def _part(self, part: dict[str, Any]) -> dict[str, Any]:
        url = part.get("image_url", {}).get("url", "")
        if not url.startswith(IMAGE_PREFIX):
            return part
        image = self._images[url.removeprefix(IMAGE_PREFIX)]
        try:
            encoded = base64.b64encode(Path(image.path).read_bytes()).decode("ascii")
        except OSError as error:
            raise ProviderError(
                f"image {image.path} cannot be read ({error.strerror})", fatal=True
            ) from error
        shown = {**part["image_url"], "url": f"data:{image.media_type};base64,{encoded}"}
        return {**part, "image_url": shown}


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
    try:
        info: dict[str, Any] = dict(litellm.get_model_info(model))
    except Exception:  # noqa: BLE001 - litellm raises bare Exceptions for what it does not know
        return ModelFacts(provider=provider)
    prices = (info.get("input_cost_per_token"), info.get("output_cost_per_token"))
    # Some dated names stand in the table with a price of 0: that is not known, not free.
    known = api_base is None and all(isinstance(price, int | float) for price in prices)
    if not known or not any(prices):
        prices = (None, None)
    return ModelFacts(
        provider=provider,
        vision=bool(info.get("supports_vision")),
        input_price=prices[0],
        output_price=prices[1],
    )


def load_litellm() -> Any:
    """The library, imported once (3 s, 170 MB) and told to do nothing on its own."""
    if "litellm" not in sys.modules:
        # Read at import: a price table from the network, a .env from the current folder.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        os.environ["LITELLM_MODE"] = "PRODUCTION"
        os.environ.pop("LITELLM_LOG", None)  # its debug log prints whole requests
    import litellm  # noqa: PLC0415 - only the gateway pays for it
    from litellm.integrations.custom_logger import CustomLogger  # noqa: PLC0415
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler  # noqa: PLC0415

    if getattr(litellm, "_jmle_prepared", False):
        return litellm

    class Sent(CustomLogger):
        """Notes what goes out: litellm translates and adds parameters."""

        def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
            del model, messages
            noted = _sent.get()
            told = (kwargs.get("additional_args") or {}).get("complete_input_dict")
            if noted is not None and isinstance(told, dict):
                noted.update(
                    {k: v for k, v in told.items() if k not in _NOT_PARAMETERS and v != {}}
                )

    async def once(*_: Any, **__: Any) -> Any:
        # Called inside the handler's own `except`, to send a request again after a broken
        # connection. The first call may have been answered and paid for: we decide, not it.
        raise sys.exception() or ConnectionError("the connection broke")

    AsyncHTTPHandler.single_connection_post_request = once  # type: ignore[method-assign]
    litellm.callbacks = [Sent()]
    litellm.suppress_debug_info = True
    litellm.drop_params = False
    litellm.modify_params = False
    litellm.num_retries = 0
    litellm._jmle_prepared = True  # noqa: SLF001 - our own mark
    return litellm


def _route(litellm: Any, model: str, api_base: str | None) -> dict[str, Any]:
    route: dict[str, Any] = {} if api_base is None else {"api_base": api_base}
    try:
        litellm.get_llm_provider(model, api_base=api_base)
    except Exception as error:
        if api_base is None:
            raise GatewayError(
                f"nobody knows which provider has the model {model!r}",
                remedy="Write it as PROVIDER/MODEL (openai/gpt-5.2), or give its --api-base.",
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
