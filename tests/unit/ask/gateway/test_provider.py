"""litellm against scripted providers: every fault, in three dialects, each called once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from jmle_plugin.ask.gateway import pricing
from jmle_plugin.ask.gateway.failures import ProviderError
from jmle_plugin.ask.gateway.protocol import ImageFile, Prices
from jmle_plugin.ask.gateway.provider import (
    Provider,
    load_litellm,
    missing_credentials,
    model_facts,
)
from jmle_plugin.ask.reply import SentImage, Usage, read_reply
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
        self.digest = hashlib.sha256(image.read_bytes()).hexdigest()
        self.settings: dict[str, Any] = {}
        self.model = ""
        self.bases: dict[str, str] = {}
        """Environment variables to tell the address by, instead of as an api base."""
        self.calls: list[Call] = []

    def __call__(
        self,
        answer: Answer,
        dialect: str = "openai",
        *,
        timeout: float = 5.0,
        figures: int = 1,
        **parameters: Any,
    ) -> dict[str, Any]:
        figure = {"type": "image_url", "image_url": {"url": f"sha256:{self.digest}"}}
        content = [{"type": "text", "text": "問題"}, *[figure] * figures]
        body = {
            "model": self.model or MODELS[dialect],
            "messages": [
                {"role": "system", "content": "指示"},
                {"role": "user", "content": content},
            ],
            **parameters,
        }
        files = {self.digest: ImageFile(path=str(self._image), media_type="image/png")}
        with provider(lambda _: answer) as served, pytest.MonkeyPatch.context() as patch:
            base: str | None = served.address + BASES[dialect]
            if dialect in self.bases:
                patch.setenv(self.bases[dialect], str(base))
                base = None
            asked = Provider(files, timeout=timeout, api_base=base, **self.settings)
            try:
                return self._loop.run(asked.ask(body))
            finally:
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


@pytest.mark.parametrize("dialect", DIALECTS)
def test_figures_no_model_may_know_arrive_made_plain(
    loop: asyncio.Runner, tmp_path: Path, dialect: str
) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    image = tmp_path / "figure.jpg"
    image.write_bytes(picture_file(Pillow.new("CMYK", (40, 20)), "JPEG", exif=exif))
    asking = Asking(loop, image)
    asking.settings = {"max_edge": 30}
    (told,) = asking(Answer(FINE[dialect]("a")), dialect)["sent_images"]
    sent = base64.b64decode(max(re.findall(r"[A-Za-z0-9+/=]{200,}", asking.calls[0].text), key=len))
    assert "image/jpeg" in asking.calls[0].text
    with Pillow.open(BytesIO(sent)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (15, 30))
    assert told == {
        "sha256": asking.digest,
        "size": image.stat().st_size,
        "sent_size": len(sent),
        "media_type": "image/jpeg",
        "width": 15,
        "height": 30,
        "sent_sha256": hashlib.sha256(sent).hexdigest(),
    }


def test_what_was_shown_is_noted_in_order(ask: Asking) -> None:
    answers = [Answer(completion()), failure("filtered", code="content_filter", status=400)]
    for answer in answers:
        made = ask(answer, figures=2)
        assert [one["sha256"] for one in made["sent_images"]] == [DIGEST, DIGEST]
        assert read_reply(made).images == (SentImage(DIGEST, len(FIGURE), len(FIGURE)),) * 2
    assert "sent_images" not in ask(Answer(completion()), figures=0)


def test_a_corrupt_figure_is_fatal_before_any_call(ask: Asking, tmp_path: Path) -> None:
    (tmp_path / "figure.png").write_bytes(FIGURE[:-30])
    ask.digest = hashlib.sha256(FIGURE[:-30]).hexdigest()
    with pytest.raises(ProviderError, match=r"figure\.png is corrupt.*jmle fetch") as caught:
        ask(Answer(completion()))
    assert caught.value.fatal
    assert ask.calls == []


# Per million tokens, of which 70 are read fresh, 30 from a cache and 20 (Gemini: 27, with
# its 7 of reasoning) are written.
PRICED = {
    "openai": ("openai/gpt-5.2", 70 * 1.75 + 30 * 0.175 + 20 * 14),
    "anthropic": ("anthropic/claude-sonnet-4-5", 70 * 3 + 30 * 0.3 + 20 * 15),
    "gemini": ("gemini/gemini-2.5-pro", 70 * 1.25 + 30 * 0.125 + 27 * 10),
}


@pytest.fixture
def ask_home(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Asks as if at the provider's own address: the scripted one is in the environment."""
    ask.bases = {"openai": "OPENAI_API_BASE", "anthropic": "ANTHROPIC_API_BASE",
                 "gemini": "GEMINI_API_BASE"}  # fmt: skip
    for name in KEYS:
        monkeypatch.setenv(name, "planted")
    monkeypatch.setattr(pricing, "_served_elsewhere", lambda _: False)
    return ask


@pytest.mark.parametrize("dialect", DIALECTS)
def test_tokens_cost_what_the_table_says(ask_home: Asking, dialect: str) -> None:
    ask_home.model, millionths = PRICED[dialect]
    made = ask_home(Answer(FINE[dialect]("a", thinking="なぜなら")), dialect)
    assert made["cost"] == pytest.approx(millionths / 1e6)
    assert read_reply(made).cost == made["cost"]


def test_a_service_tier_has_its_price(ask_home: Asking) -> None:
    ask_home.model, millionths = PRICED["openai"]
    made = ask_home(Answer(completion()), service_tier="flex")
    assert made["cost"] == pytest.approx(millionths / 2e6)


@pytest.mark.parametrize(
    ("dialect", "model"),
    [("openai", "openai/some-model"), ("anthropic", "anthropic/claude-sonnet-4-6-20990101")],
)
def test_an_unknown_price_is_unknown_and_not_zero(
    ask_home: Asking, dialect: str, model: str
) -> None:
    ask_home.model = model
    made = ask_home(Answer(FINE[dialect]("a")), dialect)
    assert made["usage"]
    assert "cost" not in made


def test_a_known_name_says_nothing_of_anothers_prices(ask: Asking) -> None:
    ask.model = "openai/gpt-5.2"
    assert "cost" not in ask(Answer(completion()))


@pytest.mark.parametrize("name", ["OPENAI_API_BASE", "OPENAI_BASE_URL"])
def test_an_address_in_the_environment_says_nothing_of_prices_either(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9/v1")
    assert model_facts("gpt-5.2").input_price is None
    assert model_facts("anthropic/claude-sonnet-4-5").input_price is not None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_users_prices_go_first(ask: Asking, dialect: str) -> None:
    ask.settings = {"prices": Prices(input=0.5, output=2.0)}
    written = {"gemini": 27}.get(dialect, 20)
    assert ask(Answer(FINE[dialect]("a")), dialect)["cost"] == 50.0 + 2.0 * written


def test_free_is_a_price_the_user_may_give(ask: Asking) -> None:
    ask.settings = {"prices": Prices(input=0.0, output=0.0)}
    assert ask(Answer(completion()))["cost"] == 0.0


@pytest.mark.parametrize(
    ("usage", "kept"),
    [
        (None, None),
        ({}, None),
        ({"prompt_tokens": 100, "total_tokens": 100}, Usage(prompt=100)),
        ({"completion_tokens": 20, "total_tokens": 20}, Usage(completion=20)),
    ],
)
def test_without_counts_there_is_no_cost(
    ask_home: Asking, usage: dict[str, int] | None, kept: Usage | None
) -> None:
    ask_home.model = "openai/gpt-5.2"
    for ask_home.settings in ({}, {"prices": Prices(input=0.5, output=2.0)}):
        made = ask_home(Answer({**completion(), "usage": usage}))
        assert "cost" not in made
        assert read_reply(made).usage == kept


def test_a_silent_reply_is_paid_for_by_its_prompt(ask: Asking) -> None:
    ask.settings = {"prices": Prices(input=0.5, output=2.0)}
    usage = {"prompt_tokens": 100, "completion_tokens": 0, "total_tokens": 100}
    made = ask(Answer({**completion("", finish="content_filter"), "usage": usage}))
    assert made["cost"] == 50.0
    assert read_reply(made).usage == Usage(100, 0)


def test_pricing_that_fails_costs_no_reply(
    ask_home: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> float:
        raise RuntimeError("no such tier")

    ask_home.model = "openai/gpt-5.2"
    monkeypatch.setattr(load_litellm(), "completion_cost", broken)
    made = ask_home(Answer(completion("a")))
    assert read_reply(made).text == "a"
    assert "cost" not in made


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
    told = ask.failure(Answer(FINE[dialect]("a"), delay=600.0), dialect, timeout=0.2)
    assert told == ProviderError("no complete reply within 0.2 seconds")


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
    assert (elsewhere.vision, elsewhere.input_price, elsewhere.output_price) == (None, None, None)
    unknown = model_facts("openai/some-model")
    assert (unknown.provider, unknown.vision, unknown.input_price) == ("openai", None, None)


def test_unknown_model_needs_a_provider_or_an_address() -> None:
    with pytest.raises(GatewayError, match="'nobodys-model'"):
        model_facts("nobodys-model")
    assert model_facts("nobodys-model", "http://127.0.0.1:9/v1").provider == "openai"


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
