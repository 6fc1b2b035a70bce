"""litellm against scripted providers that break off, answer too much, or answer unasked."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import tracemalloc
import zlib
from typing import Any

import pytest

from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.library import MOST
from jmle_plugin.gateway.provider import Provider
from jmle_plugin.gateway.reply import read_reply
from tests.scripted.provider import (
    Answer,
    Call,
    anthropic_message,
    completion,
    gemini_content,
    provider,
)
from tests.unit.gateway.asking import DIALECTS, FINE, Asking

# What litellm and its libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")

ENDED: dict[str, Any] = {
    "openai": lambda word: completion("【回答】", finish=word),
    "anthropic": lambda word: anthropic_message("【回答】", stop=word),
    "gemini": lambda word: gemini_content("【回答】", stop=word),
}


@pytest.mark.parametrize(
    ("dialect", "word"),
    [
        ("openai", "insufficient_system_resource"),
        ("openai", "abort"),
        ("openai", "network_error"),
        ("openai", "ERROR"),
        ("anthropic", "pause_turn"),
        ("gemini", "OTHER"),
        ("gemini", "MALFORMED_FUNCTION_CALL"),
    ],
)
def test_what_broke_off_is_no_reply(ask: Asking, dialect: str, word: str) -> None:
    told = ask.failure(Answer(ENDED[dialect](word)), dialect)
    assert told.message.startswith(f"the provider broke off its reply ({word}) (HTTP 200, http")
    assert (told.fatal, told.wasted) == (False, False)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_word_that_is_not_known_is_named(ask: Asking, dialect: str) -> None:
    told = ask.failure(Answer(ENDED[dialect]("tired")), dialect)
    assert not told.fatal
    assert "'tired'" in told.message


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_server_of_ones_own_that_gives_no_reason_is_asked_once(ask: Asking, dialect: str) -> None:
    told = ask.failure(Answer(ENDED[dialect](None)), dialect)
    assert told.fatal
    assert "--finish-reason=optional" in told.message
    ask.settings["end_optional"] = True
    reply = read_reply(ask(Answer(ENDED[dialect](None)), dialect))
    assert (reply.text, reply.finish_reason) == ("【回答】", "")
    assert reply.native_finish_reason == "none given"


def test_a_field_that_is_absent_is_no_reason_either(ask: Asking) -> None:
    bare = completion("【回答】a")
    del bare["choices"][0]["finish_reason"]
    assert ask.failure(Answer(bare)).fatal


def test_a_provider_that_gives_no_reason_is_asked_again(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask.bases = {"openai": "OPENAI_API_BASE"}
    monkeypatch.setenv("OPENAI_API_KEY", "planted")
    assert not ask.failure(Answer(completion("【回答】a", finish=None))).fatal


def test_a_server_that_gave_reasons_before_broke_off_where_it_gives_none(
    loop: asyncio.Runner,
) -> None:
    words = iter(["stop", None])
    with provider(lambda _: Answer(completion("a", finish=next(words)))) as served:
        asked = Provider({}, timeout=5.0, api_base=served.base)
        loop.run(asked.ask(body(1)))
        with pytest.raises(ProviderError) as caught:
            loop.run(asked.ask(body(2)))
    assert not caught.value.fatal


@pytest.mark.parametrize(
    ("dialect", "word", "finish"),
    [
        ("openai", "eos", "stop"),
        ("openai", "sensitive", "content_filter"),
        ("openai", "model_context_window_exceeded", "length"),
        ("anthropic", "end_turn", "stop"),
        ("anthropic", "refusal", "content_filter"),
        ("gemini", "SPII", "content_filter"),
        ("gemini", "MAX_TOKENS", "length"),
    ],
)
def test_the_providers_own_word_is_kept(ask: Asking, dialect: str, word: str, finish: str) -> None:
    reply = read_reply(ask(Answer(ENDED[dialect](word)), dialect))
    assert (reply.finish_reason, reply.native_finish_reason) == (finish, word)


def test_openais_own_words_need_no_second(ask: Asking) -> None:
    assert read_reply(ask(Answer(completion("a")))).native_finish_reason == ""


def body(number: int) -> dict[str, Any]:
    return {
        "model": "openai/some-model",
        "messages": [{"role": "user", "content": f"question {number}"}],
    }


@pytest.mark.parametrize(
    ("after", "pause"),
    [(0.0, 0.0), (0.05, 0.2), (0.3, 0.0)],
    ids=["with the answer", "on the idle connection", "when the next question has left"],
)
def test_an_answer_nobody_asked_for_is_no_ones_reply(
    loop: asyncio.Runner, after: float, pause: float
) -> None:
    stray = json.dumps(completion("stray")).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(stray)}"

    def script(call: Call) -> Answer:
        said = call.body["messages"][0]["content"]
        held = 1.0 if after > pause and call.number > 1 else 0.0  # until what is stray is there
        unasked = f"{head}\r\n\r\n".encode() + stray
        return Answer(completion(said), delay=held, stray=unasked, stray_delay=after)

    with provider(script) as served:
        asked = Provider({}, timeout=5.0, api_base=served.base)
        for number in range(4):
            made = loop.run(asked.ask(body(number)))
            assert read_reply(made).text == f"question {number}"
            time.sleep(pause)
    assert len(served.calls) == 4


LONG = b'{"choices": "' + b"a" * (MOST + 1) + b'"}'
GZIP = {"content-encoding": "gzip"}
UNREADABLE = {
    "long": Answer(LONG),
    "bomb": Answer(gzip.compress(LONG), headers=GZIP),
    "bomb in a bomb": Answer(
        gzip.compress(gzip.compress(LONG)), headers={"content-encoding": "gzip, gzip"}
    ),
    "no gzip": Answer(b"{}", headers=GZIP),
    "half a gzip": Answer(gzip.compress(b"{}" * 99)[:-9], headers=GZIP),
    "packed as nobody asked": Answer(b"{}", headers={"content-encoding": "br"}),
    "html": Answer(b"<html>busy</html>"),
    "no choices": Answer({**completion(), "choices": []}),
    "content no text": Answer(completion([{"type": "text"}])),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_answers_that_nothing_can_be_read_from_may_be_billed(ask: Asking, name: str) -> None:
    told = ask.failure(UNREADABLE[name])
    assert (told.fatal, told.wasted) == (False, True)


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"error": {"message": "overloaded"}}),
        Answer(b"<html>", status=502),
        Answer(LONG, status=500),
        Answer(reset=True),
        Answer(completion(), cut=9),
        Answer(completion(finish="abort")),
    ],
)
def test_what_an_outage_answers_is_not_billed(ask: Asking, answer: Answer) -> None:
    assert not ask.failure(answer).wasted


@pytest.mark.parametrize(
    ("pack", "name"),
    [(gzip.compress, "gzip"), (zlib.compress, "deflate"),
     (lambda raw: zlib.compress(raw)[2:-4], "deflate"),
     (lambda raw: raw, "identity")],
)  # fmt: skip
def test_packed_answers_are_read(ask: Asking, pack: Any, name: str) -> None:
    packed = pack(json.dumps(completion("【回答】a")).encode())
    reply = read_reply(ask(Answer(packed, headers={"content-encoding": name})))
    assert reply.text == "【回答】a"


def test_a_reply_as_long_as_can_be_is_read(ask: Asking) -> None:
    text = "あ" * 1_000_000
    assert read_reply(ask(Answer(completion(text)))).text == text


@pytest.mark.parametrize("packed", [False, True])
def test_an_endless_answer_takes_no_more_memory_than_the_longest(ask: Asking, packed: bool) -> None:
    raw = b'"' + b"a" * (24 * MOST)
    answer = Answer(gzip.compress(raw), headers=GZIP) if packed else Answer(raw)
    del raw
    ask(Answer(FINE["openai"]("a")))
    tracemalloc.start()
    try:
        assert ask.failure(answer).wasted
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * MOST


def responses(status: str, reason: str | None = None) -> dict[str, Any]:
    """An answer of OpenAI's Responses API."""
    return {
        "id": "resp_scripted",
        "object": "response",
        "created_at": 1_767_225_600,
        "model": "scripted-2026",
        "status": status,
        "incomplete_details": None if reason is None else {"reason": reason},
        "error": None,
        "output": [
            {
                "id": "msg_scripted",
                "type": "message",
                "role": "assistant",
                "status": status,
                "content": [{"type": "output_text", "text": "【回答】a", "annotations": []}],
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120},
    }


def test_the_responses_api_says_by_its_status_how_a_reply_ended(ask: Asking) -> None:
    ask.model = "openai/responses/some-model"
    whole = read_reply(ask(Answer(responses("completed"))))
    assert (whole.text, whole.finish_reason) == ("【回答】a", "stop")
    cut = read_reply(ask(Answer(responses("incomplete", "max_output_tokens"))))
    assert (cut.finish_reason, cut.native_finish_reason) == (
        "length",
        "incomplete:max_output_tokens",
    )
    assert "(cancelled)" in ask.failure(Answer(responses("cancelled"))).message
    assert "'incomplete:tired'" in ask.failure(Answer(responses("incomplete", "tired"))).message
