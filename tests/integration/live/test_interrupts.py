"""Ctrl-C, and another session on the same run."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from tests.integration.live.conftest import Room
from tests.integration.processes import family, until
from tests.scripted.provider import Answer, Call, provider

DELAY = 0.5
"""Seconds a reply takes."""


@pytest.mark.parametrize(
    ("group", "workers"),
    [
        pytest.param(True, "2", marks=pytest.mark.long),
        (False, "0"),
        pytest.param(True, "0", marks=pytest.mark.slow),
        pytest.param(False, "2", marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_keeps_what_arrived(room: Room, group: bool, workers: str) -> None:
    command = ("--concurrency=4", "-n", workers)
    with provider(room.paper.script(delay=DELAY)) as served:
        session = room.begin(served, *command)
        until(lambda: served.answered >= 8)
        if group:
            os.killpg(session.pid, signal.SIGINT)
        else:
            session.send_signal(signal.SIGINT)
        assert session.wait(60) == 2, room.output
        until(lambda: not family(session.pid))
        # Asking stops at once: on a busy machine that is counted better than timed.
        assert len(served.calls) <= 24
        arrived = room.sent(served)
        assert room.recorded == arrived, "what was in flight is kept as well"
        assert not (room.folder / ".journal").exists()

        results = room.results("some-model.partial")
        marked = {one["question"] for one in results["marks"] if one["outcome"] != "error"}
        assert results["sheet"]["verdict"] == "partial"
        assert marked <= arrived
        assert results["sheet"]["errors"] == []
        assert f"partial: {len(marked)} of 40 questions were asked" in room.output

        before = len(served.calls)
        assert room.sit(served, *command).ret == 0
        again = {room.paper.question(call) for call in served.calls[before:]}
    assert again == {*room.paper.questions} - arrived
    assert len(served.calls) == 40
    assert room.results()["sheet"]["verdict"] == "pass"


def test_a_second_ctrl_c_leaves_calls_in_flight_to_the_gateway(room: Room) -> None:
    arrive = threading.Event()
    honest = room.paper.script()

    def held(call: Call) -> Answer:
        if call.number > 8:
            arrive.wait(60.0)
        return honest(call)

    with provider(held) as served:
        session = room.begin(served, "--concurrency=4", "-v")
        # Once a second test is told a first mark is kept, of which there are results.
        until(lambda: len(served.calls) == 12 and room.output.count("PASSED") > 1)
        session.send_signal(signal.SIGINT)
        until(lambda: "waiting up to 30 seconds for 4 calls in flight" in room.output)
        session.send_signal(signal.SIGINT)
        assert session.wait(60) == 2, room.output
        assert room.results("some-model.partial")["sheet"]["verdict"] == "partial"
        arrive.set()
        assert room.sit(served, "--concurrency=4").ret == 0
    assert room.paper.asked(served) == dict.fromkeys(room.paper.questions, 1)
    assert room.results()["sheet"]["verdict"] == "pass"


@pytest.mark.long
def test_second_session_on_the_same_run_is_refused(room: Room) -> None:
    with provider(room.paper.script(delay=0.7)) as served:
        first = room.begin(served, "--concurrency=4")
        until(lambda: served.answered >= 2)
        for more in (["-n2"], ["--record-mode=rewrite"]):
            second = room.sit(served, "--concurrency=4", *more)
            assert second.ret == pytest.ExitCode.USAGE_ERROR
            second.stderr.fnmatch_lines(["*another session is asking for this run right now*"])
            assert first.poll() is None
        assert first.wait(60) == 0, room.output
    assert len(served.calls) == 40
    assert room.recorded == {*room.paper.questions}
    assert room.results()["sheet"]["verdict"] == "pass"
