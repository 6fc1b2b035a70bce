"""What a model needs of this machine, and what is known of it."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from jmle_plugin.errors import GatewayError
from jmle_plugin.gateway.routes import missing_credentials, model_facts
from tests.scripted.provider import (
    Answer,
    completion,
)
from tests.unit.gateway.asking import Asking

# What litellm and its libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_missing_keys_are_named_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_credentials("gpt-5.2") == "no key for gpt-5.2: OPENAI_API_KEY is not set"
    assert missing_credentials("gemini/gemini-2.5-pro") == (
        "no key for gemini/gemini-2.5-pro: GEMINI_API_KEY or GOOGLE_API_KEY is not set"
    )
    assert missing_credentials("gpt-5.2", "http://127.0.0.1:9/v1") is None
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    assert missing_credentials("gpt-5.2") == "no key for gpt-5.2: OPENAI_API_KEY is not set"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    assert missing_credentials("gpt-5.2") is None
    monkeypatch.setenv("GEMINI_API_KEY", "planted")
    assert missing_credentials("gemini/gemini-2.5-pro") is None


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
    monkeypatch.setenv("AZURE_API_BASE", "http://127.0.0.1:9")
    assert missing_credentials(model) is None


def test_address_that_a_model_needs_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_API_KEY", "sk-planted")
    for name in ("AZURE_API_BASE", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    assert missing_credentials("azure/gpt-4o") == (
        "no address for azure/gpt-4o: AZURE_API_BASE is not set"
    )
    assert missing_credentials("azure/gpt-4o", "http://127.0.0.1:9") is None


class DefaultCredentialsError(Exception):
    """As google-auth has it."""


def no_google() -> None:
    raise DefaultCredentialsError("Your default credentials were not found.\nSee the docs.")


def no_network() -> None:
    raise OSError("the metadata server is slow today")


def test_missing_credentials_of_clouds_are_told_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    def libraries(**modules: Any) -> None:
        for name in ("google", "google.auth", "boto3"):
            monkeypatch.setitem(sys.modules, name, modules.get(name.partition(".")[0]))

    google, amazon = "vertex_ai/gemini-2.5-pro", "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0"
    libraries()
    assert "no credentials for vertex_ai/gemini-2.5-pro: " in (missing_credentials(google) or "")
    assert "install what litellm needs" in (missing_credentials(google) or "")
    assert "boto3" in (missing_credentials(amazon) or "")
    session = SimpleNamespace(get_credentials=lambda: None)
    libraries(
        google=SimpleNamespace(default=no_google), boto3=SimpleNamespace(Session=lambda: session)
    )
    assert missing_credentials(google) == (
        f"no credentials for {google}: Your default credentials were not found. See the docs."
    )
    assert missing_credentials(amazon) == (
        f"no credentials for {amazon}: there is no variable, profile or role with any"
    )
    session.get_credentials = lambda: "found"
    libraries(
        google=SimpleNamespace(default=no_network), boto3=SimpleNamespace(Session=lambda: session)
    )
    assert missing_credentials(amazon) is None
    assert missing_credentials(google) is None, "the first call will tell"
    libraries()
    monkeypatch.setenv("VERTEXAI_CREDENTIALS", "{}")
    assert missing_credentials(google) is None


def test_missing_library_of_the_responses_api_is_told_beforehand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    monkeypatch.setattr("jmle_plugin.gateway.routes.find_spec", lambda _: None)
    for model in ("o3-pro", "openai/gpt-5-pro", "openai/responses/gpt-5.2"):
        said = f"no library for {model}, which the Responses API serves: pip install litellm[mcp]"
        assert missing_credentials(model) == said
        assert missing_credentials(model, "http://127.0.0.1:9/v1") == said
    assert missing_credentials("gpt-5.2") is None
    assert missing_credentials("nobodys-model", "http://127.0.0.1:9/v1") is None
    monkeypatch.setattr("jmle_plugin.gateway.routes.find_spec", lambda _: "found")
    assert missing_credentials("o3-pro") is None


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


def test_placeholder_stands_for_a_key_nobody_needs(ask: Asking) -> None:
    ask(Answer(completion()))
    assert ask.calls[0].headers["authorization"] == "Bearer no-key-needed"


def test_key_of_the_environment_is_used(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    made = ask(Answer(completion()))
    assert ask.calls[0].headers["authorization"] == "Bearer sk-planted"
    assert "sk-planted" not in str(made)
