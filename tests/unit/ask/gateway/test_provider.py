"""litellm against scripted providers: every fault, in three dialects, each called once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from jmle_plugin.ask.gateway.failures import ProviderError
from jmle_plugin.ask.gateway.protocol import ImageFile
from jmle_plugin.ask.gateway.provider import Provider, missing_credentials, model_facts
from jmle_plugin.ask.reply import Usage, read_reply
from jmle_plugin.errors import GatewayError
from tests.builders import picture_file
from tests.scripted.provider import (
    Answer,
    Call,
    anthropic_message,
    completion,
    failure,
    gemini_content,
    provider,
)

# What litellm and its libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")

FIGURE = picture_file(Pillow.new("RGB", (6, 4), "teal"))
DIGEST = hashlib.sha256(FIGURE).hexdigest()
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY")
MODELS = {"openai": "openai/some-model", "anthropic": "anthropic/claude-sonnet-4-5",
          "gemini": "gemini/gemini-2.5-pro"}  # fmt: skip
BASES = {"openai": "/v1", "anthropic": "", "gemini": "/v1beta"}
FINE: dict[str, Callable[..., dict[str, Any]]] = {
    "openai": lambda text, thinking="": completion(text, reasoning=thinking or None),
    "anthropic": anthropic_message,
    "gemini": gemini_content,
}
ERRORS: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "openai": lambda _, text: {"error": {"message": text, "type": "error", "code": None}},
    "anthropic": lambda _, text: {"type": "error", "error": {"type": "error", "message": text}},
    "gemini": lambda status, text: {"error": {"code": status, "message": text, "status": "X"}},
}
DIALECTS = sorted(MODELS)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)


class Asking:
    """Asks a scripted provider one question and counts the calls."""

    def __init__(self, loop: asyncio.Runner, image: Path) -> None:
        self._loop = loop
        self._image = image
        self.settings: dict[str, Any] = {}
        self.calls: list[Call] = []
        self.waited = 0.0

    def __call__(
        self, answer: Answer, dialect: str = "openai", *, timeout: float = 5.0, **parameters: Any
    ) -> dict[str, Any]:
        body = {
            "model": MODELS[dialect],
            "messages": [
                {"role": "system", "content": "指示"},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "問題"},
                        {"type": "image_url", "image_url": {"url": f"sha256:{DIGEST}"}},
                    ],
                },
            ],
            **parameters,
        }
        files = {DIGEST: ImageFile(path=str(self._image), media_type="image/png")}
        with provider(lambda _: answer) as served:
            asked = Provider(
                files, timeout=timeout, api_base=served.address + BASES[dialect], **self.settings
            )
            begun = time.monotonic()
            try:
                return self._loop.run(asked.ask(body))
            finally:
                self.waited = time.monotonic() - begun
                self.calls = served.calls

    def failure(self, answer: Answer, dialect: str = "openai", **more: Any) -> ProviderError:
        with pytest.raises(ProviderError) as caught:
            self(answer, dialect, **more)
        assert len(self.calls) == 1
        return caught.value


@pytest.fixture
def ask(loop: asyncio.Runner, tmp_path: Path) -> Asking:
    image = tmp_path / "figure.png"
    image.write_bytes(FIGURE)
    return Asking(loop, image)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_reply_has_one_shape_whoever_gave_it(ask: Asking, dialect: str) -> None:
    made = ask(Answer(FINE[dialect]("【回答】a", thinking="なぜなら")), dialect)
    reply = read_reply(made)
    assert (reply.text, reply.reasoning, reply.finish_reason) == ("【回答】a", "なぜなら", "stop")
    assert reply.usage is not None
    assert (reply.usage.prompt, reply.usage.cached) == (100, 30)
    assert reply.usage.reasoning
    assert reply.usage.completion == {"gemini": 27}.get(dialect, 20)
    assert "scripted-2026" in reply.model or dialect == "gemini"
    assert set(made) <= {
        "id",
        "object",
        "created",
        "model",
        "choices",
        "usage",
        "sent",
        "sent_images",
    }
    assert len(ask.calls) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_figures_arrive_byte_for_byte(ask: Asking, dialect: str) -> None:
    ask(Answer(FINE[dialect]("a")), dialect)
    assert base64.b64encode(FIGURE).decode() in ask.calls[0].text
    assert "image/png" in ask.calls[0].text
    assert "指示" in ask.calls[0].text
    assert DIGEST not in ask.calls[0].text


def test_parameters_arrive_as_given_and_what_was_sent_is_noted(ask: Asking) -> None:
    made = ask(Answer(completion()), temperature=0.5, seed=7, extra_body={"top_k": 3}, odd="x")
    body = ask.calls[0].body
    assert (body["temperature"], body["seed"], body["top_k"], body["odd"]) == (0.5, 7, 3, "x")
    assert made["sent"]["temperature"] == 0.5
    assert "messages" not in made["sent"]


def test_translated_and_added_parameters_are_noted(ask: Asking) -> None:
    made = ask(Answer(anthropic_message("a")), "anthropic", reasoning_effort="high")
    sent = {name: ask.calls[0].body[name] for name in ("thinking", "max_tokens")}
    assert made["sent"] == sent
    assert sent["thinking"]["type"] == "enabled"


def test_placeholder_stands_for_a_key_nobody_needs(ask: Asking) -> None:
    ask(Answer(completion()))
    assert ask.calls[0].headers["authorization"] == "Bearer no-key-needed"


def test_key_of_the_environment_is_used(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    made = ask(Answer(completion()))
    assert ask.calls[0].headers["authorization"] == "Bearer sk-planted"
    assert "sk-planted" not in str(made)


@pytest.mark.parametrize(
    ("dialect", "answer", "finish", "text"),
    [
        ("openai", Answer(completion(None, reasoning="長考")), "stop", ""),
        ("openai", Answer(completion("")), "stop", ""),
        ("openai", Answer(completion("", finish="content_filter")), "content_filter", ""),
        ("openai", Answer(completion("途中", finish="length")), "length", "途中"),
        ("openai", Answer(completion("a\ud800b\x00c")), "stop", "a\ud800b\x00c"),
        ("openai", Answer(completion("a", finish=None)), "stop", "a"),
        ("openai", failure("filtered", code="content_filter", status=400), "content_filter", ""),
        ("anthropic", Answer(anthropic_message("途中", stop="max_tokens")), "length", "途中"),
        ("anthropic", Answer(anthropic_message("", stop="refusal")), "content_filter", ""),
        ("gemini", Answer(gemini_content("途中", stop="MAX_TOKENS")), "length", "途中"),
        ("gemini", Answer(gemini_content("", stop="SAFETY")), "content_filter", ""),
        (
            "gemini",
            Answer({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {}}),
            "content_filter",
            "",
        ),
    ],
)
def test_replies_of_every_kind_are_replies(
    ask: Asking, dialect: str, answer: Answer, finish: str, text: str
) -> None:
    reply = read_reply(ask(answer, dialect))
    assert (reply.text, reply.finish_reason) == (text, finish)
    assert len(ask.calls) == 1


def test_reasoning_alone_is_kept(ask: Asking) -> None:
    assert read_reply(ask(Answer(completion(None, reasoning="長考")))).reasoning == "長考"


def test_unknown_counts_stay_unknown(ask: Asking) -> None:
    bare = completion()
    bare["usage"] = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}
    assert read_reply(ask(Answer(bare))).usage == Usage(5, 1)


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
    assert told.message == "いいえ, not like this"


def test_spent_quota_is_fatal(ask: Asking) -> None:
    told = ask.failure(failure("Out of money", code="insufficient_quota", status=429))
    assert told == ProviderError("Out of money", fatal=True)


def test_unsupported_parameter_is_fatal(ask: Asking) -> None:
    said = "Unsupported parameter: 'temperature'"
    assert ask.failure(failure(said, code="unsupported_parameter", status=400)).message == said


def test_parameter_litellm_would_drop_is_fatal_before_any_call(ask: Asking) -> None:
    with pytest.raises(ProviderError, match=r"does not support parameters.*seed") as caught:
        ask(Answer(anthropic_message("a")), "anthropic", seed=1)
    assert caught.value.fatal
    assert ask.calls == []


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": formatdate(time.time() + 3000, usegmt=True)}, pytest.approx(2990, abs=60)),
        ({}, None),
    ],
    ids=["seconds", "milliseconds", "date", "none"],
)
def test_retry_after_is_found(
    ask: Asking, dialect: str, headers: dict[str, str], seconds: float | None
) -> None:
    told = ask.failure(Answer(ERRORS[dialect](429, "slow down"), 429, headers), dialect)
    assert told.rate_limited
    assert told.retry_after == seconds


def test_geminis_own_delay_is_found(ask: Asking) -> None:
    told = ask.failure(
        Answer({"error": {"code": 429, "message": "exceeded your current quota", "status": "X",
                          "details": [{"retryDelay": "21s"}]}}, 429), "gemini",
    )  # fmt: skip
    assert (told.retry_after, told.fatal) == (21.0, False)


def test_a_days_wait_is_no_wait(ask: Asking) -> None:
    told = ask.failure(failure("daily limit", status=429, headers={"retry-after": "80000"}))
    assert told.fatal
    assert told.message == "daily limit (it asks to wait 80000 seconds)"


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
    told = ask.failure(Answer(FINE[dialect]("a"), delay=1.0), dialect, timeout=0.2)
    assert told == ProviderError("no complete reply within 0.2 seconds")
    assert ask.waited < 0.9


@pytest.mark.parametrize(
    "body",
    [
        {**completion(), "choices": []},
        {"error": {"message": "overloaded", "code": 429}},
        {**completion(), "choices": [{"index": 0, "finish_reason": "error",
          "error": {"message": "upstream", "code": 502},
          "message": {"role": "assistant", "content": "【回答】"}}]},
        completion([{"type": "text", "text": "a"}]),  # type: ignore[arg-type]
    ],
    ids=["no choices", "error as success", "broken off", "content no text"],
)  # fmt: skip
def test_success_that_is_none(ask: Asking, body: dict[str, Any]) -> None:
    assert not ask.failure(Answer(body)).fatal


def test_figure_that_is_gone_is_fatal(ask: Asking, tmp_path: Path) -> None:
    (tmp_path / "figure.png").unlink()
    with pytest.raises(ProviderError, match=r"figure\.png cannot be read") as caught:
        ask(Answer(completion()))
    assert caught.value.fatal


def test_missing_keys_are_named_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_credentials("gpt-5.2") == ["OPENAI_API_KEY"]
    assert missing_credentials("gemini/gemini-2.5-pro") == ["GEMINI_API_KEY", "GOOGLE_API_KEY"]
    assert missing_credentials("gpt-5.2", "http://127.0.0.1:9/v1") == []
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    assert missing_credentials("gpt-5.2") == []
    monkeypatch.setenv("GEMINI_API_KEY", "planted")
    assert missing_credentials("gemini/gemini-2.5-pro") == []


def test_facts_of_a_model() -> None:
    known = model_facts("gpt-5.2")
    assert (known.provider, known.vision) == ("openai", True)
    assert known.input_price is not None
    elsewhere = model_facts("gpt-5.2", "http://127.0.0.1:9/v1")
    assert (elsewhere.input_price, elsewhere.output_price) == (None, None)
    unknown = model_facts("openai/some-model")
    assert (unknown.provider, unknown.vision, unknown.input_price) == ("openai", None, None)


def test_unknown_model_needs_a_provider_or_an_address() -> None:
    with pytest.raises(GatewayError, match="'nobodys-model'"):
        model_facts("nobodys-model")
    assert model_facts("nobodys-model", "http://127.0.0.1:9/v1").provider == "openai"
