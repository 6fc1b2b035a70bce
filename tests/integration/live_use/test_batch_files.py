"""`jmle batch`: requests for runners elsewhere, and their results as recorded runs."""

from __future__ import annotations

import base64
import json
import random
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from jmle_plugin.ask.cassette import Cassette, read_cassette
from jmle_plugin.cli import main
from tests.integration.conftest import timeless
from tests.integration.live_use.conftest import RUN, Live, answered
from tests.scripted.provider import Answer, Call, completion, failure, sighted

# What litellm and its libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")
Line = dict[str, Any]


class Desk:
    """A project whose requests are answered by a batch runner on some other machine."""

    def __init__(
        self, live: Live, texts: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.live = live
        self._texts = texts
        self._capsys = capsys
        self.file = live.project.path / "requests.jsonl"
        self.results = live.project.path / "results.jsonl"

    def write(self, *arguments: object) -> int:
        options = ("--exam=sample", f"--model={RUN}", f"--output={self.file}")
        return self("batch", "write", *options, *arguments)

    def read(self, *arguments: object) -> int:
        return self("batch", "read", self.results, *arguments)

    def __call__(self, *arguments: object) -> int:
        self._capsys.readouterr()
        status = main([str(one) for one in arguments])
        printed = self._capsys.readouterr()
        self.said = " ".join((printed.out + printed.err).split())
        return status

    @property
    def requests(self) -> list[Line]:
        return [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]

    def run(self, *, answer: Callable[[Line, Answer], Line | None] | None = None) -> list[Line]:
        """What a runner makes of the requests; `answer` may spoil a line or leave it out."""
        made = []
        for number, asked in enumerate(self.requests, 1):
            call = Call(number, "/v1/chat/completions", {}, asked["body"], time.monotonic())
            given = (
                sighted(call)
                if "NONE" in call.text
                else self.live.answer(self.question(asked), 1, call)
            )
            line = (answer or result)(asked, given)
            made += [] if line is None else [line]
        self.deliver(made)
        return made

    def deliver(self, lines: Iterable[Line]) -> None:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        self.results.write_text(text, "utf-8")

    def question(self, asked: Line) -> str:
        content = asked["body"]["messages"][-1]["content"]
        return self._texts[content if isinstance(content, str) else content[0]["text"]]

    def cassettes(self) -> dict[str, Cassette]:
        found = {file.name: read_cassette(file) for file in self.live.folder().glob("*.yaml")}
        for one in found.values():
            one.response.pop("seconds", None)  # what came in a file took no time that is known
        return found


def result(asked: Line, given: Answer) -> Line:
    response = {"status_code": given.status, "request_id": "r", "body": given.body}
    return {"id": "x", "custom_id": asked["custom_id"], "response": response, "error": None}


@pytest.fixture
def desk(
    live: Live,
    texts: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    monkeypatch.chdir(live.project.path)
    return Desk(live, texts, capsys)


def test_results_of_a_file_are_recorded_as_live_replies_are(desk: Desk) -> None:
    live = desk.live
    assert live.ask("-q", "--gate=none").ret == 0
    asked_live = [call.body for call in live.provider.calls]
    recorded, results = desk.cassettes(), live.project.results(RUN)
    shutil.rmtree(live.folder())
    shutil.rmtree(live.project.path / "results")
    live.forget()

    assert desk.write() == 0
    probes, requests = desk.requests[:2], desk.requests[2:]
    assert f"sample {RUN}: 40 of 40 to ask" in desk.said
    assert "42 requests" in desk.said
    order = sorted(asked_live, key=json.dumps)
    assert sorted((one["body"] for one in requests), key=json.dumps) == order
    assert {len(one["custom_id"]) for one in desk.requests} == {58}
    assert [one["body"]["messages"][0]["content"][0]["text"] for one in probes]
    assert live.provider.calls == []

    lines = desk.run()
    random.Random(3).shuffle(lines)  # noqa: S311 - no secret
    desk.deliver(lines)
    assert desk.read() == 0, desk.said
    assert f"sample {RUN}: 40 of 40 replies 40 new" in desk.said
    assert desk.cassettes() == recorded
    assert live.project.sit(f"--run={RUN}", "--offline", "--gate=none", "-q").ret == 0
    again = live.project.results(RUN)
    assert all(mark["seconds"] is None for mark in again["marks"])
    results = timeless(results)
    assert (again["marks"], again["sheet"]) == (results["marks"], results["sheet"])
    assert live.provider.calls == []

    assert desk.read() == 0
    assert "0 new; 40 were recorded before and stay" in desk.said
    assert desk.cassettes() == recorded
    desk.file.unlink()
    assert desk.write() == 0
    assert "nothing is missing" in desk.said
    assert not desk.file.exists()


def test_results_may_come_partly_and_failed_ones_are_asked_again(desk: Desk) -> None:
    assert desk.write() == 0
    requests = desk.requests
    broken = {one["custom_id"]: n for n, one in enumerate(requests[2:9])}
    spoilt = [
        failure("the server had a problem", status=500),
        Answer(completion("half", finish="abort")),
        Answer(completion("whole?", finish=None)),
        Answer(completion("odd", finish="because")),
        Answer({"object": "chat.completion", "choices": []}),
    ]

    def spoil(asked: Line, given: Answer) -> Line | None:
        number = broken.get(asked["custom_id"])
        if number is None:
            return result(asked, given)
        if number == len(spoilt):
            return None
        if number > len(spoilt):
            late = {"code": "batch_expired", "message": "too late"}
            return {"custom_id": asked["custom_id"], "response": None, "error": late}
        return result(asked, spoilt[number])

    desk.run(answer=spoil)
    with desk.results.open("ab") as file:
        file.write(b'{"custom_id": "cut')
    assert desk.read() == 1
    assert "33 of 40 replies" in desk.said
    problems = ("the server had a problem", "broke off", "finish_reason", "'because'", "any choice")
    for part in (*problems, "batch_expired: too late", "cut off", f"{desk.results}:"):
        assert part in desk.said, part
    assert len(desk.cassettes()) == 33

    assert desk.write() == 0
    left = {one["custom_id"] for one in desk.requests}
    assert left == set(broken)
    desk.run()
    assert desk.read() == 0
    assert len(desk.cassettes()) == 40


def test_a_filter_that_turns_a_question_away_is_its_reply(desk: Desk) -> None:
    assert desk.write("--images=blind") == 0
    filtered = failure("not this", code="content_filter", status=400)
    first = desk.requests[0]["custom_id"]
    desk.run(
        answer=lambda asked, given: result(
            asked, filtered if asked["custom_id"] == first else given
        )
    )
    assert desk.read() == 0, desk.said
    folder = desk.live.project.path / "cassettes" / "sample" / f"{RUN}-blind"
    replies = [file.read_text("utf-8") for file in folder.glob("*.yaml")]
    assert sum("content_filter" in text for text in replies) == 1


def test_what_is_no_result_of_todays_requests_is_refused_by_name(desk: Desk) -> None:
    assert desk.write("--model-arg=temperature=0.0", f"--run={RUN}") == 0
    old = desk.run()
    shutil.rmtree(desk.live.folder())
    assert desk.write("--model-arg=temperature=1.0", f"--run={RUN}") == 0
    lines = desk.run()
    stale, foreign = old[5], {**lines[0], "custom_id": "request-7"}
    strange = {**lines[7], "custom_id": lines[7]["custom_id"].replace("-", "-0", 1)}
    desk.deliver([stale, foreign, strange, *lines[:3]])
    assert desk.read() == 1
    assert f"{desk.results}:1: is a result for question" in desk.said
    assert "as it was asked before" in desk.said
    assert "'request-7' is a result of no run" in desk.said
    assert "is of no question" in desk.said
    assert len(desk.cassettes()) == 1
    cassette = next(iter(desk.cassettes()))

    other = {**lines[9], "response": result({"custom_id": ""}, answered("x"))["response"]}
    desk.deliver([lines[9], other, lines[8], lines[8]])
    assert desk.read() == 1
    assert "different replies to question" in desk.said
    assert set(desk.cassettes()) > {cassette}
    assert len(desk.cassettes()) == 2
    desk.deliver([*lines, lines[2]])
    kept = desk.cassettes()
    assert desk.read() == 0
    assert kept.items() <= desk.cassettes().items()


def test_a_model_that_reads_no_drawn_word_gets_no_credit_for_figures(desk: Desk) -> None:
    figures = sum(bool(one.images) for one in desk.live.exam.questions.values())
    assert desk.write() == 0
    lines = desk.run()
    desk.deliver(lines[2:])
    assert desk.read() == 1
    assert "whether the model sees figures is not known yet" in desk.said
    assert len(desk.cassettes()) == 40 - figures

    blind = {**lines[0], "response": lines[1]["response"]}
    desk.deliver([blind, *lines[1:]])
    assert desk.read() == 1
    assert "did not read the word" in desk.said
    assert len(desk.cassettes()) == 40 - figures
    assert desk.read("--image-probe=optional") == 0
    assert len(desk.cassettes()) == 40


def test_figures_may_be_files_beside_the_requests(desk: Desk, tmp_path: Path) -> None:
    assert desk.write() == 0
    inline = desk.requests
    folder = tmp_path / "figures"
    assert desk.write(f"--figures={folder}") == 0
    named = desk.requests
    assert [one["custom_id"] for one in named] == [one["custom_id"] for one in inline]
    shown = 0
    for one, other in zip(named, inline, strict=True):
        urls, data = (
            [
                part["image_url"]["url"]
                for message in line["body"]["messages"]
                if isinstance(message["content"], list)
                for part in message["content"]
                if part["type"] == "image_url"
            ]
            for line in (one, other)
        )
        shown += len(urls)
        for url, address in zip(urls, data, strict=True):
            content = Path(url2pathname(urlsplit(url).path)).read_bytes()
            assert address.endswith(base64.b64encode(content).decode())
    assert shown


def test_other_forms_than_chat_completions_are_refused_and_nothing_is_written(desk: Desk) -> None:
    for model in ("anthropic/claude-sonnet-4-5", "openai/responses/some-model"):
        options = ("--exam=sample", f"--model={model}", f"--output={desk.file}")
        assert desk("batch", "write", *options) == 1
        assert "another form than OpenAI's chat completions" in desk.said
        assert not desk.file.exists()
        assert not desk.live.traces()


def test_recorded_runs_go_on_and_scripted_ones_do_not(desk: Desk) -> None:
    assert desk.write("--epochs=1") == 0
    requests = desk.requests
    desk.run()
    assert desk.read() == 0
    name = f"--output={desk.file}"
    assert desk("batch", "write", RUN, "--exam=sample", "--epochs=2", name) == 0
    assert len(desk.requests) == 40
    assert not {one["custom_id"] for one in desk.requests} & {one["custom_id"] for one in requests}
    desk.run()
    assert desk.read() == 0
    assert len(desk.cassettes()) == 80
    assert desk("batch", "write", "scripted-intern", "--exam=sample", name) == 1
    assert "cannot be asked" in desk.said
