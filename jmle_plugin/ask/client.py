"""The worker's side of asking: plain HTTP, so that a cassette can stand in for it."""

from __future__ import annotations

from functools import partial
from typing import Any, NoReturn, Protocol

from jmle_plugin.ask.sitting import AskRequest
from jmle_plugin.errors import JmleError, NotAskedError, ReplyError
from jmle_plugin.files import read_json
from jmle_plugin.gateway.protocol import (
    CHAT_PATH,
    DIGEST_HEADER,
    EPOCH_HEADER,
    MESSAGE_LIMIT,
    QUESTION_HEADER,
    RUN_HEADER,
)
from jmle_plugin.gateway.reply import Reply, read_reply
from jmle_plugin.gateway.status import KINDS, STOPPED

NOWHERE = "http://nowhere.invalid"
"""Stands for the address of a service when there is none: replay needs no address."""


class ModelClient(Protocol):
    """Anything that can be asked. Override the `model_client` fixture with one.

    Its replies are recorded like a provider's. It may also have a `version`, by which another
    state of the same client is known: what was recorded is stale then. With `recorded = False`
    nothing is recorded.
    """

    def ask(self, request: AskRequest) -> Reply:
        """Return the reply to `request`; ReplyError when no complete reply can be had."""
        ...


class HttpModelClient:
    """Speaks the gateway's protocol: OpenAI chat completions, figures by digest."""

    def __init__(
        self, address: str | None, *, token: str = "", timeout: float | None = None
    ) -> None:
        """`address` is scheme, host and port, None where only cassettes can answer.

        `timeout` is in seconds, None to wait. The token stands in no message, repr or
        local variable that outlives its use: pytest shows those with a failure.
        """
        self._headers = {"content-type": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"
        del token
        import httpx  # noqa: PLC0415 - only runs that sit an exam pay for it

        # A transport, not a client: one request, one reply, and no redirects, cookies or
        # proxies in between. The service is on loopback, so there are no certificates.
        # Where only cassettes answer, none is opened: its parts take 40 ms to load.
        def nowhere(request: httpx.Request) -> NoReturn:
            raise httpx.ConnectError("there is no service to ask", request=request)

        self._transport: httpx.BaseTransport = (
            httpx.MockTransport(nowhere)
            if address is None
            else httpx.HTTPTransport(verify=False, trust_env=False)
        )
        self._request = partial(
            httpx.Request,
            "POST",
            httpx.URL((address or NOWHERE) + CHAT_PATH),
            extensions={"timeout": httpx.Timeout(timeout).as_dict()},
        )
        self.can_call = address is not None
        self._absent = httpx.ConnectError
        self._breaks = (httpx.NetworkError, httpx.RemoteProtocolError)
        self._speaks = (*self._breaks, httpx.TimeoutException, httpx.UnsupportedProtocol)

    def ask(self, request: AskRequest) -> Reply:
        """Post the question and read the reply."""
        failed: BaseException | None = None
        try:
            response = self._post(request)
        except Exception as error:  # noqa: BLE001 - its traceback holds the token
            failed = self._failure(request, error)
        except BaseException as error:  # noqa: BLE001 - so does that of an interrupt or a timeout
            failed = error
        if failed is not None:
            raise failed.with_traceback(None) from None
        completion = _json(response)
        if response.status_code != 200:  # noqa: PLR2004 - HTTP's OK
            raise _unanswered(request, response.status_code, completion)
        return read_reply(completion)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _post(self, request: AskRequest) -> Any:
        run = f"{request.exam}/{request.run}" if request.exam else request.run
        headers = self._headers | {RUN_HEADER: run} | question_headers(request)
        response = self._transport.handle_request(
            self._request(content=request.payload, headers=headers)
        )
        response.read()
        return response

    def _failure(self, request: AskRequest, error: Exception) -> JmleError:
        """What to raise for `error`: nothing that quotes what was sent."""
        if isinstance(error, JmleError):
            return error
        problem = str(error) if isinstance(error, self._speaks) else ""
        problem = problem or type(error).__name__
        if isinstance(error, self._absent):
            # Hundreds of questions may follow: this one was not even asked.
            return NotAskedError(f"not asked: no answer, the gateway is gone ({problem})")
        if isinstance(error, self._breaks):
            problem = f"the gateway is gone ({problem})"
        return ReplyError(f"no reply to question {request.question}: {problem}")


def question_headers(request: AskRequest) -> dict[str, str]:
    """Which question is asked; recorded with the reply."""
    return {
        QUESTION_HEADER: request.question,
        EPOCH_HEADER: str(request.epoch),
        DIGEST_HEADER: request.question_sha256,
    }


def _json(response: Any) -> Any:
    try:
        return read_json(response.content)
    except ValueError:
        raise ReplyError(
            f"the model's service answered HTTP {response.status_code} with a body that is no JSON"
        ) from None


def _unanswered(request: AskRequest, status: int, body: Any) -> ReplyError:
    error = body.get("error") if isinstance(body, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    # The gateway's own message says it all; of another server's, the status may tell more.
    problem = _message(body) if kind in KINDS else f"HTTP {status}, {_message(body)}"
    if kind == STOPPED:
        # One reason for hundreds of questions, which a terminal tells once where it is one text.
        return NotAskedError(problem)
    return ReplyError(f"no reply to question {request.question}: {problem}")


def _message(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return " ".join(str(message or "no message").split())[:MESSAGE_LIMIT]
