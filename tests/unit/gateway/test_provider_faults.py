"""litellm against scripted providers: every fault, in three dialects, each called once."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from jmle_plugin.gateway.failures import HIDDEN, ProviderError, Redaction
from jmle_plugin.gateway.library import load_litellm
from jmle_plugin.gateway.provider import Provider
from tests.scripted.provider import (
    Answer,
    completion,
    failure,
    provider,
)
from tests.unit.gateway.asking import DIALECTS, ERRORS, FINE, KEYS, Asking

# What litellm and its libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_passes_is_worth_another_try(ask: Asking, dialect: str, status: int) -> None:
    told = ask.failure(Answer(ERRORS[dialect](status, "overloaded"), status), dialect)
    assert not told.fatal
    assert "overloaded" in told.message
    assert told.rate_limited == (status == 429)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_what_stays_is_fatal_in_the_providers_words(ask: Asking, dialect: str, status: int) -> None:
    told = ask.failure(Answer(ERRORS[dialect](status, "いいえ, not like this"), status), dialect)
    assert told.fatal
    assert told.message.startswith(f"いいえ, not like this (HTTP {status}, http://127.0.0.1:")


def test_spent_quota_is_fatal(ask: Asking) -> None:
    told = ask.failure(failure("Out of money", code="insufficient_quota", status=429))
    assert told.message.startswith("Out of money (HTTP 429")
    assert told.fatal


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "7"}, 7.0), ({"retry-after-ms": "250"}, 0.25), ({}, None)],
    ids=["seconds", "milliseconds", "none"],
)
def test_retry_after_is_found(
    ask: Asking, dialect: str, headers: dict[str, str], seconds: float | None
) -> None:
    told = ask.failure(Answer(ERRORS[dialect](429, "slow down"), 429, headers), dialect)
    assert told.rate_limited
    assert told.retry_after == seconds


@pytest.mark.parametrize("dialect", DIALECTS)
def test_retry_after_as_a_date_is_found(ask: Asking, dialect: str) -> None:
    until = time.time() + 3000
    headers = {"retry-after": formatdate(until, usegmt=True)}
    told = ask.failure(Answer(ERRORS[dialect](429, "slow down"), 429, headers), dialect)
    answered = time.time()
    # The date has whole seconds, and the wait is counted from a moment before `answered`.
    assert told.retry_after is not None
    assert until - answered - 1 <= told.retry_after <= 3001


def test_geminis_own_delay_is_found(ask: Asking) -> None:
    told = ask.failure(
        Answer({"error": {"code": 429, "message": "exceeded your current quota", "status": "X",
                          "details": [{"retryDelay": "21s"}]}}, 429), "gemini",
    )  # fmt: skip
    assert (told.retry_after, told.fatal) == (21.0, False)


def test_a_days_wait_is_no_wait(ask: Asking) -> None:
    told = ask.failure(failure("daily limit", status=429, headers={"retry-after": "80000"}))
    assert told.fatal
    assert told.message.startswith("daily limit (it asks to wait 80000 seconds)")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", ["reset", "cut", "html", "half", "empty", "nothing", "list"])
def test_broken_answers_are_worth_another_try(ask: Asking, dialect: str, fault: str) -> None:
    fine = FINE[dialect]("a")
    answers = {
        "reset": Answer(reset=True),
        "cut": Answer(fine, cut=20),
        "html": Answer(b"<html>busy</html>"),
        "half": Answer(b'{"id": "x", "cho'),
        "empty": Answer(b""),
        "nothing": Answer({}),
        "list": Answer([]),  # type: ignore[arg-type]  # a body that is JSON, but no object
    }
    told = ask.failure(answers[fault], dialect)
    assert not told.fatal
    assert "Traceback" not in told.message
    assert "\n" not in told.message


@pytest.mark.parametrize("dialect", DIALECTS)
def test_slower_than_the_timeout(ask: Asking, dialect: str) -> None:
    ask(Answer(FINE[dialect]("a")), dialect, timeout=60.0)  # a client's first call takes longer
    told = ask.failure(Answer(FINE[dialect]("a"), delay=600.0), dialect, timeout=0.2)
    assert told.message.startswith("no complete reply within 0.2 seconds (http://127.0.0.1:")
    assert (told.fatal, told.wasted) == (False, False)


@pytest.mark.parametrize(
    "body",
    [
        {**completion(), "choices": []},
        {"error": {"message": "overloaded", "code": 429}},
        {"error": {"message": "boom"}},
        {"error": "overloaded, try again"},
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"detail": "not ready"},
        {**completion(), "choices": [{"index": 0, "finish_reason": "error",
          "error": {"message": "upstream", "code": 502},
          "message": {"role": "assistant", "content": "【回答】"}}]},
        completion([{"type": "text", "text": "a"}]),  # type: ignore[arg-type]
    ],
    ids=["no choices", "error as success", "error without code", "error in a word",
         "overloaded", "no completion", "broken off", "content no text"],
)  # fmt: skip
def test_success_that_is_none(ask: Asking, body: dict[str, Any]) -> None:
    assert not ask.failure(Answer(body)).fatal


def test_a_status_of_422_stays_fatal(ask: Asking) -> None:
    assert ask.failure(failure("unprocessable", status=422)).fatal


def test_no_retry_installs_a_library(ask: Asking) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'google'")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load_litellm(), "acompletion", missing)
        with pytest.raises(ProviderError, match="No module named 'google': install") as caught:
            ask(Answer(completion("a")))
    assert caught.value.fatal


def breaking(error: Exception) -> Callable[..., Any]:
    async def broken(**_: object) -> None:
        raise error

    return broken


@pytest.mark.parametrize(
    "error",
    [TypeError("no such argument"), ValueError("no address"), RuntimeError("no credentials")],
    ids=lambda error: type(error).__name__,
)
def test_no_retry_makes_a_call_that_never_leaves(
    ask: Asking, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(load_litellm(), "acompletion", breaking(error))
    with pytest.raises(ProviderError, match=str(error)) as caught:
        ask(Answer(completion()))
    assert caught.value.fatal
    assert ask.calls == []


def test_a_network_that_is_down_before_a_call_leaves_is_worth_another_try(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = RuntimeError("no token")
    error.__cause__ = OSError("the network is unreachable")
    monkeypatch.setattr(load_litellm(), "acompletion", breaking(error))
    with pytest.raises(ProviderError, match="no token") as caught:
        ask(Answer(completion()))
    assert not caught.value.fatal


def test_words_of_a_provider_are_no_clients(ask: Asking) -> None:
    said = "worker: f() got an unexpected keyword argument 'x'"
    assert not ask.failure(failure(said, status=500)).fatal


def test_why_nobody_is_reached_is_told(loop: asyncio.Runner) -> None:
    with provider(lambda _: Answer()) as gone:
        asked = Provider({}, timeout=5.0, api_base=gone.base)
    question = [{"role": "user", "content": "Which one of these is it?"}]
    with pytest.raises(ProviderError, match=str(urlsplit(gone.base).port)) as caught:
        loop.run(asked.ask({"model": "openai/some-model", "messages": question}))
    assert not caught.value.fatal


def test_what_the_system_says_of_a_connection_is_told_once(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, told in (
        ("It broke.", "It broke. no route to host"),
        ("It broke: no route to host", "It broke: no route to host"),
    ):
        error = RuntimeError(words)
        error.__cause__ = OSError("no route to host")
        monkeypatch.setattr(load_litellm(), "acompletion", breaking(error))
        with pytest.raises(ProviderError) as caught:
            ask(Answer(completion()))
        assert caught.value == ProviderError(told)


@pytest.mark.parametrize("status", [400, 401, 422])
def test_no_status_that_a_library_makes_up_for_an_answer_is_fatal(
    ask: Asking, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    litellm = load_litellm()
    complete = litellm.acompletion

    async def misread(**how: Any) -> None:
        await complete(**how)
        error = RuntimeError("this cannot be read")
        error.status_code = status  # type: ignore[attr-defined]
        raise error

    monkeypatch.setattr(litellm, "acompletion", misread)
    told = ask.failure(Answer(completion()))
    assert told.message.startswith("this cannot be read (HTTP 200, http://127.0.0.1:")
    assert (told.wasted, told.fatal) == (True, False)


KEY = "sk-planted-0123456789abcdef-0123456789"


def test_no_part_of_a_key_is_repeated(ask: Asking) -> None:
    ask.settings["redaction"] = Redaction({"OPENAI_API_KEY": KEY})
    long = failure(f"{'x' * 480} {KEY}", status=500)
    assert KEY[:8] not in ask.failure(long).message
    away = Answer(status=307, headers={"location": f"http://{KEY.upper()}.example/"})
    assert f"on to {HIDDEN}.example" in ask.failure(away).message
    broken = completion("a", finish="error")
    broken["choices"][0]["error"] = {"code": 502, "message": f"upstream knows no {KEY}"}
    ask.model = "openrouter/some/model"
    assert ask.failure(Answer(broken)).message.startswith(f"upstream knows no {HIDDEN} (HTTP")
    ask.model = ""
    refused = ask(failure(f"flagged {KEY}", code="content_filter", status=400))
    assert f"flagged {HIDDEN}" in json.dumps(refused)
    assert KEY not in json.dumps(refused)
    echoed = ask(Answer(completion(f"【回答】a {KEY}", reasoning=f"The key is {KEY}.")))
    assert f"【回答】a {HIDDEN}" in json.dumps(echoed, ensure_ascii=False)
    assert KEY not in json.dumps(echoed)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_key_that_is_used_is_hidden_in_replies_from_eight_characters_on(
    ask: Asking, dialect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in KEYS:
        monkeypatch.setenv(name, "used-key" if name != "GOOGLE_API_KEY" else "")
    ask.settings["redaction"] = Redaction({"SOME_KEY": "used-key", "KEYBOARD": "japanese"})
    told = ask(Answer(FINE[dialect]("【回答】a used-key is no japanese keyboard")), dialect)
    text = told["choices"][0]["message"]["content"]
    assert text == f"【回答】a {HIDDEN} is no japanese keyboard"
    assert not ask.settings["redaction"].too_short


def test_a_reply_is_never_changed_for_a_shorter_key(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "seven-c")
    redaction = ask.settings["redaction"] = Redaction({"OPENAI_API_KEY": "seven-c"})
    told = ask(Answer(completion("【回答】a seven-c")))
    assert told["choices"][0]["message"]["content"] == "【回答】a seven-c"
    assert redaction.too_short


def test_an_error_names_status_and_address(ask: Asking) -> None:
    told = ask.failure(failure("busy", status=503)).message
    assert re.fullmatch(r"busy \(HTTP 503, http://127\.0\.0\.1:\d+\)", told)
    told = ask.failure(Answer(reset=True)).message
    assert re.search(r" \(http://127\.0\.0\.1:\d+\)$", told)


def test_figure_that_is_gone_is_fatal(ask: Asking, tmp_path: Path) -> None:
    (tmp_path / "figure.png").unlink()
    with pytest.raises(ProviderError, match=r"figure\.png cannot be read") as caught:
        ask(Answer(completion()))
    assert caught.value.fatal


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_redirect_carries_neither_question_nor_key(
    ask: Asking, dialect: str, status: int
) -> None:
    with provider(lambda _: Answer(FINE[dialect]("a"))) as other:
        away = Answer(status=status, headers={"location": f"{other.address}/steal?key=planted"})
        with pytest.raises(ProviderError) as caught:
            ask(away, dialect)
    assert other.calls == []
    assert caught.value.fatal
    assert "sends calls on to 127.0.0.1" in caught.value.message
    assert "planted" not in caught.value.message
