"""An image audit by a live session: one limit for both halves, and nothing paid for twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
import scipy.stats  # noqa: F401 - before pytester, which forgets what its tests load

from tests.integration.live_use.conftest import WRONG, Live, answered
from tests.scripted.provider import Answer, Call

AUDIT = "--images=audit"
BLIND = "some-model-blind"


def shows_figures(call: Call) -> bool:
    return not isinstance(call.body["messages"][-1]["content"], str)


@pytest.mark.slow
def test_an_audit_that_a_cap_ended_goes_on_and_is_rewritten(live: Live) -> None:
    right = live.answer
    figures = {one.id for one in live.exam.questions.values() if one.images}

    def answer(question: str, time: int, call: Call) -> Answer:
        hidden = question in figures and not shows_figures(call)
        made = answered(WRONG) if hidden else right(question, time, call)
        return replace(made, delay=0.05)

    live.answer = answer
    # 0.0004 dollars a call, two for the drawn word: some of both halves is asked before the cap.
    prices = ("--price-in=2", "--price-out=10", "--concurrency=2")
    capped = live.ask(AUDIT, *prices, "--max-cost=0.0088", "-n2")
    assert capped.ret == 1
    assert "cannot be audited: incomplete" in capped.stdout.str()
    assert live.provider.peak <= 2
    asked = len(live.asked)
    assert 20 <= asked <= 22
    assert len(live.recorded()) + len(live.recorded(BLIND)) == asked

    told = live.ask(AUDIT, *prices)
    assert told.ret == 0
    assert len(live.asked) == 50
    assert {name: live.times[name] for name in live.exam.questions} == {
        name: 2 if name in figures else 1 for name in live.exam.questions
    }
    told.stdout.fnmatch_lines(
        [
            "some-model sits sample: * to ask, * from cassettes, 2 at a time",
            "some-model-blind sits sample: * to ask, * from cassettes, 2 at a time",
            "  figures left out; text-only replies are those of some-model",
            "Net effect of the figures: +100.0 percentage points (p = 0.002).",
        ]
    )
    assert live.recorded(BLIND) == figures

    live.forget()
    live.answer = right
    anew = live.ask(AUDIT, "--record-mode=rewrite")
    assert anew.ret == 0
    assert len(live.asked) == 50
    assert "The figures changed no outcome." in anew.stdout.str()
    for run in ("some-model", BLIND):
        assert (live.folder(run) / ".replaced" / "1" / "run.json").exists()
    assert live.recorded(BLIND) == figures
