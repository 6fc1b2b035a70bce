"""What no retry can mend: one answer of that kind ends a run's asking, and nothing else."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.integration.live.conftest import Paper, Room
from tests.scripted.provider import Answer, Call, Provider, Script, completion, failure, provider

CONCURRENCY = 3
GOOD = {"000A-1", "000A-2", "000A-3", "000A-4", "000A-5", "000A-6"}
ERRORS = {
    "wrong-request": ("no such thing as max_tokenz", 400, None),
    "wrong-key": ("that key is wrong", 401, None),
    "not-allowed": ("this model is not for you", 403, None),
    "not-there": ("the model does not exist", 404, None),
    "no-money": ("you exceeded your current quota", 429, "insufficient_quota"),
}
"""What each model's provider says once the questions of block A are answered."""


def script(paper: Paper) -> Script:
    def answer(call: Call) -> Answer:
        name, model = paper.question(call), call.body["model"]
        if name in GOOD or model not in ERRORS:
            return Answer(completion(paper.text(name)))
        message, status, code = ERRORS[model]
        return failure(message, status=status, code=code)

    return answer


def asked(paper: Paper, served: Provider, model: str) -> Counter[str]:
    return Counter(paper.question(call) for call in served.calls if call.body["model"] == model)


@pytest.mark.long
@pytest.mark.parametrize(
    "arguments",
    [
        ("-n2", "--gate=all"),
        # Without workers: live/test_adapters.py, and the session below that drops no parameter.
        pytest.param(("-n0", "--gate=none"), marks=pytest.mark.slow),
    ],
)
def test_first_such_answer_ends_the_run_and_no_other(
    room: Room, arguments: tuple[str, ...]
) -> None:
    paper, everything = room.paper, {*room.paper.questions}
    others = [f"--model={model}" for model in ERRORS]
    with provider(script(paper)) as served:
        result = room.sit(served, *others, f"--concurrency={CONCURRENCY}", *arguments)
    assert result.ret == 1
    printed = result.stdout.str()
    outcomes = result.parseoutcomes()
    assert outcomes["errors"] == len(ERRORS)
    assert outcomes["skipped"] == len(ERRORS) * (40 - len(GOOD) - 1)
    for model, (message, _, _) in ERRORS.items():
        calls = asked(paper, served, model)
        assert set(calls.values()) == {1}, "nothing is asked again"
        assert set(calls) > GOOD
        assert len(set(calls) - GOOD) <= CONCURRENCY
        assert (
            len(re.findall(f"^no reply to question 000.-.: {message}", printed, re.MULTILINE)) == 1
        )
        folder = room.folder.parent / model
        assert {file.stem for file in folder.glob("*.yaml")} == GOOD, "what was answered is kept"
        sheet = room.results(model)["sheet"]
        assert (sheet["verdict"], sheet["asked"]) == ("incomplete", 40)
        assert {*sheet["errors"]} == everything - GOOD
    assert room.recorded == everything
    assert room.results()["sheet"]["verdict"] == "pass"


def test_recorded_questions_are_replayed_and_marked_beside_it(room: Room) -> None:
    room.model = "wrong-key"
    with provider(script(room.paper)) as served:
        room.sit(served, "-k", "000A")
        result = room.sit(served, f"--concurrency={CONCURRENCY}", "--gate=none", "-n2")
    calls = room.paper.asked(served)
    assert all(calls[name] == 1 for name in GOOD)
    assert len(calls) <= len(GOOD) + CONCURRENCY
    assert result.ret == 1
    result.stdout.fnmatch_lines(["Asking ended early: that key is wrong (HTTP 401, http:*"])
    marks = {mark["question"] for mark in room.results()["marks"] if mark["outcome"] != "error"}
    assert marks == GOOD


def test_parameter_that_nobody_can_translate_is_never_dropped(room: Room) -> None:
    room.model = "anthropic/claude-sonnet-4-5"
    with provider(lambda _: Answer()) as served:
        result = room.sit(
            served, "--model-arg=logprobs=true", "--run=own", "--gate=none", "--images=blind"
        )
    assert served.calls == []
    assert result.ret == 1
    assert "logprobs" in result.stdout.str()
    assert result.parseoutcomes() == {"errors": 1, "skipped": 39}
    assert list((room.project.path / "cassettes").rglob("*.yaml")) == []
