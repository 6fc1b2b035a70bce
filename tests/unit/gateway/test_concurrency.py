"""How many calls there are at a time, against servers that are functions and a clock that is a
number."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmle_plugin.gateway.concurrency import MOST, START, Call, Concurrency
from jmle_plugin.gateway.status import Course

Server = Callable[[int], float | None]
"""Calls in flight, the new one included -> seconds to its reply; None refuses it."""


class Session:
    """So many questions asked of a server; what was refused is asked again a little later."""

    def __init__(
        self,
        server: Server,
        questions: int,
        level: Concurrency,
        *,
        spread: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.level = level
        self.accepted: list[bool] = []
        """Of every call, in order."""
        self.seconds = 0.0
        random = Random(seed)  # noqa: S311 - chance, and no secret
        waiting, replies, served = questions, 0, 0
        events: list[tuple[float, int, str, Call | None]] = []
        while replies < questions:
            while waiting and level.has_room:
                waiting -= 1
                call = level.begin(self.seconds)
                latency = server(served + 1)
                self.accepted.append(latency is not None)
                served += latency is not None
                kind = "refused" if latency is None else "replied"
                took = 0.01 if latency is None else latency * random.lognormvariate(0.0, spread)
                heapq.heappush(events, (self.seconds + took, len(self.accepted), kind, call))
            self.seconds, number, kind, ended = heapq.heappop(events)
            if ended is None:
                waiting += 1
            elif kind == "replied":
                served, replies = served - 1, replies + 1
                level.end(ended, self.seconds, replied=True)
            else:
                level.refuse(ended, self.seconds)
                pause = 0.5 + 0.5 * random.random()
                heapq.heappush(events, (self.seconds + pause, number, "again", None))

    @property
    def course(self) -> Course:
        course = self.level.course()
        assert course is not None
        return Course(**course)


def sat(server: Server, questions: int = 400, **more: Any) -> Session:
    return Session(server, questions, Concurrency(START, MOST), **more)


def best(server: Server, questions: int, *levels: int) -> float:
    """Seconds with the best of these numbers of calls at a time."""

    class Fixed(Concurrency):
        @property
        def calls(self) -> int:
            return self._most

    return min(Session(server, questions, Fixed(one, one)).seconds for one in levels)


def holds(calls: int, seconds: float = 1.0) -> Server:
    return lambda flying: seconds if flying <= calls else None


@pytest.mark.parametrize(("questions", "most"), [(1600, 1.25), (400, 1.5)])
def test_a_server_that_refuses_the_49th_call_is_nearly_used_up(questions: int, most: float) -> None:
    session = sat(holds(48), questions)
    assert session.seconds <= most * best(holds(48), questions, 48)
    assert session.accepted.count(False) <= 0.05 * len(session.accepted)
    assert session.course.levels[:4] == [(0.0, 8), (1.0, 16), (2.0, 32), (3.0, 64)]
    assert session.course.levels[4][1] == 43  # nine tenths of the 48 that were accepted


@pytest.mark.parametrize("calls", [1, 2, 3, 5])
def test_where_few_calls_are_allowed_refusals_stay_rare(calls: int) -> None:
    session = sat(holds(calls, 0.2))
    late = session.accepted[20:]
    assert late.count(False) <= 0.05 * len(late)
    assert session.seconds <= 1.25 * best(holds(calls, 0.2), 400, calls)


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(lambda flying: 0.2 + 0.05 * flying, id="linear"),
        pytest.param(lambda flying: max(0.5, flying / 20), id="places"),
        pytest.param(lambda flying: 0.1 * (1 + (flying / 16) ** 2), id="square"),
        pytest.param(lambda flying: 0.1 * (1 + (flying / 5) ** 2), id="steep"),
        pytest.param(lambda flying: 0.1 * flying, id="one after the other"),
    ],
)
@pytest.mark.parametrize("questions", [400, 1600])
def test_where_only_latency_grows_the_level_stays_near_the_best(
    server: Server, questions: int
) -> None:
    session = sat(server, questions)
    assert session.seconds <= 1.25 * best(server, questions, 1, 2, 4, 5, 8, 16, 32, 64, 256)


def test_replies_that_take_as_long_however_many_there_are_raise_the_level_to_the_most() -> None:
    session = sat(lambda _: 1.0, 3000)
    assert session.course.last == MOST
    assert session.course.most == MOST


def test_a_second_refusal_in_the_next_window_halves_the_level() -> None:
    level = Concurrency(40, 40)
    first = [level.begin(0.0) for _ in range(40)]
    level.refuse(first[0], 0.1)
    assert level.calls == 35  # 39 were accepted
    for one in first[1:20]:
        level.end(one, 1.0, replied=True)
    level.refuse(level.begin(1.0), 1.1)
    assert level.calls == 17


def test_refusals_of_one_moment_are_one() -> None:
    level = Concurrency(64, 64)
    calls = [level.begin(0.0) for _ in range(64)]
    for one in calls[48:]:
        level.refuse(one, 0.1)
    assert level.calls == 43
    course = level.course()
    assert course is not None
    assert course["levels"] == [(0.0, 64), (0.1, 43)]
    assert course["refused"] == 16


def test_where_no_call_at_all_was_accepted_the_level_is_halved() -> None:
    level = Concurrency(8, 8)
    for one in [level.begin(0.0) for _ in range(8)]:
        level.refuse(one, 0.1)
    assert level.calls == 4


def test_a_level_that_is_never_reached_does_not_grow() -> None:
    level = Concurrency(START, MOST)
    for second in range(100):
        level.end(level.begin(float(second)), second + 0.5, replied=True)
    assert level.calls == START


def test_calls_that_fail_in_another_way_say_nothing_of_their_number() -> None:
    level = Concurrency(START, MOST)
    for second in range(20):
        for one in [level.begin(float(second)) for _ in range(8)]:
            level.end(one, second + 0.5, replied=False)
    assert level.calls == START


def test_replies_that_take_no_time_do_no_harm() -> None:
    assert 1 <= sat(lambda _: 0.0).course.last <= MOST


@settings(max_examples=40, deadline=None)
@given(
    calls=st.integers(1, 100),
    seconds=st.floats(0.05, 60),
    spread=st.floats(0, 1),
    seed=st.integers(0, 1000),
)
def test_whatever_a_server_holds_is_found_with_few_refusals(
    calls: int, seconds: float, spread: float, seed: int
) -> None:
    session = sat(holds(calls, seconds), 1000, spread=spread, seed=seed)
    assert session.accepted.count(True) == 1000
    # Doubling may go beyond it once, by as much again; later steps are small and rare.
    assert session.accepted.count(False) <= calls + 8 + 0.1 * 1000
    assert session.course.last <= calls + max(calls, 8)
    assert all(1 <= level <= MOST for _, level in session.course.levels)
    assert session.level.in_flight == 0


@given(
    start=st.integers(1, 20),
    most=st.integers(1, 40),
    steps=st.lists(st.tuples(st.sampled_from("brfn"), st.floats(0, 5)), max_size=200),
)
def test_whatever_happens_the_level_stays_within_its_bounds(
    start: int, most: int, steps: list[tuple[str, float]]
) -> None:
    level = Concurrency(start, most)
    flying: list[Call] = []
    now = 0.0
    for what, later in steps:
        now += later
        if what == "b" and level.has_room:
            flying.append(level.begin(now))
        elif flying and what == "n":
            level.refuse(flying.pop(0), now)
        elif flying:
            level.end(flying.pop(0), now, replied=what == "r")
        assert 1 <= level.calls <= most
        assert level.in_flight == len(flying)
