"""Calls at a time, and calls and tokens per minute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.gateway.limits import Allowance, Pace, Quota, allowances

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (
            {"X-RateLimit-Remaining-Requests": "3", "x-ratelimit-reset-requests": "1m2.5s"},
            [Allowance(3, tokens=False, seconds=62.5)],
        ),
        (
            {"x-ratelimit-remaining-tokens": "900", "x-ratelimit-reset-tokens": "20ms"},
            [Allowance(900, tokens=True, seconds=0.02)],
        ),
        (
            {
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-input-tokens-reset": "2027-01-15T08:00:30Z",
            },
            [Allowance(0, tokens=True, seconds=30)],
        ),
        (
            {"ratelimit-remaining": "7", "ratelimit-reset": "9"},
            [Allowance(7, tokens=False, seconds=9)],
        ),
        (
            {"x-ratelimit-remaining": "7", "x-ratelimit-reset": str((NOW + 9) * 1000)},
            [Allowance(7, tokens=False, seconds=9)],
        ),
        ({"x-ratelimit-remaining-requests": "3"}, []),
        ({"x-ratelimit-remaining-requests": "x", "x-ratelimit-reset-requests": "1s"}, []),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "soon"}, []),
        ({"ratelimit-limit": "5", "retry-after": "2"}, []),
    ],
)
def test_what_is_left_is_read_in_every_providers_headers(
    headers: dict[str, str], told: list[Allowance]
) -> None:
    assert allowances(headers, now=lambda: NOW) == told


@given(st.dictionaries(st.sampled_from([
    "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "ratelimit-reset",
    "ratelimit-remaining", "anthropic-ratelimit-tokens-remaining",
    "anthropic-ratelimit-tokens-reset",
]), st.text() | st.floats().map(str) | st.integers().map(str)))  # fmt: skip
def test_whatever_a_provider_says_of_its_limits_can_be_heeded(headers: dict[str, str]) -> None:
    quota = Quota()
    quota.heed(allowances(headers), quota.begin(), 100.0, 5.0)
    assert 0.0 <= quota.wait(5.0) < 3600


def test_calls_begun_since_are_no_longer_left() -> None:
    quota = Quota()
    first, *_ = (quota.begin() for _ in range(3))
    quota.heed([Allowance(3, tokens=False, seconds=10)], first, 0.0, 100.0)
    assert quota.wait(100.0) == 0.0
    quota.begin()
    assert quota.wait(100.0) == 10.0
    assert quota.wait(110.0) == 0.0


def test_tokens_left_are_as_many_calls_as_they_pay_for() -> None:
    quota = Quota()
    quota.heed([Allowance(250, tokens=True, seconds=10)], quota.begin(), 100.0, 0.0)
    assert [quota.wait(0.0), quota.begin(), quota.wait(0.0), quota.begin(), quota.wait(0.0)] == [
        0.0, 2, 0.0, 3, 10.0,
    ]  # fmt: skip


def test_what_takes_a_day_is_not_waited_for() -> None:
    quota = Quota()
    quota.heed([Allowance(0, tokens=False, seconds=86400)], quota.begin(), 0.0, 0.0)
    assert quota.wait(0.0) == 0.0


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
