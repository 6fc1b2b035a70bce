"""Waits between askings."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from jmle_plugin.gateway.limits import LONGEST, delay, retry_after


def test_waits_double_and_end_at_the_longest() -> None:
    waits = [delay(n, None, first=1.0, random_share=lambda: 1.0) for n in (1, 2, 3, 4, 7, 1000)]
    assert waits == [1.0, 2.0, 4.0, 8.0, LONGEST, LONGEST]


def test_half_of_a_wait_is_left_to_chance() -> None:
    assert delay(3, None, first=1.0, random_share=lambda: 0.0) == 2.0
    assert len({delay(3, None, first=1.0) for _ in range(50)}) > 40


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_never_sooner_than_told(share: float) -> None:
    assert 20.0 <= delay(1, 20.0, first=1.0, random_share=lambda: share) <= 22.0


def test_own_wait_counts_where_it_is_longer() -> None:
    assert delay(5, 0.0, first=1.0, random_share=lambda: 1.0) == 16.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": formatdate(1_000_030, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(999_000, usegmt=True)}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-1"}, None),
    ],
)
def test_retry_after_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=lambda: 1_000_000.0) == seconds
