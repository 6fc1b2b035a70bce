"""How far asking has come, a line at a time."""

from __future__ import annotations

import threading
import time
from typing import Any

from jmle_plugin.errors import GatewayError
from jmle_plugin.gateway.status import GatewayStatus, RunStatus, Tokens
from jmle_plugin.session.progress import Progress, progress_line

BUSY = {"waiting": 300, "unfinished": 16, "in_flight": 16, "done": 84}


def run_status(**counts: Any) -> RunStatus:
    nothing = dict.fromkeys(RunStatus.model_fields, 0)
    fields: dict[str, Any] = {
        **nothing,
        "tokens": Tokens(),
        "stopped": False,
        "capped": False,
        "fatal": None,
        "batch": "",
        "course": None,
    }
    return RunStatus(**fields | counts)


def status(*runs: RunStatus, **counts: Any) -> GatewayStatus:
    named = {str(number): run for number, run in enumerate(runs or [run_status(**counts)])}
    return GatewayStatus(runs=named)


def test_a_line_says_how_far_what_it_cost_and_how_long() -> None:
    line = progress_line(status(**BUSY, cost=0.5), 42.0)
    # 84 in 42 s are 2 a second; 316 are left.
    assert line == "84/400 answered, 16 in flight, 120/min, 2:38 left, cost $0.5000"


def test_trouble_is_told_at_the_end() -> None:
    line = progress_line(status(**BUSY, failed=2, retries=1, cost=None), 43.0)
    assert line.endswith(", 2 failed, 1 retry")
    assert line.startswith("84/402 answered, ")
    assert "cost unknown" in line
    # 86 in 43 s: what failed is done with.
    assert "120/min, 2:38 left" in line


def test_nothing_is_projected_from_nothing() -> None:
    line = progress_line(status(waiting=4, unfinished=8, in_flight=8), 30.0)
    assert line == "0/12 answered, 8 in flight"


def test_long_waits_are_told_in_hours() -> None:
    line = progress_line(status(waiting=99, done=1), 100.0)
    assert line.endswith("1/min, 2:45:00 left")


def test_runs_are_summed_and_one_unknown_cost_makes_all_unknown() -> None:
    line = progress_line(status(run_status(done=1, cost=1.0), run_status(done=2, cost=2.0)), 60.0)
    assert "3/3 answered" in line
    assert "cost $3.00" in line
    half = progress_line(status(run_status(cost=1.0), run_status(cost=None)), 60.0)
    assert "cost unknown" in half


class Listener:
    """Hears lines, and waits for them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.shares: list[tuple[int, int]] = []
        self._heard = threading.Semaphore(0)

    def __call__(self, line: str, done: int, total: int) -> None:
        self.lines.append(line)
        self.shares.append((done, total))
        self._heard.release()

    def wait(self, number: int) -> None:
        for _ in range(number):
            assert self._heard.acquire(timeout=10)


def pause() -> None:
    """Time for ten more lines, were there any."""
    time.sleep(0.1)


def test_it_speaks_until_everything_is_answered() -> None:
    seen = iter([status(waiting=2, done=1), status(waiting=1, done=2), status(done=3)])
    heard = Listener()
    Progress(lambda: next(seen), heard, 0.01)
    heard.wait(3)
    pause()
    assert [line.split()[0] for line in heard.lines] == ["1/3", "2/3", "3/3"]
    assert heard.shares == [(1, 3), (2, 3), (3, 3)]


def test_it_is_silent_once_it_was_ended() -> None:
    heard = Listener()
    progress = Progress(lambda: status(waiting=1), heard, 0.01)
    heard.wait(1)
    progress.end()
    said = len(heard.lines)
    pause()
    assert len(heard.lines) == said


def test_a_gateway_that_is_gone_ends_it() -> None:
    asked = threading.Semaphore(0)

    def gone() -> GatewayStatus:
        asked.release()
        raise GatewayError("gone")

    heard = Listener()
    Progress(gone, heard, 0.01)
    assert asked.acquire(timeout=10)
    pause()
    assert not asked.acquire(blocking=False)
    assert heard.lines == []
