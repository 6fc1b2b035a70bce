"""The parent's side: starts the gateway, talks to it, notices its death, ends it."""

from __future__ import annotations

import http.client
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

from jmle_plugin.errors import GatewayError
from jmle_plugin.files import read_json
from jmle_plugin.gateway.models import gateway_environment
from jmle_plugin.gateway.protocol import (
    ANNOUNCE_PATH,
    HOST,
    LEAVE,
    STATUS_PATH,
    STOP_PATH,
    Announcement,
    GatewayConfig,
    Listening,
    Ready,
    Refused,
)
from jmle_plugin.gateway.status import GatewayStatus, exchange


def close_pipe(pipe: IO[bytes]) -> None:
    """Close one's own end, also where the other is gone and what was written never left."""
    try:
        pipe.close()
    except OSError:
        pipe.close()  # the second time there is nothing left to write


_COMMAND = "jmle_plugin.gateway"
_TALK = 10.0
"""Seconds to wait for an answer of the gateway itself; it answers in milliseconds."""
_STARTING = 300.0
"""Seconds for importing litellm; it takes 2, and forty on a machine with much else to do."""
_ANNOUNCING = 300.0
"""Seconds for the largest announcement to be sent and checked."""
_LAST_WORDS = 600
_AGAIN = "Replies that had arrived are kept: give the same command again."


def new_token() -> str:
    """A fresh secret for one gateway."""
    return secrets.token_urlsafe(32)


def start(config: GatewayConfig, log: Path) -> Gateway:
    """Start a gateway that writes what it has to say to `log`; returns before it is ready.

    Call it from the main thread: on Linux the gateway dies with the thread that started
    it. Raises GatewayError where no process can be started.
    """
    main = threading.current_thread() is threading.main_thread()
    config = config.model_copy(update={"parent": os.getpid() if main else 0})
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as errors:
            # -P: a user's folder must not stand in for the libraries' modules.
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", _COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=gateway_environment(os.environ),
            )
    except OSError as error:
        # Not its cause: that traceback's variables hold the environment, keys and all.
        raise GatewayError(f"the gateway cannot be started ({error})") from None
    return Gateway(process, config, log)


class Gateway:
    """A running gateway; a context manager that closes it."""

    def __init__(self, process: subprocess.Popen[bytes], config: GatewayConfig, log: Path) -> None:
        self._process = process
        self._token = config.token
        self._log = log
        self._closing = False
        self._lines: tuple[Future[bytes], Future[bytes]] = (Future(), Future())
        """What it says first, when it listens, and then, when it can ask."""
        self._reader = threading.Thread(target=self._talk, args=(config.line(),), daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def token(self) -> str:
        """The secret that requests carry as bearer token."""
        return self._token

    @property
    def address(self) -> str:
        """Scheme, host and port; waits until the gateway listens, not until it is ready.

        Raises what `ready` does.
        """
        return f"http://{HOST}:{Listening.from_line(self._line(0, _STARTING)).port}"

    def ready(self, timeout: float = _STARTING) -> Ready:
        """Wait at most `timeout` seconds until the gateway can ask.

        Raises GatewayError with its own reason where it refuses (a key is missing, a model
        unknown, a journal in use), dies or is too slow.
        """
        return Ready.from_line(self._line(1, timeout))

    def announce(self, announcement: Announcement) -> GatewayStatus:
        """Tell every request that one run may make, once; waits until the gateway is ready.

        GatewayError where they cannot be the requests of a run of this session.
        """
        return self._call(ANNOUNCE_PATH, announcement.model_dump(), timeout=_ANNOUNCING)

    def status(self) -> GatewayStatus:
        """Where everything stands; GatewayError when the gateway is gone."""
        return self._call(STATUS_PATH)

    def stop(self, reason: str = "", *, drain: float = 0.0) -> GatewayStatus:
        """Stop starting calls; wait up to `drain` seconds until those in flight are kept."""
        until = time.monotonic() + drain
        status = self._call(STOP_PATH, {"reason": reason})
        while status.unfinished and time.monotonic() < until:
            time.sleep(0.05)
            status = self.status()
        return status

    def watch(self, on_death: Callable[[GatewayError], None]) -> None:
        """Call `on_death`, from a thread of its own, as soon as the process dies unasked."""

        def wait() -> None:
            self._process.wait()
            if not self._closing:
                on_death(self._death())

        threading.Thread(target=wait, daemon=True).start()

    def close(self, timeout: float = 5.0) -> None:
        """End the gateway, calls in flight included; by force after `timeout` seconds."""
        self._closing = True
        if self._process.stdin is not None and not self._reader.is_alive():
            # The end of its standard input alone would have it wait for calls in flight.
            with suppress(OSError, ValueError):  # it is gone, or was closed before
                self._process.stdin.write(LEAVE)
            close_pipe(self._process.stdin)
        else:
            self._process.kill()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                close_pipe(pipe)
        if self._log.exists() and not self._log.stat().st_size:
            self._log.unlink()

    def _talk(self, config: bytes) -> None:
        """Tell the gateway its configuration and wait for its two lines."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None  # noqa: S101, PT018 - pipes were asked for
        try:
            stdin.write(config)
            stdin.flush()
        except OSError:
            pass  # it died; the missing line tells
        for line in self._lines:
            line.set_result(stdout.readline())

    def _line(self, number: int, timeout: float) -> bytes:
        """What the gateway says there; GatewayError where it has nothing good to say."""
        try:
            line = self._lines[number].result(timeout)
        except TimeoutError:
            problem = f"the gateway is not ready after {timeout:g} seconds"
            raise GatewayError(problem, where=self._log, remedy=_AGAIN) from None
        if not line:
            self._process.wait()
            raise self._death()
        if (refused := _refusal(line)) is not None:
            raise refused
        return line

    def _call(self, path: str, body: Any = None, *, timeout: float = _TALK) -> GatewayStatus:
        self.ready()
        try:
            return exchange(self.address, self._token, path, body, timeout=timeout)
        except (OSError, http.client.HTTPException) as error:
            # A killed process' port closes an instant before its parent can see it dead.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
            if self._process.returncode is not None and not self._closing:
                raise self._death() from None
            # Not its cause: that traceback's variables hold the token.
            problem = f"the gateway does not answer ({error})"
            raise GatewayError(problem, where=self._log, remedy=_AGAIN) from None

    def _death(self) -> GatewayError:
        self._reader.join(1.0)
        for line in self._lines:
            if line.done() and (refused := _refusal(line.result())) is not None:
                return refused
        try:
            words = " ".join(self._log.read_text("utf-8", "replace").split())[-_LAST_WORDS:]
        except OSError:
            words = ""
        return GatewayError(
            f"the gateway died (exit status {self._process.returncode})"
            + (f"; its last words: {words}" if words else ""),
            where=self._log if words else None,
            remedy=_AGAIN,
        )


def _refusal(line: bytes) -> GatewayError | None:
    """Why the gateway did not start, where that is what it says."""
    if not line or "error" not in read_json(line):
        return None
    refused = Refused.from_line(line)
    return GatewayError(refused.error, remedy=refused.remedy)
