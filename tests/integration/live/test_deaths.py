"""Who is killed, who goes with it, and what is asked again by the same command."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

import pytest

from tests.integration.live.conftest import Room
from tests.integration.processes import family, members, until
from tests.scripted.provider import provider

DELAY = 0.1
"""Seconds a reply takes."""
ARRIVING = 0.3
"""Seconds from the provider's last byte until a reply is kept, on a busy machine."""
LATEST = 1.6
"""Seconds from the first call until everything is over."""


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, object]:
    """What each test's last results must be; the first that needs it fills it in."""
    return {}


def killed_and_resumed(room: Room, seed: int, command: list[str]) -> None:
    """Kill everything at a random moment, give the command again."""
    chance = random.Random(seed)  # noqa: S311
    with provider(room.paper.script(delay=DELAY)) as served:
        session = room.begin(served, *command)
        until(lambda: served.calls)
        time.sleep(chance.uniform(0.0, LATEST))
        moment = time.monotonic()
        os.killpg(session.pid, signal.SIGKILL)
        session.wait()
        until(lambda: not family(session.pid) and not served.in_flight)
        on_disk = room.kept()
        assert room.sent(served, moment - ARRIVING) <= on_disk
        assert on_disk <= room.sent(served)

        before = len(served.calls)
        assert room.sit(served, *command).ret == 0
        again = [room.paper.question(call) for call in served.calls[before:]]
    assert not on_disk & {*again}
    assert sorted(again) == sorted({*room.paper.questions} - on_disk)
    assert room.recorded == {*room.paper.questions}
    assert not (room.folder / ".journal").exists()


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 20))]
)
def test_everything_killed_at_a_random_moment(
    room: Room, seed: int, undisturbed: dict[str, object]
) -> None:
    command = ["--concurrency=4", *(["-n2"] if seed % 2 else [])]
    if not undisturbed:
        with provider(room.paper.script()) as served:
            assert room.sit(served, "--concurrency=4").ret == 0
        undisturbed.update(room.results())
        for file in room.folder.iterdir():
            file.unlink()
    killed_and_resumed(room, seed, command)
    assert room.results() == undisturbed


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        ("SIGTERM", 0),
        *(
            pytest.param(name, seed, marks=pytest.mark.slow)
            for name in ("SIGTERM", "SIGHUP", "SIGKILL")
            for seed in range(20)
            if (name, seed) != ("SIGTERM", 0)
        ),
    ],
)
def test_what_arrives_after_the_controller_is_gone_is_not_asked_again(
    room: Room, name: str, seed: int
) -> None:
    chance = random.Random(f"{name} {seed}")  # noqa: S311
    command = ["--concurrency=4", *(["-n2"] if seed % 2 else [])]
    with provider(room.paper.script(delay=DELAY)) as served:
        session = room.begin(served, *command)
        until(lambda: served.calls)
        time.sleep(chance.uniform(0.0, LATEST))
        session.send_signal(getattr(signal, name))
        session.wait()
        if seed % 4 > 1:  # else the next session begins while the gateway waits for replies
            until(lambda: not family(session.pid) and not served.in_flight)
            assert room.kept() == room.sent(served)
        assert room.sit(served, *command).ret == 0
    assert room.paper.asked(served) == dict.fromkeys(room.paper.questions, 1)
    assert room.recorded == {*room.paper.questions}
    assert room.results()["sheet"]["verdict"] == "pass"
    assert not [*room.folder.glob(".journal*")]


@pytest.mark.long
def test_one_of_the_processes_is_killed(room: Room) -> None:
    """The controller, then the gateway, then a worker; the last session ends well."""
    with provider(room.paper.script(delay=0.2)) as served:

        def session(*arguments: str) -> subprocess.Popen[bytes]:
            before = served.answered
            made = room.begin(served, "--concurrency=2", "-n2", *arguments)
            until(lambda: served.answered >= before + 6)
            return made

        controller = session()
        controller.kill()
        controller.wait()
        until(lambda: not family(controller.pid))
        assert len(served.calls) < 40, "no orphan goes on asking"
        on_disk = room.kept()
        assert len(on_disk) >= 4

        running = session()
        (gateway,) = members(running.pid, "jmle_plugin.gateway")
        os.kill(gateway, signal.SIGKILL)
        assert running.wait(60) == 1
        assert not family(running.pid)
        assert "Asking ended early: the gateway died (exit status -9)" in room.output
        assert len(room.recorded) >= len(on_disk) + 4
        sheet = room.results()["sheet"]
        assert (sheet["verdict"], sheet["asked"]) == ("incomplete", 40)
        assert {*sheet["errors"]} >= {*room.paper.questions} - room.recorded

        running = session()
        os.kill(members(running.pid, "sys.stdin.readline")[0], signal.SIGKILL)
        assert running.wait(60) == 1
        assert not family(running.pid)
        assert room.results()["sheet"]["verdict"] == "incomplete"

        assert room.sit(served, "-n2").ret == 0
    # Only what was in flight when the gateway was killed is asked again.
    assert room.recorded == {*room.paper.questions}
    assert sum(room.paper.asked(served).values()) <= 40 + 2


def test_gateway_killed_without_workers_is_reported_long_before_a_reply_is_due(room: Room) -> None:
    with provider(room.paper.script(delay=600.0)) as served:
        running = room.begin(served, "--concurrency=2", "-n0")
        until(lambda: len(served.calls) == 2)
        (gateway,) = members(running.pid, "jmle_plugin.gateway")
        os.kill(gateway, signal.SIGKILL)
        assert running.wait(60) == 1
    assert not family(running.pid)
    assert "Asking ended early: the gateway died (exit status -9)" in room.output
    assert len(room.results()["sheet"]["errors"]) == 40
    assert not room.recorded
