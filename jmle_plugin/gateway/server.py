"""The gateway's HTTP service: loopback only, guarded by a token."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from jmle_plugin.errors import GatewayError
from jmle_plugin.files import canonical_json, digest, read_json
from jmle_plugin.gateway.protocol import (
    ANNOUNCE_PATH,
    CHAT_PATH,
    EPOCH_HEADER,
    HOST,
    MAX_ANNOUNCEMENT,
    MAX_BODY,
    QUESTION_HEADER,
    RUN_HEADER,
    STATUS_PATH,
    STOP_PATH,
    Announcement,
    Key,
)
from jmle_plugin.gateway.runs import Runs
from jmle_plugin.gateway.status import REFUSED, Failure

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Service:
    """Answers with what the runs have."""

    def __init__(self, runs: Runs, token: str) -> None:
        self._runs = runs
        self._expected = f"Bearer {token}".encode()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Serve until the block ends; yields the port."""
        application = web.Application(client_max_size=MAX_BODY, middlewares=[self._guard])
        application.add_routes(
            [
                web.post(CHAT_PATH, self._chat),
                web.post(ANNOUNCE_PATH, self._announce),
                web.get(STATUS_PATH, self._status),
                web.post(STOP_PATH, self._stop),
            ]
        )
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0, backlog=512).start()
            yield int(runner.addresses[0][1])
        finally:
            await runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._expected):
            return _error(401, "the token is missing or wrong", REFUSED)
        most = MAX_ANNOUNCEMENT if request.path == ANNOUNCE_PATH else MAX_BODY
        if (request.content_length or 0) > most:
            return _too_large(most)
        try:
            return await handler(request)
        except web.HTTPRequestEntityTooLarge:
            return _too_large(most)
        except web.HTTPException as error:
            return _error(error.status, error.reason, REFUSED)

    async def _chat(self, request: web.Request) -> web.Response:
        try:
            key = await _key(request)
        except ValueError as error:
            return _error(400, f"this is no request of ours: {error}", REFUSED)
        run = request.headers.get(RUN_HEADER, "")
        if not self._runs.knows(run, key):
            return _error(
                403,
                f"question {key[0]} (epoch {key[1]}) of run {run!r} was not announced like this",
                REFUSED,
            )
        # Only now is it certain that somebody wants replies of ours: nothing was asked yet.
        self._runs.begin()
        outcome = await self._runs.outcome(run, key)
        if isinstance(outcome, Failure):
            return _error(outcome.status, outcome.message, outcome.kind)
        return _json(200, outcome)

    async def _announce(self, request: web.Request) -> web.Response:
        raw = await request.clone(client_max_size=MAX_ANNOUNCEMENT).read()
        try:
            # Large: meanwhile others are answered.
            announcement = await asyncio.to_thread(Announcement.from_line, raw)
            self._runs.announce(announcement)
        except GatewayError as error:
            return _error(400, str(error), REFUSED)
        return await self._status(request)

    async def _status(self, _: web.Request) -> web.Response:
        return _json(200, self._runs.status().model_dump())

    async def _stop(self, request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            told = read_json(raw) if raw else {}
        except ValueError as error:
            return _error(400, f"this is no request of ours: {error}", REFUSED)
        reason = told.get("reason") if isinstance(told, dict) else None
        self._runs.stop(reason if isinstance(reason, str) and reason else "asking was stopped")
        return await self._status(request)


async def _key(request: web.Request) -> Key:
    """Which announced request this is; ValueError where it cannot be one."""
    question = request.headers.get(QUESTION_HEADER, "")
    epoch = int(request.headers.get(EPOCH_HEADER, "1"))
    try:
        return (question, epoch, digest(read_json(await request.read())))
    except RecursionError as error:
        raise ValueError("it nests without end") from error


def _too_large(most: int) -> web.Response:
    # The rest of the body is not read: the connection cannot be used again.
    response = _error(413, f"a request has at most {most} bytes", REFUSED)
    response.force_close()
    return response


def _error(status: int, message: str, kind: str) -> web.Response:
    return _json(status, {"error": {"message": message, "type": kind}})


def _json(status: int, content: dict[str, Any]) -> web.Response:
    return web.Response(
        status=status, body=canonical_json(content), content_type="application/json"
    )
