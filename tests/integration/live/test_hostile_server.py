"""A server that plays every fault: no mark is a wrong answer that no model gave."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.live.conftest import Room
from tests.scripted.provider import (
    Answer,
    Call,
    Script,
    anthropic_message,
    completion,
    failure,
    gemini_content,
    provider,
    sighted,
)

WRONG = "【回答】zz"
"""What no question accepts: whoever takes it for a reply gives a wrong answer."""
LONG = json.dumps(completion(WRONG + "あ" * 3_000_000)).encode()
STRAY = json.dumps(completion(WRONG)).encode()
HEAD = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(STRAY)}\r\n\r\n"

BROKEN = {
    "000A-1": Answer(completion(WRONG, finish="insufficient_system_resource")),
    "000A-2": Answer(completion(WRONG, finish="abort")),
    "000A-4": Answer(completion(WRONG, finish="network_error")),
    "000A-5": Answer(completion(WRONG, finish="a word of its own")),
    "000B-1": Answer(completion(WRONG, finish=None)),
    "000B-3": failure("busy", status=503),
    "000B-4": Answer({"error": {"message": "busy"}}),
    "000B-5": Answer(completion(WRONG), cut=50),
    "000B-6": Answer(reset=True),
}
UNREADABLE = {
    "000C-1": Answer(b"<html>busy</html>"),
    "000C-2": Answer({**completion(WRONG), "choices": []}),
    "000C-3": Answer(LONG),
    "000C-4": Answer(gzip.compress(LONG), headers={"content-encoding": "gzip"}),
}
NEVER = "000F-6"


@pytest.mark.parametrize("workers", ["2", pytest.param("0", marks=pytest.mark.slow)])
def test_no_fault_becomes_a_wrong_answer(room: Room, workers: str) -> None:
    paper = room.paper
    first = {
        **{name: [fault] * 3 for name, fault in BROKEN.items()},
        **{name: [fault] * 2 for name, fault in UNREADABLE.items()},
        NEVER: [UNREADABLE["000C-1"]] * 3,
    }
    honest = paper.script(first)
    with provider(
        lambda call: (
            replace(made, stray=HEAD.encode() + STRAY)
            if (made := honest(call)).status == 200 and not made.cut
            else made
        )
    ) as served:
        # The first reply says why it ended: from then on a missing reason is a fault.
        command = ("--max-retries=3", "--concurrency=1", "--gate=none", "-n", workers)
        assert room.sit(served, *command, "-k", "000D-1").ret == 0
        result = room.sit(served, *command)
        calls = paper.asked(served)
    assert calls == {
        **dict.fromkeys(paper.questions, 1),
        **dict.fromkeys(BROKEN, 4),
        **dict.fromkeys(UNREADABLE, 3),
        NEVER: 3,
    }
    sheet = room.results()["sheet"]
    assert (sheet["verdict"], sheet["errors"]) == ("incomplete", [NEVER])
    assert result.ret == 1
    marks = {one["question"]: one for one in room.results()["marks"]}
    for name, mark in marks.items():
        assert mark["answer"] != ["zz"]
        assert mark["outcome"] in {"correct", "error"} or paper.mistaken(name)
    assert room.recorded == {*paper.questions} - {NEVER}


SPEAK: dict[str, Callable[..., dict[str, Any]]] = {
    "anthropic/claude-sonnet-4-5": anthropic_message,
    "gemini/gemini-2.5-flash": gemini_content,
}
OF_PROTOCOL: dict[str, list[str | None]] = {
    "anthropic/claude-sonnet-4-5": ["pause_turn", "a word of its own", None],
    "gemini/gemini-2.5-flash": ["OTHER", "MALFORMED_FUNCTION_CALL", "A_WORD_OF_ITS_OWN", ""],
}


@pytest.mark.parametrize(
    "model",
    [
        "anthropic/claude-sonnet-4-5",
        pytest.param("gemini/gemini-2.5-flash", marks=pytest.mark.slow),
    ],
)
def test_no_fault_becomes_a_wrong_answer_in_other_protocols(
    room: Room, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setenv(model.partition("/")[0].upper() + "_API_KEY", "used-key")
    paper, speak = room.paper, SPEAK[model]
    # The last are asked when replies have said why they ended.
    names = list(reversed(paper.questions))
    broken = dict(zip(names, OF_PROTOCOL[model], strict=False))
    cut, page, large = names[5:8]
    faults = {
        **{name: [Answer(speak(WRONG, stop=word))] * 2 for name, word in broken.items()},
        cut: [Answer(speak(WRONG), cut=50)] * 2,
        page: [UNREADABLE["000C-1"]] * 2,
        large: [Answer(gzip.compress(LONG), headers={"content-encoding": "gzip"})] * 2,
    }
    asked: Counter[str] = Counter()

    def answer(call: Call) -> Answer:
        name = paper.question(call)
        asked[name] += 1
        planned = faults.get(name, [])
        if asked[name] <= len(planned):
            return planned[asked[name] - 1]
        return Answer(speak(f"{paper.text(name)} used-key"), stray=HEAD.encode() + STRAY)

    with provider(answer) as served:
        result = room.project.sit(
            f"--model={model}", f"--api-base={served.address}", "--run=some-run",
            "--max-retries=3", "--concurrency=4",
        )  # fmt: skip
    assert asked == {**dict.fromkeys(paper.questions, 1), **dict.fromkeys(faults, 3)}
    assert result.ret == 0
    marks = {one["question"]: one for one in room.results("some-run")["marks"]}
    assert len(marks) == 40
    for name, mark in marks.items():
        assert mark["answer"] != ["zz"]
        assert mark["outcome"] == "correct" or paper.mistaken(name)
    folder = room.folder.parent / "some-run"
    assert all("used-key" not in file.read_text("utf-8") for file in folder.iterdir())


def test_a_server_that_always_breaks_off_gives_no_verdict(room: Room) -> None:
    broken = Answer(completion(WRONG, finish="insufficient_system_resource"))
    with provider(lambda _: broken) as served:
        result = room.sit(served, "--max-retries=0", "--concurrency=8")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*broke off its reply (insufficient_system_resource)*"])
    assert len(served.calls) == 40
    assert room.results()["sheet"]["verdict"] == "incomplete"
    assert not room.recorded


def _reasonless(script: Script) -> Script:
    """The same answers, none of which says why it ended."""

    def answer(call: Call) -> Answer:
        made = script(call)
        assert isinstance(made.body, dict)
        del made.body["choices"][0]["finish_reason"]
        return made

    return answer


def test_a_server_that_never_gives_a_reason_is_asked_once(room: Room) -> None:
    with provider(_reasonless(room.paper.script())) as served:
        served.eyes = _reasonless(sighted)
        looked = room.sit(served, "--concurrency=1")
        assert looked.ret == pytest.ExitCode.USAGE_ERROR
        assert (len(served.shown), served.calls) == (1, [])
        looked.stderr.fnmatch_lines(["*--finish-reason=optional*"])
        result = room.sit(served, "--concurrency=1", "--image-probe=optional")
        assert result.ret == 1
        assert len(served.calls) == 1
        result.stdout.fnmatch_lines(["*--finish-reason=optional*"])
        assert not room.recorded
        again = room.sit(served, "--concurrency=8", "--finish-reason=optional")
    assert again.ret == 0
    again.stdout.fnmatch_lines(["Finish reasons in the provider's words: none given 40"])
    assert room.results()["sheet"]["native_finish_reasons"] == {"none given": 40}
