"""What a model needs of this machine, and what is known of it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from jmle_plugin.errors import GatewayError
from jmle_plugin.gateway.failures import HIDDEN, Redaction
from jmle_plugin.gateway.library import load_litellm
from jmle_plugin.gateway.models import model_facts
from jmle_plugin.gateway.provider import Provider
from tests.scripted.provider import (
    Answer,
    completion,
)
from tests.unit.gateway.asking import Asking

# What litellm and its libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


def unreachable(
    loop: asyncio.Runner, model: str, base: str | None = None, redaction: Redaction | None = None
) -> str | None:
    """Why no call to `model` can be made, as a session finds out before it begins."""
    provider = Provider({}, timeout=5.0, api_base=base, redaction=redaction)
    return loop.run(provider.problem(model))


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("gpt-5.2", "OPENAI_API_KEY"),
        ("gemini/gemini-2.5-pro", "GEMINI_API_KEY"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY"),
        ("perplexity/sonar", "PERPLEXITYAI_API_KEY"),
    ],
)
def test_a_missing_key_is_found_without_a_call(
    loop: asyncio.Runner, monkeypatch: pytest.MonkeyPatch, model: str, variable: str
) -> None:
    monkeypatch.delenv(variable, raising=False)
    found = unreachable(loop, model)
    assert found is not None
    assert variable in found.partition("(not set: ")[2]
    assert unreachable(loop, model, "http://127.0.0.1:9/v1") is None
    monkeypatch.setenv(variable, " ")
    assert unreachable(loop, model) is not None
    monkeypatch.setenv(variable, "sk-planted")
    assert unreachable(loop, model) is None


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_fatal_and_its_variable_named(
    ask: Asking, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    refused = Answer({"error": {"message": "no entry"}}, status)
    ask.model, ask.bases = "groq/some-model", {"openai": "GROQ_API_BASE"}
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    told = ask.failure(refused)
    assert told.message.startswith(f"no entry (not set: GROQ_API_KEY) (HTTP {status}, http")
    assert told.fatal
    monkeypatch.setenv("GROQ_API_KEY", "sk-planted")
    told = ask.failure(refused)
    assert told.message.startswith(f"no entry (HTTP {status}, http")
    assert told.fatal


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openrouter/openai/gpt-5.2", "OR_API_KEY"),
        ("perplexity/sonar", "PERPLEXITY_API_KEY"),
        ("together_ai/some-model", "TOGETHER_API_KEY"),
        ("huggingface/some/model", "HF_TOKEN"),
        ("azure/gpt-4o", "AZURE_API_KEY"),
        ("azure/gpt-4o", "AZURE_OPENAI_API_KEY"),
    ],
)
def test_key_is_found_under_every_name_it_has(
    ask: Asking, monkeypatch: pytest.MonkeyPatch, model: str, variable: str
) -> None:
    for name in ("AZURE_API_BASE", "AZURE_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "sk-planted")
    ask.model = model
    ask(Answer(completion()))
    assert "sk-planted" in str(ask.calls[0].headers)


def test_an_address_that_a_model_needs_is_asked_for(
    loop: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_API_KEY", "sk-planted")
    for name in ("AZURE_API_BASE", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    found = unreachable(loop, "azure/gpt-4o")
    assert found is not None
    assert "AZURE_API_BASE" in found
    assert unreachable(loop, "azure/gpt-4o", "http://127.0.0.1:9") is None


def test_a_cloud_without_credentials_is_found_without_a_call(
    loop: asyncio.Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    model = "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0"
    found = unreachable(loop, model)
    assert found is not None
    assert "AWS_ACCESS_KEY_ID" in found


def test_a_provider_that_is_not_reached_now_is_no_reason_not_to_begin(
    loop: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(**_: object) -> None:
        raise RuntimeError("no token") from OSError("the network is unreachable")

    monkeypatch.setattr(load_litellm(), "acompletion", broken)
    assert unreachable(loop, "gpt-5.2") is None


def test_why_no_call_can_be_made_repeats_no_secret(
    loop: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(**_: object) -> None:
        raise ValueError("no address for sk-planted-0123456789")

    monkeypatch.setattr(load_litellm(), "acompletion", broken)
    hidden = Redaction({"OPENAI_API_KEY": "sk-planted-0123456789"})
    found = unreachable(loop, "gpt-5.2", redaction=hidden)
    assert found is not None
    assert found.startswith(f"no address for {HIDDEN}")


def test_facts_of_a_model() -> None:
    litellm = load_litellm()
    known = model_facts(litellm, "gpt-5.2")
    assert (known.provider, known.vision) == ("openai", True)
    assert known.input_price is not None
    elsewhere = model_facts(litellm, "gpt-5.2", "http://127.0.0.1:9/v1")
    assert (elsewhere.vision, elsewhere.input_price, elsewhere.output_price) == (None, None, None)
    unknown = model_facts(litellm, "openai/some-model")
    assert (unknown.provider, unknown.vision, unknown.input_price) == ("openai", None, None)


def test_unknown_model_needs_a_provider_or_an_address() -> None:
    litellm = load_litellm()
    with pytest.raises(GatewayError, match="'nobodys-model'"):
        model_facts(litellm, "nobodys-model")
    assert model_facts(litellm, "nobodys-model", "http://127.0.0.1:9/v1").provider == "openai"


def test_placeholder_stands_for_a_key_nobody_needs(ask: Asking) -> None:
    ask(Answer(completion()))
    assert ask.calls[0].headers["authorization"] == "Bearer no-key-needed"


def test_key_of_the_environment_is_used(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    made = ask(Answer(completion()))
    assert ask.calls[0].headers["authorization"] == "Bearer sk-planted"
    assert "sk-planted" not in str(made)
