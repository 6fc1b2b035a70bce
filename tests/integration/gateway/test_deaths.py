"""Who dies, who notices, and what is asked again afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from jmle_plugin.errors import GatewayError, ReplyError
from jmle_plugin.gateway import launch
from jmle_plugin.gateway.launch import Gateway
from jmle_plugin.gateway.protocol import Announced, Announcement
from tests.integration.gateway.conftest import KEY, RUN, Desk, reply, text_request
from tests.integration.gateway.test_asking import question
from tests.integration.processes import gone, until
from tests.scripted.provider import Answer, Call, Provider, completion, provider

PARENT = """
import os, sys, threading, time
from pathlib import Path
from jmle_plugin.ask.client import HttpModelClient
from jmle_plugin.gateway.launch import start
from jmle_plugin.gateway.protocol import Announcement, GatewayConfig
from jmle_plugin.ask.sitting import AskRequest

config = GatewayConfig.from_line(Path(sys.argv[1]).read_bytes())
gateway = start(config, Path(sys.argv[2]))
announcement = Announcement.from_line(Path(sys.argv[3]).read_bytes())
gateway.announce(announcement)
if sys.argv[4:] == ["fork"] and not os.fork():
    time.sleep(60)
first = announcement.requests[0]
client = HttpModelClient(gateway.address, token=gateway.token, timeout=60)
wanted = AskRequest(first.question, "0" * 64, first.body, first.epoch, announcement.run)
threading.Thread(target=client.ask, args=(wanted,), daemon=True).start()
print(gateway.pid, flush=True)
time.sleep(60)
"""


def test_parent_notices_that_the_gateway_was_killed(desk: Desk) -> None:
    requests = [text_request("A-1"), text_request("A-2")]
    noticed: list[GatewayError] = []
    with (
        provider(lambda _: Answer(completion(), delay=600.0)) as served,
        desk.asking(requests, served.base) as gateway,
    ):
        gateway.watch(noticed.append)
        waiting = threading.Thread(target=fails, args=(gateway,))
        waiting.start()
        until(lambda: len(served.calls) == 2)
        gateway.status()
        os.kill(gateway.pid, signal.SIGKILL)
        until(lambda: noticed)
        waiting.join()
        for ask in (gateway.status, gateway.stop):
            with pytest.raises(GatewayError, match=r"the gateway died \(exit status -9\)"):
                ask()


def fails(gateway: Gateway) -> None:
    with pytest.raises(ReplyError, match="no reply to question A-1"):
        reply(gateway, text_request("A-1"))


def test_gateway_that_cannot_begin_leaves_its_last_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.folder / "run").write_text("a file where the folder belongs")
    with (
        desk.gateway("http://127.0.0.1:9/v1") as gateway,
        pytest.raises(GatewayError, match="cannot be opened"),
    ):
        gateway.ready()
    monkeypatch.setattr(launch, "subprocess", subprocess)  # no copy: it is not to start at all
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    with (
        desk.gateway("http://127.0.0.1:9/v1") as gateway,
        pytest.raises(GatewayError, match=r"died.*last words.*encodings"),
    ):
        gateway.ready()


@contextmanager
def asking_parent(
    desk: Desk, requests: list[Announced], served: Provider, *more: str, **settings: Any
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process that asks, and its gateway's id; nothing of it outlives the block."""
    file = desk.folder / "config"
    file.write_bytes(desk.config(served.base, **settings).line())
    announcement = desk.folder / "announcement"
    announcement.write_bytes(Announcement(run=RUN, requests=requests).line())
    command = [sys.executable, "-c", PARENT, str(file), str(desk.log), str(announcement)]
    with subprocess.Popen(
        [*command, *more], stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        try:
            yield parent, int(parent.stdout.readline())
        finally:
            with suppress(ProcessLookupError):
                os.killpg(parent.pid, signal.SIGKILL)


@pytest.mark.parametrize("how", ["killed", "forked"])
def test_gateway_goes_with_its_parent(desk: Desk, how: str) -> None:
    requests = [text_request(f"A-{n}") for n in range(4)]
    more = ["fork"] if how == "forked" else []
    with (
        provider(lambda _: Answer(completion(), delay=600.0)) as served,
        asking_parent(desk, requests, served, *more, grace=0.1) as (parent, pid),
    ):
        until(lambda: len(served.calls) == 4)
        parent.kill()
        parent.wait()
        until(lambda: gone(pid))


@pytest.mark.parametrize(
    "how",
    [
        "the parent is killed",
        "many signals",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("SIGTERM", "SIGHUP")),
    ],
)
def test_calls_in_flight_arrive_and_no_more_are_made(desk: Desk, how: str) -> None:
    requests = [text_request(f"A-{n}") for n in range(6)]
    arrive = threading.Event()

    def held(call: Call) -> Answer:
        arrive.wait(60.0)
        return Answer(completion(question(call)))

    with (
        provider(held) as served,
        asking_parent(desk, requests, served, concurrency=4) as (parent, pid),
    ):
        until(lambda: len(served.calls) == 4)
        if how == "many signals":  # as of a parent whose threads die one by one
            for _ in range(20_000):
                os.kill(pid, signal.SIGTERM)
        elif how.startswith("SIG"):
            os.kill(pid, getattr(signal, how))
        else:
            parent.kill()
            parent.wait()
        until(lambda: desk.journal.with_name(".journal.ending").exists())
        arrive.set()
        until(lambda: gone(pid))
        assert len(served.calls) == 4
    assert sorted(desk.kept()) == ["A-0", "A-1", "A-2", "A-3"]
    assert [file.name for file in desk.journal.parent.iterdir()] == [".journal"]


def test_closed_before_it_is_ready_it_is_gone(desk: Desk) -> None:
    gateway = desk.gateway("http://127.0.0.1:9/v1")
    gateway.close()
    gateway.close()
    assert gone(gateway.pid)


@pytest.mark.slow  # live/test_interrupts.py sends it to a whole session
def test_interrupt_of_the_whole_group_is_the_parents_affair(desk: Desk) -> None:
    with (
        provider(lambda _: Answer(completion("fine"))) as served,
        desk.announced([text_request("A-1")], served.base) as gateway,
    ):
        os.kill(gateway.pid, signal.SIGINT)
        assert reply(gateway, text_request("A-1")).text == "fine"


@pytest.mark.parametrize(
    "signum", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_nothing_journalled_is_asked_twice(desk: Desk, signum: int) -> None:
    requests = [text_request(f"A-{n}") for n in range(60)]
    with provider(lambda call: Answer(completion(question(call)), delay=0.03)) as served:
        with desk.asking(requests, served.base) as gateway:
            until(lambda: len(served.calls) > random.randint(10, 40))  # noqa: S311
            os.kill(gateway.pid, signum)
            until(lambda: gone(gateway.pid))
        kept = set(desk.kept())
        assert kept
        before = len(served.calls)
        with desk.asking(requests, served.base) as gateway:
            texts = [reply(gateway, one).text for one in requests]
            assert gateway.status().runs[RUN].from_journal == len(kept)
        again = [question(call) for call in served.calls[before:]]
    assert texts == [one.question for one in requests]
    assert not kept & set(again)
    assert len(again) == 60 - len(kept)
    assert KEY.encode() not in desk.journal.read_bytes()
    assert len(desk.journal.read_bytes().splitlines()) == 60
    assert all(json.loads(line) for line in desk.journal.read_bytes().splitlines())
