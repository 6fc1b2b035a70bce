"""What may be spent, and what happens where it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.files import digest
from jmle_plugin.gateway.budget import Budget
from jmle_plugin.gateway.completion import refusal_completion
from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.journal import Journal
from jmle_plugin.gateway.protocol import Announced, Announcement, GatewayConfig, RunConfig
from jmle_plugin.gateway.server import Runs
from jmle_plugin.gateway.status import STOPPED, Failure
from tests.builders import journalled
from tests.scripted.provider import completion

Asked = Callable[[str], Awaitable[dict[str, Any]]]


def priced(cost: float | None) -> dict[str, Any]:
    return completion() if cost is None else {**completion(), "cost": cost}


@given(
    cap=st.floats(0.001, 1000.0),
    steps=st.lists(st.tuples(st.booleans(), st.none() | st.floats(0.0, 100.0)), max_size=60),
)
def test_never_more_than_the_cap_is_expected(
    cap: float, steps: list[tuple[bool, float | None]]
) -> None:
    budget = Budget(cap)
    stopped: list[str] = []
    budget.when_over(stopped.append)
    costs: list[float] = []
    in_flight = 0
    for begins, cost in steps:
        if begins:
            mean = sum(costs) / len(costs) if costs else 0.0
            expected = sum(costs) + mean * (in_flight + 1)
            before = bool(stopped)
            may = budget.may_begin()
            if expected > cap * 1.001:
                assert not may
                assert bool(stopped) == (before or not in_flight)
            elif expected < cap * 0.999 and not stopped:
                assert may
            if may:
                assert not stopped
                budget.begin()
                in_flight += 1
        elif in_flight:
            in_flight -= 1
            budget.end(None if cost is None else priced(cost))
            costs += [] if cost is None else [cost]
    assert len(stopped) <= 1


def test_no_cap_no_end() -> None:
    budget = Budget(None)
    for cost in (1e9, None):
        assert budget.may_begin()
        budget.begin()
        budget.end(priced(cost))
    assert budget.may_begin()


def test_who_comes_late_is_told_too() -> None:
    budget = Budget(1.0)
    budget.begin()
    budget.end(priced(0.75))
    assert not budget.may_begin()
    told: list[str] = []
    budget.when_over(told.append)
    assert told == ["not asked: --max-cost of $1 is reached ($0.75 spent)"]


def play(
    tmp_path: Path, ask: Asked, *, count: int = 8, runs: str = "a", **settings: Any
) -> tuple[Runs, dict[str, list[Any]]]:
    """Ask `count` questions in each run; the outcomes by run, in order."""
    config = GatewayConfig(
        token="t" * 16,
        runs=[RunConfig(run=run, model="m", journal=str(tmp_path / run)) for run in runs],
        **{"backoff": 0.001, "concurrency": 1, **settings},
    )
    announcements = [Announcement(run=run, requests=requests(run, count)) for run in runs]

    async def provider(body: dict[str, Any]) -> dict[str, Any]:
        return await ask(body["messages"][0]["content"])

    async def scene() -> dict[str, list[Any]]:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            played.append(made := Runs(config, journals))
            made.open(provider, group)
            for one in announcements:
                made.announce(one)
            made.begin(runs[0])
            return {
                one.run: [await made.outcome(one.run, each.key) for each in one.requests]
                for one in announcements
            }

    played: list[Runs] = []
    journals = {run: Journal(tmp_path / run) for run in runs}
    try:
        outcomes = asyncio.run(scene())
        return played[0], outcomes
    finally:
        for journal in journals.values():
            journal.close()


def requests(run: str, count: int) -> list[Announced]:
    bodies = [
        {"model": "m", "messages": [{"role": "user", "content": f"{run}-{n}"}]}
        for n in range(count)
    ]
    return [
        Announced(question=f"A-{n}", digest=digest(body), body=body)
        for n, body in enumerate(bodies)
    ]


def replies(outcomes: list[Any]) -> int:
    return sum(not isinstance(one, Failure) for one in outcomes)


@pytest.mark.parametrize(("concurrency", "cap"), [(1, 0.5), (4, 0.5), (4, 0.501)])
def test_asking_ends_below_the_cap(tmp_path: Path, concurrency: int, cap: float) -> None:
    async def ask(_: str) -> dict[str, Any]:
        await asyncio.sleep(0.002)
        return priced(0.1)

    played, outcomes = play(tmp_path, ask, concurrency=concurrency, max_cost=cap)
    assert replies(outcomes["a"]) == 5
    assert set(map(str, outcomes["a"][5:])) == {
        str(Failure(STOPPED, f"not asked: --max-cost of ${cap:g} is reached ($0.5 spent)"))
    }
    status = played.status()
    assert (status.done, status.failed) == (5, 3)
    assert status.cost == pytest.approx(0.5)
    assert status.runs["a"].capped
    assert status.runs["a"].fatal is None


def test_runs_share_the_cap_and_end_together(tmp_path: Path) -> None:
    async def ask(_: str) -> dict[str, Any]:
        await asyncio.sleep(0.002)
        return priced(0.1)

    played, outcomes = play(tmp_path, ask, runs="abc", max_cost=0.75)
    assert sum(map(replies, outcomes.values())) == 7
    status = played.status()
    assert status.cost == pytest.approx(0.7)
    assert all(run.capped and run.stopped for run in status.runs.values())


def test_a_dear_call_in_flight_is_waited_for(tmp_path: Path) -> None:
    """It turns out cheap, and the rest can be asked."""
    under_way: set[str] = set()
    levels: list[int] = []

    async def ask(name: str) -> dict[str, Any]:
        under_way.add(name)
        levels.append(len(under_way))
        await asyncio.sleep(0.05 if name == "a-1" else 0.001)
        under_way.remove(name)
        return priced(0.6 if name == "a-0" else 0.01)

    played, outcomes = play(tmp_path, ask, concurrency=2, max_cost=1.0)
    assert replies(outcomes["a"]) == 8
    assert not played.status().runs["a"].capped
    assert levels[:3] == [1, 2, 1]


def test_who_rests_is_stopped_as_well(tmp_path: Path) -> None:
    async def ask(name: str) -> dict[str, Any]:
        if name == "b-0":
            raise ProviderError("busy", retry_after=1000.0)
        return priced(0.6)

    _, outcomes = play(tmp_path, ask, runs="ab", max_cost=1.0)
    assert [replies(outcomes[run]) for run in "ab"] == [1, 0]


def test_unknown_cost_ends_a_capped_session_after_it_is_kept(tmp_path: Path) -> None:
    async def ask(name: str) -> dict[str, Any]:
        return priced(None if name == "a-2" else 0.01)

    played, outcomes = play(tmp_path, ask, max_cost=1.0)
    assert replies(outcomes["a"]) == 3
    assert outcomes["a"][3].kind == STOPPED
    assert "--max-cost of $1 cannot be kept" in outcomes["a"][3].message
    assert played.status().cost is None
    assert len(journalled(tmp_path / "a")) == 3


def test_unknown_cost_without_a_cap_is_only_unknown(tmp_path: Path) -> None:
    async def ask(_: str) -> dict[str, Any]:
        return priced(None)

    played, outcomes = play(tmp_path, ask)
    assert replies(outcomes["a"]) == 8
    assert played.status().cost is None


def test_question_that_a_filter_turned_away_ends_nothing(tmp_path: Path) -> None:
    async def ask(name: str) -> dict[str, Any]:
        return refusal_completion("no", {}) if name == "a-1" else priced(0.1)

    _, outcomes = play(tmp_path, ask, max_cost=10)
    assert replies(outcomes["a"]) == 8


def test_replies_of_the_journal_cost_nothing_now(tmp_path: Path) -> None:
    async def ask(_: str) -> dict[str, Any]:
        return priced(0.1)

    play(tmp_path, ask, max_cost=0.35)
    played, outcomes = play(tmp_path, ask, max_cost=0.35)
    assert replies(outcomes["a"]) == 6
    assert played.status().cost == pytest.approx(0.3)


def test_a_fatal_answer_ends_its_own_run(tmp_path: Path) -> None:
    async def ask(name: str) -> dict[str, Any]:
        if name == "a-1":
            raise ProviderError("no such model", fatal=True)
        return priced(0.1)

    played, outcomes = play(tmp_path, ask, runs="ab")
    assert [replies(outcomes[run]) for run in "ab"] == [1, 8]
    status = played.status()
    assert (status.runs["a"].fatal, status.runs["b"].fatal) == ("no such model", None)
    assert not status.runs["b"].stopped
