"""A session finds by itself how many calls its provider takes, and says how it went."""

from __future__ import annotations

from dataclasses import replace

from tests.integration.live_use.conftest import Live
from tests.scripted.provider import Answer, Call, failure

HELD = 12
"""Calls that the provider answers at a time."""


def test_a_limit_is_found_told_and_replayed_without(live: Live) -> None:
    right = live.answer

    def answer(question: str, time: int, call: Call) -> Answer:
        if live.provider.in_flight > HELD:
            return failure("too many at a time", status=429)
        return replace(right(question, time, call), delay=0.3)

    live.answer = answer
    asked = live.ask("-n2", "-q", "--max-concurrency=24")
    assert asked.ret == 0
    results = live.project.results("some-model")
    calls = results["provenance"]["run"]["calls"]
    assert calls["levels"][0] == [0.0, 8]
    assert 8 < calls["most"] <= 24
    assert calls["refused"] == len(live.provider.calls) - 40
    times = [mark["seconds"] for mark in results["marks"]]
    assert min(times) >= 0.3
    assert all(mark["tokens_per_second"] > 0 for mark in results["marks"])
    assert results["sheet"]["latency"]["replies"] == len(times) == 40

    again = live.ask("--offline")
    assert again.ret == 0
    replayed = live.project.results("some-model")
    assert "calls" not in replayed["provenance"]["run"]
    for one in (results, replayed):
        del one["provenance"]["run"]
    assert replayed == results


def test_the_plan_says_that_the_number_is_to_be_found(live: Live) -> None:
    asked = live.ask("-n0", "--max-concurrency=4")
    asked.stdout.fnmatch_lines(["some-model sits sample: * 4 at a time at first, 4 at most"])
    assert live.provider.peak <= 4
