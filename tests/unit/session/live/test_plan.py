"""What is said before the first call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.ask.sitting import Seat
from jmle_plugin.gateway.models import estimate_tokens
from jmle_plugin.gateway.protocol import ModelFacts
from jmle_plugin.report.layout import dollars
from jmle_plugin.session.progress import Plan
from tests.builders import make_run, make_sitting


def make_plan(*names: str, **run: object) -> Plan:
    sitting = make_sitting(run=make_run(**run))
    seats = tuple(Seat(sitting, sitting.exam.questions[name]) for name in names)
    recorded = tuple(one for one in sitting.seats() if one not in seats)
    return Plan(sitting, seats, recorded)


def test_the_numbers_come_first() -> None:
    lines = list(make_plan("A-1", "A-2").lines(ModelFacts(provider="openai"), "16 at a time"))
    assert lines == [
        "some-model sits tiny: 2 to ask, 5 from cassettes, 16 at a time",
        "  projected cost: unknown (no price is known: give --price-in and --price-out)",
    ]
    assert all(len(line) <= 80 for line in lines)


def test_cost_is_projected_from_the_prompts_and_two_lengths_of_reply() -> None:
    plan = make_plan("A-1", "A-4")
    bodies = [plan.sitting.request(seat.question).body for seat in plan.asked]
    prompts = sum(map(estimate_tokens, bodies))
    assert prompts > 800  # one of them shows a figure
    facts = ModelFacts(provider="openai", input_price=0.001, output_price=0.01)
    *_, line = plan.lines(facts, "")
    short, long = prompts * 0.001 + 6, prompts * 0.001 + 60
    assert line == (
        f"  projected cost: ${short:.2f} with 300 tokens a reply, ${long:.2f} with 3,000"
    )


@pytest.mark.parametrize("known", ["input_price", "output_price"])
def test_half_a_price_projects_nothing(known: str) -> None:
    facts = ModelFacts(provider="openai", **{known: 1.0})
    assert "unknown" in list(make_plan("A-1").lines(facts, ""))[-1]


def test_a_model_that_sees_nothing_is_told() -> None:
    plan = make_plan("A-4", images=ImageMode.BLIND, no_vision=True)
    lines = list(plan.lines(ModelFacts(provider="openai"), ""))
    assert lines[1] == "  some/model is known to see no figures: the run is blind"


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_no_cost_is_told_as_nothing(amount: float) -> None:
    assert float(dollars(amount).removeprefix("$").replace(",", "")) > 0


def test_amounts_for_people() -> None:
    told = [dollars(amount) for amount in (None, 0.0, 0.00016, 0.0123, 1234.5)]
    assert told == ["unknown", "$0.00", "$0.000160", "$0.0123", "$1,234.50"]
