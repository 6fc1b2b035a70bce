"""Faults that pass: asked again as often as told, and never an answer of the model's."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from tests.integration.live.conftest import Paper, Room
from tests.scripted.provider import Answer, Call, completion, failure, provider

SLOW = 5.0
"""Seconds a reply may take; a first call on a busy machine takes two."""
WAIT = 2.0
"""Seconds the provider asks to wait."""
SPENT = "000F-6"
RETRIED = {
    "000A-1": failure("slow down", status=429, headers={"retry-after": f"{WAIT:g}"}),
    "000A-2": failure("slow down", status=429),
    "000A-3": failure("it broke", status=500),
    "000A-4": failure("overloaded", status=503),
    "000A-5": Answer(reset=True),
    "000A-6": Answer(completion("【回答】"), cut=100),
    "000B-1": Answer(b'{"choices": [{"message": {"con'),
    "000B-2": Answer({**completion(), "choices": []}),
    "000B-3": Answer(completion("【回答】e"), delay=600.0),
    "000B-4": Answer(b"<html>bad gateway</html>", status=502),
}
REPLIES = {
    "000C-1": Answer(completion(None, reasoning="【回答】a")),
    "000C-2": failure("flagged", code="content_filter", status=400),
    "000C-3": Answer(completion("", finish="content_filter")),
    "000C-4": Answer(completion("それは", finish="length")),
    "000C-5": Answer(completion("\ud83d \x00 \udc00\n【回答】b")),
}


def waits(paper: Paper, name: str, calls: list[Call]) -> list[float]:
    """Seconds between one call for the question and the next."""
    times = [call.at for call in calls if paper.question(call) == name]
    return [later - sooner for sooner, later in pairwise(times)]


@pytest.mark.parametrize("workers", ["2", pytest.param("0", marks=pytest.mark.slow)])
def test_faults_of_every_kind(room: Room, workers: str) -> None:
    paper = room.paper
    first = {
        **{name: [fault] for name, fault in RETRIED.items()},
        **{name: [reply] for name, reply in REPLIES.items()},
        SPENT: [failure("still broken", status=500)] * 2,
    }
    command = (
        "--max-retries=1", f"--request-timeout={SLOW:g}", "--gate=none", "-n", workers,
        "--concurrency=12", "-rE",
    )  # fmt: skip
    with provider(paper.script(first)) as served:
        result = room.sit(served, *command)

        calls = paper.asked(served)
        assert {name for name, count in calls.items() if count != 1} == {*RETRIED, SPENT}
        assert max(calls.values()) == 2
        assert waits(paper, "000A-1", served.calls)[0] >= WAIT
        assert all(waits(paper, name, served.calls)[0] >= 0.5 for name in {*RETRIED, SPENT})

        assert result.ret == 1
        printed = result.stdout.str()
        where = served.base.removesuffix("/v1")
        spent = f"no reply to question {SPENT}: still broken (HTTP 500, {where}) (asked 2 times)"
        assert spent in printed
        live = room.results()
        sheet = live["sheet"]
        assert (sheet["verdict"], sheet["errors"]) == ("incomplete", [SPENT])
        assert room.recorded == {*paper.questions} - {SPENT}

        before = len(served.calls)
        assert room.sit(served, *command).ret == 0
        assert [paper.question(call) for call in served.calls[before:]] == [SPENT]
    assert room.recorded == {*paper.questions}
    results = room.results()
    assert results["sheet"]["errors"] == []
    assert results["sheet"]["finish_reasons"] == {
        "content_filter": 2,
        "length": 1,
        "stop": 37,
    }
    assert "Ended otherwise: refused by a filter 2, cut at the length limit 1" in printed
    assert results["provenance"]["returned_models"] == ["scripted-2026"]
    marks = {mark["question"]: mark for mark in results["marks"]}
    wrong = {name for name, mark in marks.items() if mark["outcome"] != "correct"}
    assert wrong & set(REPLIES) == set(REPLIES) - {"000C-5"}
    assert [mark for mark in live["marks"] if mark["question"] != SPENT] == [
        mark for mark in results["marks"] if mark["question"] != SPENT
    ], "what is replayed is what was answered"
    assert not wrong & set(RETRIED) - {"000A-3", "000B-2"}, "the resident's own mistakes"


@pytest.mark.slow  # unit tests of limits and scheduler show it without a session
def test_fewer_calls_at_a_time_after_a_429_and_more_again(room: Room) -> None:
    refused = {"000A-4": [failure("slow down", status=429)]}
    with provider(room.paper.script(refused, delay=0.15)) as served:
        assert room.sit(served, "--concurrency=8").ret == 0
    assert served.peak == 8
    moment = next(c.at for c in served.calls if room.paper.question(c) == "000A-4")
    after = [level for at, level in served.levels if at > moment + 0.3]
    assert max(after[:4]) <= 5
    assert max(after) >= 6


@pytest.mark.long
@pytest.mark.parametrize("seconds", [3.0, pytest.param(20.0, marks=pytest.mark.slow)])
def test_provider_that_is_gone_for_a_while(room: Room, seconds: float) -> None:
    script = room.paper.script(delay=0.05)
    with provider(script) as served:
        session = room.begin(served, "--concurrency=4")
        while served.answered < 10:
            time.sleep(0.01)
            assert session.poll() is None
    answered = {room.paper.question(call) for _, call in served.sent}
    time.sleep(seconds)
    with provider(script, port=int(served.base.split(":")[2].split("/")[0])) as again:
        assert session.wait(90) == 0, room.output
    assert room.recorded == {*room.paper.questions}
    assert not {room.paper.question(call) for call in again.calls} & answered
