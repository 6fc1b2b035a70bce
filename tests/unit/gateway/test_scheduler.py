"""Order, number in flight, retries and ends, with a provider that is a function."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.files import digest
from jmle_plugin.gateway.budget import Budget
from jmle_plugin.gateway.concurrency import Concurrency
from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.journal import Entry, Journal
from jmle_plugin.gateway.limits import HEADERS, Lane
from jmle_plugin.gateway.protocol import Announced, GatewayConfig, RunConfig
from jmle_plugin.gateway.scheduler import Ask, Scheduler
from jmle_plugin.gateway.status import FATAL, SPENT, STOPPED, Failure
from tests.builders import journalled
from tests.scripted.provider import completion

REPLY = completion("【回答】a")


def requests(count: int) -> list[Announced]:
    bodies = [
        {"model": "m", "messages": [{"role": "user", "content": str(n)}]} for n in range(count)
    ]
    return [
        Announced(question=f"A-{n}", digest=digest(body), body=body)
        for n, body in enumerate(bodies)
    ]


def name(body: dict[str, Any]) -> int:
    return int(body["messages"][0]["content"])


def play(
    tmp_path: Path,
    ask: Ask,
    scene: Callable[[Scheduler], Awaitable[None]] | None = None,
    *,
    count: int = 6,
    hold: bool = False,
    **settings: Any,
) -> tuple[Scheduler, list[Any]]:
    """Run to the end; the scheduler and every outcome in order."""
    announced = requests(count)
    config = GatewayConfig(
        token="t" * 16,
        runs=[RunConfig(run="r", model="m", journal=str(tmp_path / "journal"))],
        **{"backoff": 0.001, **settings},
    )

    async def run() -> tuple[Scheduler, list[Any]]:
        lane = Lane(config.find_concurrency(), config.rpm, config.tpm, now=time.monotonic())
        scheduler = Scheduler(config, announced, ask, journal, Budget(config.max_cost), lane)
        if not hold:
            scheduler.begin()
        running = asyncio.create_task(scheduler.run())
        if scene is not None:
            await scene(scheduler)
        async with asyncio.timeout(5):
            await running
            return scheduler, [await scheduler.outcome(one.key) for one in announced]

    with Journal(tmp_path / "journal") as journal:
        return asyncio.run(run())


def kinds(outcomes: list[Any]) -> list[str]:
    return [one.kind if isinstance(one, Failure) else "reply" for one in outcomes]


def test_asked_in_order_and_every_reply_makes_room_for_the_next_call(tmp_path: Path) -> None:
    order: list[int] = []
    gates = [asyncio.Event() for _ in range(40)]

    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        order.append(name(body))
        await gates[name(body)].wait()
        return REPLY

    async def scene(scheduler: Scheduler) -> None:
        for number, gate in enumerate(gates):
            while len(order) < min(40, number + 8):  # noqa: ASYNC110 - the next turn will do
                await asyncio.sleep(0)
            assert scheduler.status().in_flight == min(8, 40 - number)
            gate.set()
            await scheduler.outcome(requests(40)[number].key)

    scheduler, outcomes = play(tmp_path, ask, scene, count=40, concurrency=8)
    assert order == list(range(40))
    assert kinds(outcomes) == ["reply"] * 40
    status = scheduler.status()
    assert (status.done, status.waiting, status.in_flight, status.failed) == (40, 0, 0, 0)
    assert status.tokens.prompt == 4000


def test_runs_of_one_model_share_its_limit(tmp_path: Path) -> None:
    now = peak = 0

    async def ask(_: dict[str, Any]) -> dict[str, Any]:
        nonlocal now, peak
        now += 1
        peak = max(peak, now)
        await asyncio.sleep(0.002)
        now -= 1
        return REPLY

    async def run(first: Journal, second: Journal) -> list[int]:
        config = GatewayConfig(
            token="t" * 16, runs=[RunConfig(run="r", model="m", journal="j")], concurrency=4
        )
        lane, budget = Lane(Concurrency(4, 4), None, None, now=time.monotonic()), Budget(None)
        both = [
            Scheduler(config, requests(20), ask, journal, budget, lane)
            for journal in (first, second)
        ]
        for one in both:
            one.begin()
        async with asyncio.timeout(5):
            await asyncio.gather(*(one.run() for one in both))
        return [one.status().done for one in both]

    with Journal(tmp_path / "one") as first, Journal(tmp_path / "other") as second:
        assert asyncio.run(run(first, second)) == [20, 20]
    assert peak == 4


def test_every_reply_is_journalled_before_it_is_handed_out(tmp_path: Path) -> None:
    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        return completion(str(name(body)))

    async def scene(scheduler: Scheduler) -> None:
        for one in requests(6):
            await scheduler.outcome(one.key)
            kept = set(journalled(tmp_path / "journal"))
            assert one.question in kept

    play(tmp_path, ask, scene)
    assert len(journalled(tmp_path / "journal")) == 6


def test_what_is_journalled_is_not_asked(tmp_path: Path) -> None:
    asked: list[int] = []
    with Journal(tmp_path / "journal") as journal:
        for one in (requests(6)[2], requests(6)[4]):
            journal.append(Entry(one.question, 1, one.digest, {"kept": one.question}))
        journal.append(Entry("A-1", 1, "0" * 64, {"kept": "of another request"}))

    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(name(body))
        return REPLY

    scheduler, outcomes = play(tmp_path, ask)
    assert sorted(asked) == [0, 1, 3, 5]
    assert outcomes[4] == {"kept": "A-4"}
    assert scheduler.status().from_journal == 2


def test_what_passes_is_asked_again(tmp_path: Path) -> None:
    left = {1: 2, 3: 1}

    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        if left.get(name(body), 0):
            left[name(body)] -= 1
            raise ProviderError("busy")
        return REPLY

    scheduler, outcomes = play(tmp_path, ask, max_retries=2)
    assert kinds(outcomes) == ["reply"] * 6
    assert scheduler.status().retries == 3


def test_retries_end(tmp_path: Path) -> None:
    asked: list[int] = []

    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(name(body))
        if name(body) == 2:
            raise ProviderError("overloaded")
        return REPLY

    scheduler, outcomes = play(tmp_path, ask, max_retries=3)
    assert outcomes[2] == Failure(SPENT, "overloaded (asked 4 times)")
    assert outcomes[2].status == 502
    assert asked.count(2) == 4
    assert kinds(outcomes).count("reply") == 5
    assert scheduler.status().failed == 1
    assert len(journalled(tmp_path / "journal")) == 5


STOPPED_BY = "asking was stopped: "


def test_fatal_ends_everything_but_what_is_in_flight(tmp_path: Path) -> None:
    asked: list[int] = []

    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(name(body))
        await asyncio.sleep(0.001)
        if name(body) == 1:
            raise ProviderError("no such model", fatal=True)
        await asyncio.sleep(0.01)
        return REPLY

    scheduler, outcomes = play(tmp_path, ask, count=30, concurrency=3)
    assert sorted(asked) == [0, 1, 2]
    assert outcomes[1] == Failure(FATAL, "no such model")
    assert outcomes[1].status == 424
    assert kinds(outcomes[:3]) == ["reply", FATAL, "reply"]
    assert set(outcomes[3:]) == {Failure(STOPPED, STOPPED_BY + "no such model")}
    assert outcomes[3].status == 503
    assert journalled(tmp_path / "journal") == ["A-0", "A-2"]
    assert scheduler.status().fatal == "no such model"


def test_fatal_wakes_who_rests(tmp_path: Path) -> None:
    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        if name(body) == 0:
            raise ProviderError("busy", retry_after=1000.0)
        await asyncio.sleep(0.01)
        raise ProviderError("no", fatal=True)

    _, outcomes = play(tmp_path, ask, concurrency=2)
    assert outcomes[1] == Failure(FATAL, "no")
    assert {outcomes[0], *outcomes[2:]} == {Failure(STOPPED, STOPPED_BY + "no")}


def test_what_fails_in_flight_after_the_end_is_not_asked_again(tmp_path: Path) -> None:
    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0.001 if name(body) == 0 else 0.01)
        if name(body) == 0:
            raise ProviderError("no", fatal=True)
        raise ProviderError("gone", fatal=name(body) == 1)

    scheduler, outcomes = play(tmp_path, ask, concurrency=3)
    assert outcomes[0] == Failure(FATAL, "no")
    assert set(outcomes[1:]) == {Failure(STOPPED, STOPPED_BY + "no")}
    assert scheduler.status().fatal == "no"


def test_too_many_lowers_the_number_in_flight_and_replies_raise_it(tmp_path: Path) -> None:
    seen: list[int] = []
    refused: set[int] = set()

    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        seen.append(scheduler_seen[0].status().in_flight)
        await asyncio.sleep(0.002)
        if name(body) < 8 and name(body) not in refused:
            refused.add(name(body))
            raise ProviderError("slow down", rate_limited=True, retry_after=0.02)
        return REPLY

    scheduler_seen: list[Scheduler] = []
    limits: list[int] = []

    async def scene(scheduler: Scheduler) -> None:
        scheduler_seen.append(scheduler)
        while scheduler.status().done < 60:
            limits.append(scheduler.status().limit)
            await asyncio.sleep(0.001)

    scheduler, outcomes = play(tmp_path, ask, scene, count=60, concurrency=8)
    assert kinds(outcomes) == ["reply"] * 60
    assert min(limits) == 4
    assert max(seen[:8]) == 8
    assert max(seen[8:14]) <= 4
    assert max(limits[limits.index(4) :]) > 4
    course = scheduler.status().course
    assert course is not None
    assert (course.levels[0], course.most, course.refused) == ((0.0, 8), 8, 8)


def test_the_number_in_flight_is_found_where_none_is_given(tmp_path: Path) -> None:
    now = peak = 0

    async def ask(_: dict[str, Any]) -> dict[str, Any]:
        nonlocal now, peak
        now += 1
        peak = max(peak, now)
        await asyncio.sleep(0.02)
        now -= 1
        return REPLY

    scheduler, outcomes = play(tmp_path, ask, count=120, max_concurrency=24)
    assert kinds(outcomes) == ["reply"] * 120
    assert 8 < peak <= 24
    course = scheduler.status().course
    assert course is not None
    assert course.most == peak
    assert course.levels[0] == (0.0, 8)


def test_calls_that_the_provider_says_are_not_left_wait_until_they_are(tmp_path: Path) -> None:
    times: list[float] = []

    async def ask(_: dict[str, Any]) -> dict[str, Any]:
        times.append(asyncio.get_running_loop().time())
        heed = HEADERS.get()
        assert heed is not None
        left = max(0, 2 - len(times))
        heed({
            "x-ratelimit-remaining-requests": str(left), "x-ratelimit-reset-requests": "150ms",
        })  # fmt: skip
        return REPLY

    play(tmp_path, ask, count=3, concurrency=1)
    assert times[1] - times[0] < times[2] - times[1]
    assert times[2] - times[1] >= 0.15


def test_retry_after_of_one_holds_all(tmp_path: Path) -> None:
    times: list[float] = []

    async def ask(_: dict[str, Any]) -> dict[str, Any]:
        times.append(asyncio.get_running_loop().time())
        if len(times) == 1:
            raise ProviderError("slow down", rate_limited=True, retry_after=0.1)
        return REPLY

    play(tmp_path, ask, concurrency=1)
    assert len(times) == 7
    assert times[1] - times[0] >= 0.1


def test_stop_lets_those_in_flight_finish(tmp_path: Path) -> None:
    async def ask(_: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return REPLY

    async def scene(scheduler: Scheduler) -> None:
        await asyncio.sleep(0.01)
        scheduler.stop("the budget is spent")

    scheduler, outcomes = play(tmp_path, ask, scene, concurrency=2)
    assert kinds(outcomes) == ["reply", "reply", *[STOPPED] * 4]
    assert outcomes[5] == Failure(STOPPED, "the budget is spent")
    assert scheduler.status().stopped
    assert scheduler.status().fatal is None


def test_on_hold_nothing_is_asked(tmp_path: Path) -> None:
    asked: list[int] = []

    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(name(body))
        return REPLY

    async def scene(scheduler: Scheduler) -> None:
        await asyncio.sleep(0.02)
        assert asked == []
        scheduler.begin()

    assert kinds(play(tmp_path, ask, scene, hold=True)[1]) == ["reply"] * 6


def test_requests_per_minute_are_kept(tmp_path: Path) -> None:
    times: list[float] = []

    async def ask(_: dict[str, Any]) -> dict[str, Any]:
        times.append(asyncio.get_running_loop().time())
        return REPLY

    play(tmp_path, ask, count=5, rpm=3000, concurrency=5)
    assert times[-1] - times[0] >= 4 * 0.02 * 0.95


@pytest.mark.parametrize("how", ["write", "sync"])
def test_a_journal_that_cannot_be_written_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, how, full)
    asked: list[int] = []

    async def ask(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(name(body))
        await asyncio.sleep(0.1)
        return REPLY

    _, outcomes = play(tmp_path, ask, concurrency=1)
    assert [outcomes[0].kind, outcomes[5].kind] == [FATAL, STOPPED]
    assert "No space left on device" in outcomes[5].message
    assert asked in ([0], [0, 1])


def test_a_fault_of_ours_leaves_nobody_waiting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def ask(_: dict[str, Any]) -> dict[str, Any]:
        raise KeyError("oops")

    _, outcomes = play(tmp_path, ask, concurrency=2)
    assert kinds(outcomes) == [FATAL] + [STOPPED] * 5
    assert "KeyError" in capsys.readouterr().err


def test_many_may_wait_for_the_same_reply(tmp_path: Path) -> None:
    async def ask(_: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {**REPLY, "id": "once"}

    async def scene(scheduler: Scheduler) -> None:
        key = requests(6)[0].key
        first, second = await asyncio.gather(scheduler.outcome(key), scheduler.outcome(key))
        assert first is second

    play(tmp_path, ask, scene)
