"""What replies cost: as computed by hand, unknown where nobody can know, and capped."""

from __future__ import annotations

import re

import pytest

from tests.integration.live_use.conftest import Live, answered
from tests.scripted.provider import Answer, completion

PRICES = ("--price-in=2", "--price-out=10")
"""US dollars per million tokens."""
SILENT, UNCOUNTED = "000A-2", "000B-3"


def uncounted(text: str) -> Answer:
    """A reply of a provider that counts nothing."""
    return Answer({name: part for name, part in completion(text).items() if name != "usage"})


def test_tokens_and_cost_of_every_question(live: Live) -> None:
    numbers = {name: n for n, name in enumerate(live.exam.questions)}

    def answer(question: str, *_: object) -> Answer:
        n = numbers[question]
        reply = answered(
            live.right(question),
            prompt_tokens=None if question == SILENT else 100 + n,
            completion_tokens=20 + n,
            total_tokens=None,
            completion_tokens_details={"reasoning_tokens": n},
            prompt_tokens_details={"cached_tokens": 50},
        )
        return uncounted(live.right(question)) if question == UNCOUNTED else reply

    live.answer = answer
    result = live.ask(*PRICES)
    assert result.ret == 0
    marks = live.marks()
    for name, n in numbers.items():
        if name == UNCOUNTED:
            assert (marks[name]["tokens"], marks[name]["cost"]) == (None, None)
        elif name == SILENT:
            assert (marks[name]["tokens"]["prompt"], marks[name]["cost"]) == (None, None)
        else:
            assert marks[name]["tokens"] == {
                "prompt": 100 + n,
                "completion": 20 + n,
                "reasoning": n,
                "cached": 50,
            }
            assert marks[name]["cost"] == pytest.approx((100 + n) * 2e-6 + (20 + n) * 10e-6)
    known = [n for name, n in numbers.items() if name not in (SILENT, UNCOUNTED)]
    usd = sum(200 + 2 * n + 200 + 10 * n for n in known) / 1e6
    cost = live.project.results("some-model")["sheet"]["cost"]
    assert cost == {"usd": pytest.approx(usd), "replies": 38, "unknown": 2}
    result.stdout.fnmatch_lines([f"Cost: ${usd:.4f} for 38 replies, unknown for 2"])
    assert not re.search(r"cost \$0(?![\d.])", result.stdout.str())


def test_a_cap_stops_asking_and_a_later_command_goes_on(live: Live) -> None:
    # Each reply costs $0.0004: ten of them and two for the drawn word are worth $0.0048.
    capped = live.ask(*PRICES, "--max-cost=0.0048", "--concurrency=2", "-n2", "-rs")
    assert capped.ret == 1
    assert len(live.asked) == len(live.recorded()) == 10
    first = list(live.asked)
    results = live.project.results("some-model")
    assert results["sheet"]["verdict"] == "incomplete"
    assert len(results["sheet"]["errors"]) == 30
    assert results["sheet"]["cost"] == {"usd": 0.004, "replies": 10, "unknown": 0}
    reason = "not asked: --max-cost of $0.0048 is reached ($0.0048 spent)"
    assert {mark["error"] for mark in results["marks"]} == {"", reason}
    capped.stdout.fnmatch_lines([f"SKIPPED [[]30[]] *: {reason}"])
    capped.stdout.fnmatch_lines(
        [
            "INCOMPLETE: 30 of 40 questions have no reply; no verdict",
            "Errors (30): *",
            "Without a reply (30): not asked: --max-cost of $0.0048 is reached ($0.0048",
            "  spent)",
        ]
    )
    assert "10 passed, 30 skipped" in capped.outlines[-1]

    live.asked.clear()
    assert live.ask(*PRICES, "-q").ret == 0
    assert sorted(first + live.asked) == sorted(live.exam.questions)


@pytest.mark.slow
def test_a_cap_cannot_be_kept_by_a_provider_that_counts_nothing(live: Live) -> None:
    def answer(question: str, *_: object) -> Answer:
        make = uncounted if question == "000A-3" else answered
        return make(live.right(question))

    live.answer = answer
    result = live.ask(*PRICES, "--max-cost=5", "--concurrency=1", "-x", "-rs")
    assert result.ret == 1
    assert live.asked == ["000A-1", "000A-2", "000A-3"]
    assert live.recorded() == {"000A-1", "000A-2", "000A-3"}
    result.stdout.fnmatch_lines(
        ["SKIPPED [[]37[]] *--max-cost of $5 cannot be kept, because a reply came without*"]
    )
