"""Calls at a time, and calls and tokens per minute."""

from __future__ import annotations

import pytest

from jmle_plugin.gateway.limits import AdaptiveLimit, Pace


def test_limit_is_halved_and_never_below_one() -> None:
    limit = AdaptiveLimit(16)
    seen = []
    for now in range(1, 7):
        limit.lower(started=float(now), now=float(now))
        seen.append(limit.calls)
    assert seen == [8, 4, 2, 1, 1, 1]


def test_one_burst_of_refusals_counts_once() -> None:
    limit = AdaptiveLimit(16)
    for _ in range(16):
        limit.lower(started=0.0, now=5.0)
    assert limit.calls == 8


def test_a_round_of_successes_allows_one_more_up_to_the_first_limit() -> None:
    limit = AdaptiveLimit(4)
    limit.lower(started=0.0, now=1.0)
    assert limit.calls == 2
    for _ in range(3):
        limit.raise_()
    assert limit.calls == 3
    for _ in range(100):
        limit.raise_()
    assert limit.calls == 4


def test_requests_keep_their_distance() -> None:
    pace = Pace(60.0, None, now=0.0)
    assert pace.wait(0.0, 0.0) == 0.0
    assert pace.wait(0.0, 0.25) == 0.75
    assert pace.wait(0.0, 1.0) == 0.0


def test_idle_time_is_not_saved_up() -> None:
    pace = Pace(60.0, None, now=0.0)
    assert pace.wait(0.0, 100.0) == 0.0
    assert pace.wait(0.0, 100.0) == 1.0


def test_tokens_are_spent_and_come_back() -> None:
    pace = Pace(None, 6000.0, now=0.0)  # 100 a second, 1,000 at once
    assert pace.wait(800.0, 0.0) == 0.0
    assert pace.wait(800.0, 0.0) == pytest.approx(6.0)
    assert pace.wait(800.0, 6.0) == 0.0


def test_a_reply_settles_what_it_really_cost() -> None:
    pace = Pace(None, 6000.0, now=0.0)
    assert pace.wait(1000.0, 0.0) == 0.0
    pace.settle(1000.0, 400.0)
    assert pace.wait(600.0, 0.0) == 0.0
    pace.settle(600.0, 1600.0)
    assert pace.wait(500.0, 0.0) == pytest.approx(15.0)


def test_a_call_larger_than_the_bucket_passes_at_last() -> None:
    pace = Pace(None, 60.0, now=0.0)
    assert pace.wait(5000.0, 0.0) == 0.0
    assert pace.wait(1.0, 0.0) > 1000.0


def test_no_limit_no_wait() -> None:
    pace = Pace(None, None, now=0.0)
    assert {pace.wait(10.0**9, 0.0) for _ in range(100)} == {0.0}
