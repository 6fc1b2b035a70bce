"""litellm, imported in one place and told to do nothing on its own."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jmle_plugin.gateway.sending import Call

CURRENT: ContextVar[Call | None] = ContextVar("CURRENT", default=None)
"""The call that the running task makes."""


def load_litellm() -> Any:
    """The library, imported once (2 s, 170 MB) and told to do nothing on its own."""
    _forget_empty_keys()
    if "litellm" not in sys.modules:
        # Read at import: tables from the network, a .env from the current folder.
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        os.environ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"] = "True"
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
            call = CURRENT.get()
            if call is not None:
                call.note((kwargs.get("additional_args") or {}).get("complete_input_dict"))

    send = httpx.AsyncClient.send

    async def stay(client: Any, request: Any, **how: Any) -> Any:
        call = CURRENT.get()
        if call is not None and call.lost:
            raise ConnectionError(", ".join(call.lost))
        # A redirect would carry the key to whoever it names: only one kind of header is
        # taken off on the way, and providers have others.
        response = await send(client, request, **how | {"follow_redirects": False})
        if call is not None:
            call.status = response.status_code
            if response.has_redirect_location:
                host = str(httpx.URL(response.headers["location"]).host)
                call.redirect = host or request.url.host
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


def _forget_empty_keys() -> None:
    """CI sets a secret that is not there to nothing, and litellm takes nothing for a key."""
    for name in [one for one, value in os.environ.items() if not value.strip()]:
        if name.endswith("_API_KEY"):
            del os.environ[name]


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is loaded now stays: looking through it for garbage would double the time."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
