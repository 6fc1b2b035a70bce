"""Several models in one command: a run and a sheet each, whatever happens to the other."""

from __future__ import annotations

import pytest

from tests.integration.live_use.conftest import WRONG, Live, answered
from tests.scripted.provider import Answer, Call, failure


@pytest.mark.long
def test_a_model_that_is_refused_does_not_stop_the_other(live: Live) -> None:
    right = live.answer

    def answer(question: str, time: int, call: Call) -> Answer:
        if call.body["model"] == "closed-model":
            return failure("the account of this key is closed", status=401)
        return right(question, time, call)

    live.answer = answer
    both = live.ask("--model=closed-model", "--concurrency=2", "-n2", "-rs")
    assert both.ret == 1
    models = [call.body["model"] for call in live.provider.calls]
    assert models.count("some-model") == 40
    assert models.count("closed-model") <= 2
    both.stdout.fnmatch_lines(
        [
            "some-model sits sample: 40 to ask*",
            "closed-model sits sample: 40 to ask*",
            "*sample · some-model*",
            "PASS*",
            "*sample · closed-model*",
            "INCOMPLETE: 40 of 40 questions have no reply; no verdict",
            "Without a reply (39): asking was stopped: the account of this key is closed*",
        ]
    )
    assert live.project.results("some-model")["sheet"]["verdict"] == "pass"
    closed = live.project.results("closed-model")
    assert len(closed["sheet"]["errors"]) == 40
    assert all("the account of this key is closed" in mark["error"] for mark in closed["marks"])
    assert live.recorded("some-model") == set(live.exam.questions)
    assert not live.recorded("closed-model")

    # Once it is open again, the same command asks that one alone.
    live.answer = right
    live.forget()
    again = live.ask("--model=closed-model", "-q")
    assert again.ret == 0
    assert {call.body["model"] for call in live.provider.calls} == {"closed-model"}
    assert sorted(live.asked) == list(live.exam.questions)
    verdicts = [line.split(" (")[0] for line in again.outlines if line.startswith("sample ")]
    assert verdicts == ["sample some-model: PASS 56/56", "sample closed-model: PASS 56/56"]


@pytest.mark.slow
def test_a_stopped_session_blames_no_run_for_the_other(live: Live) -> None:
    right = live.answer

    def answer(question: str, time: int, call: Call) -> Answer:
        if call.body["model"] == "closed-model":
            return failure("the account of this key is closed", status=401)
        return answered(WRONG) if question == "000A-2" else right(question, time, call)

    live.answer = answer
    # The session ends with the second question of the first run.
    result = live.ask("--model=closed-model", "-k", "000A", "-x")
    assert result.ret == 1
    first = live.project.results("some-model.partial")["sheet"]
    assert (first["asked"], first["errors"]) == (2, [])
    second = live.project.results("closed-model.partial")["sheet"]
    assert len(second["errors"]) == 6
