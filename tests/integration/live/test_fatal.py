"""What no retry can mend: one answer of that kind ends the asking, and nothing else."""

from __future__ import annotations

import re

import pytest

from tests.integration.live.conftest import Paper, Room
from tests.scripted.provider import Answer, Call, Script, completion, failure, provider

CONCURRENCY = 3
GOOD = {"000A-1", "000A-2", "000A-3", "000A-4", "000A-5", "000A-6"}
ERRORS = {
    "400": failure("no such thing as max_tokenz", status=400),
    "401": failure("that key is wrong", status=401),
    "403": failure("this model is not for you", status=403),
    "404": failure("the model does not exist", status=404),
    "quota": failure(
        "you exceeded your current quota", code="insufficient_quota", kind="quota", status=429
    ),
}


def answers(paper: Paper, error: Answer, good: set[str]) -> Script:
    def answer(call: Call) -> Answer:
        name = paper.question(call)
        return Answer(completion(paper.text(name))) if name in good else error

    return answer


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("400", ("-n0", "--gate=none")),
        ("401", ("-n2", "--gate=all")),
        ("403", ("-n0", "--gate=official")),
        ("404", ("-n2", "--gate=none")),
        ("quota", ("-n2",)),
    ],
)
def test_first_such_answer_stops_the_run(
    room: Room, kind: str, arguments: tuple[str, ...]
) -> None:
    error = ERRORS[kind]
    assert isinstance(error.body, dict)
    message = error.body["error"]["message"]
    with provider(answers(room.paper, error, GOOD)) as served:
        result = room.sit(served, f"--concurrency={CONCURRENCY}", *arguments)
    asked = room.paper.asked(served)
    assert GOOD < set(asked)
    assert set(asked.values()) == {1}, "nothing is asked again"
    assert len(set(asked) - GOOD) <= CONCURRENCY

    assert result.ret == 1
    printed = result.stdout.str()
    assert room.recorded == GOOD, "what was answered before is kept"
    outcomes = result.parseoutcomes()
    wrong = outcomes.get("wrong", 0)
    assert outcomes.get("passed", 0) + wrong == len(GOOD)
    assert outcomes["errors"] == 1
    assert outcomes["skipped"] == 40 - len(GOOD) - 1
    assert len(re.findall(f"^no reply to question 000.-.: {message}", printed, re.M)) == 1
    sheet = room.results()["sheet"]
    assert (sheet["verdict"], sheet["asked"]) == ("incomplete", 40)
    assert set(sheet["errors"]) == {*room.paper.questions} - GOOD


def test_recorded_questions_are_replayed_and_marked_beside_it(room: Room) -> None:
    with provider(answers(room.paper, ERRORS["400"], GOOD)) as served:
        room.sit(served, "-k", "000A")
        result = room.sit(served, f"--concurrency={CONCURRENCY}", "--gate=none", "-n2")
    asked = room.paper.asked(served)
    assert all(asked[name] == 1 for name in GOOD)
    assert len(asked) <= len(GOOD) + CONCURRENCY
    assert result.ret == 1
    marks = {mark["question"] for mark in room.results()["marks"] if mark["outcome"] != "error"}
    assert marks == GOOD


def test_parameter_that_nobody_can_translate_is_never_dropped(room: Room) -> None:
    room.model = "anthropic/claude-sonnet-4-5"
    with provider(lambda _: Answer()) as served:
        result = room.sit(served, "--model-arg=logprobs=true", "--run=own", "--gate=none")
    assert served.calls == []
    assert result.ret == 1
    assert "logprobs" in result.stdout.str()
    assert result.parseoutcomes() == {"errors": 1, "skipped": 39}
    assert list((room.project.path / "cassettes").rglob("*.yaml")) == []
