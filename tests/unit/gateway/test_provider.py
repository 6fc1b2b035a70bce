"""litellm against scripted providers: replies, figures and prices, in three dialects."""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from jmle_plugin.gateway import models
from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.library import load_litellm
from jmle_plugin.gateway.models import model_facts
from jmle_plugin.gateway.protocol import Prices
from jmle_plugin.gateway.reply import SentImage, Usage, read_reply
from tests.builders import picture_file
from tests.scripted.provider import (
    Answer,
    anthropic_message,
    completion,
    failure,
    gemini_content,
)
from tests.unit.gateway.asking import DIALECTS, DIGEST, FIGURE, FINE, KEYS, Asking

# What litellm and its libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


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
        "seconds",
    }
    assert len(ask.calls) == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_reply_says_how_long_it_took_from_leaving_to_being_whole(
    ask: Asking, dialect: str
) -> None:
    made = ask(Answer(FINE[dialect]("【回答】a"), delay=0.2), dialect)
    seconds = read_reply(made).seconds
    assert seconds is not None
    assert 0.2 <= seconds == round(seconds, 3)


def test_a_refusal_by_a_filter_took_its_time_as_well(ask: Asking) -> None:
    refused = {"error": {"message": "no", "type": "x", "code": "content_filter"}}
    assert read_reply(ask(Answer(refused, status=400))).seconds is not None


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


PRICED = {
    "openai": "openai/gpt-5.2",
    "anthropic": "anthropic/claude-sonnet-4-5",
    "gemini": "gemini/gemini-2.5-pro",
}


def listed(dialect: str, tier: str = "") -> float:
    """The price by litellm's own table.

    70 tokens are read fresh, 30 from a cache and 20 (Gemini: 27, with its 7 of reasoning) are
    written.
    """
    litellm = load_litellm()
    table = litellm.model_cost
    price = table[litellm.get_model_info(PRICED[dialect])["key"]]
    kinds = ("input_cost_per_token", "cache_read_input_token_cost", "output_cost_per_token")
    fresh, cached, written = (float(price[kind + tier]) for kind in kinds)
    assert 0 < cached < fresh < written
    return 70 * fresh + 30 * cached + {"gemini": 27}.get(dialect, 20) * written


@pytest.fixture
def ask_home(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Asks as if at the provider's own address: the scripted one is in the environment."""
    ask.bases = {"openai": "OPENAI_API_BASE", "anthropic": "ANTHROPIC_API_BASE",
                 "gemini": "GEMINI_API_BASE"}  # fmt: skip
    for name in KEYS:
        monkeypatch.setenv(name, "planted")
    monkeypatch.setattr(models, "_served_elsewhere", lambda _: False)
    return ask


@pytest.mark.parametrize("dialect", DIALECTS)
def test_tokens_cost_what_the_table_says(ask_home: Asking, dialect: str) -> None:
    ask_home.model = PRICED[dialect]
    made = ask_home(Answer(FINE[dialect]("a", thinking="なぜなら")), dialect)
    assert made["cost"] == pytest.approx(listed(dialect))
    assert read_reply(made).cost == made["cost"]


def test_a_service_tier_has_its_price(ask_home: Asking) -> None:
    ask_home.model = PRICED["openai"]
    made = ask_home(Answer(completion()), service_tier="flex")
    assert made["cost"] == pytest.approx(listed("openai", "_flex"))


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
    assert model_facts(load_litellm(), "gpt-5.2").input_price is None
    assert model_facts(load_litellm(), "anthropic/claude-sonnet-4-5").input_price is not None


def test_loading_the_library_again_keeps_no_garbage() -> None:
    load_litellm()
    kept = gc.get_freeze_count()
    load_litellm()
    assert gc.get_freeze_count() == kept


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
    assert read_reply(made).usage == Usage(prompt=100, completion=0)


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


@pytest.mark.parametrize(
    ("dialect", "answer", "finish", "text"),
    [
        ("openai", Answer(completion(None, reasoning="長考")), "stop", ""),
        ("openai", Answer(completion("")), "stop", ""),
        ("openai", Answer(completion("", finish="content_filter")), "content_filter", ""),
        ("openai", Answer(completion("途中", finish="length")), "length", "途中"),
        ("openai", Answer(completion("a\ud800b\x00c")), "stop", "a\ud800b\x00c"),
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
    assert read_reply(ask(Answer(bare))).usage == Usage(prompt=5, completion=1)
