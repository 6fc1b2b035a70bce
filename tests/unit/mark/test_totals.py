"""Sums over replies: what nobody told stays unknown, and the order does not matter."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.gateway.reply import ImageBytes
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.sheet import CostTotal
from jmle_plugin.mark.tallies import Latency, Spread, total_cost, total_figures, total_latency
from tests.builders import make_exam, make_mark

EXAM = make_exam()
COSTS = st.lists(st.none() | st.floats(0, 1000), max_size=30)


def costing(*costs: float | None) -> list[Mark]:
    return [make_mark(EXAM, "A-1", cost=cost) for cost in costs]


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        ([], CostTotal()),
        ([None, None], CostTotal(usd=None, replies=0, unknown=2)),
        ([0.0], CostTotal(usd=0.0, replies=1, unknown=0)),
        ([0.1] * 10, CostTotal(usd=1.0, replies=10, unknown=0)),
        ([1.25, None, 0.5], CostTotal(usd=1.75, replies=2, unknown=1)),
    ],
)
def test_unknown_cost_is_not_free(costs: list[float | None], total: CostTotal) -> None:
    assert total_cost(costing(*costs)) == total


def test_what_was_never_answered_has_no_cost_to_be_unknown() -> None:
    assert total_cost([make_mark(EXAM, "A-1", Outcome.ERROR)]) == CostTotal()


@given(costs=COSTS, chance=st.randoms())
def test_costs_sum_alike_in_any_order(costs: list[float | None], chance: Random) -> None:
    shuffled = list(costs)
    chance.shuffle(shuffled)
    total = total_cost(costing(*costs))
    assert total_cost(costing(*shuffled)) == total
    exact = sum((Fraction(cost) for cost in costs if cost is not None), Fraction())
    assert (total.usd or 0) == pytest.approx(float(exact), abs=1e-6)


def test_figures_are_summed_where_they_are_told() -> None:
    told = [ImageBytes(count=2, size=100, sent_size=60, changed=1), None]
    told.append(ImageBytes(count=1, size=10, sent_size=10, changed=0))
    marks = [make_mark(EXAM, "A-4", images=one) for one in told]
    assert total_figures(marks) == ImageBytes(count=3, size=110, sent_size=70, changed=1)
    assert total_figures(costing(None)) is None


def timed(*seconds: float | None, speed: float | None = None) -> list[Mark]:
    return [make_mark(EXAM, "A-1", seconds=one, tokens_per_second=speed) for one in seconds]


def test_of_twenty_replies_the_95th_percentile_is_the_last_but_one() -> None:
    latency = total_latency(timed(*map(float, range(1, 21)), None))
    assert latency == Latency(
        replies=20, seconds=Spread(median=10.5, p95=19.0), tokens_per_second=None
    )


def test_replies_that_were_not_timed_are_not_taken_for_fast_ones() -> None:
    assert total_latency(timed(None, None)) is None
    both = [*timed(2.0, speed=50.0), *timed(None)]
    assert total_latency(both) == Latency(
        replies=1, seconds=Spread(median=2.0, p95=2.0),
        tokens_per_second=Spread(median=50.0, p95=50.0),
    )  # fmt: skip


@given(seconds=st.lists(st.floats(0, 1e9), min_size=1, max_size=50), chance=st.randoms())
def test_times_are_the_same_in_any_order_and_few_replies_take_longer(
    seconds: list[float], chance: Random
) -> None:
    latency = total_latency(timed(*seconds))
    chance.shuffle(seconds)
    assert latency == total_latency(timed(*seconds))
    assert latency is not None
    assert sum(one > latency.seconds.p95 for one in seconds) <= 0.05 * len(seconds)
    assert min(seconds) <= latency.seconds.p95 <= max(seconds)
