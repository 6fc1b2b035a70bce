"""What is known of a model without asking: agreement with litellm itself, and what is not known."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.gateway import models
from jmle_plugin.gateway.models import estimate_tokens, sees_figures

NAMES = """gpt-4o gpt-5.2 gpt-3.5-turbo openai/gpt-4o openai/gpt-5.2-2025-12-11 GPT-4O gpt-9
claude-sonnet-4-5 anthropic/claude-sonnet-4-5 anthropic/claude-sonnet-4-6-20990101 claude-opus-9
gemini/gemini-2.5-pro gemini-2.5-pro vertex_ai/gemini-2.5-pro gemini/gemini-2.5-flash-001
deepseek/deepseek-chat openai/deepseek-chat deepseek/gpt-4o openrouter/openai/gpt-5.2
openrouter/anthropic/claude-sonnet-4.5 mistral/mistral-large-latest groq/llama-3.3-70b-versatile
azure/gpt-4o bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0 ft:gpt-4o-2024-08-06:my-org::id
xai/grok-4 sample_spec fallback_generalizations together_ai/Qwen/Qwen3.5-397B-A17B
openai/some-model""".split()  # noqa: SIM905
ASK_LITELLM = """
import gc, json, os, sys
gc.disable()  # or importing litellm takes twice as long
os.environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}
import litellm
litellm.suppress_debug_info = True
def told(name):
    try:
        litellm.get_llm_provider(name)
    except Exception:
        return None
    return litellm.supports_vision(name)
json.dump({name: told(name) for name in json.load(sys.stdin)}, sys.stdout)
"""


@pytest.fixture
def _unread() -> Iterator[None]:
    models.known_models.cache_clear()
    yield
    models.known_models.cache_clear()


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch, _unread: None) -> pytest.MonkeyPatch:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    return monkeypatch


def test_known_names() -> None:
    assert sees_figures("gpt-4o") is True
    assert sees_figures("openai/gpt-4o") is True
    assert sees_figures("gemini/gemini-2.5-pro") is True
    assert sees_figures("vertex_ai/gemini-2.5-pro") is True
    assert sees_figures("ft:gpt-4o-2024-08-06:my-org::id") is True
    assert sees_figures("gpt-3.5-turbo") is False
    assert sees_figures("deepseek/deepseek-chat") is False


@pytest.mark.parametrize(
    "name",
    ["", "/", "x/", "openai/some-model", "gpt-9", "openrouter/openai/gpt-5.2", "deepseek/gpt-4o",
     "ollama/llama3", "hosted_vllm/gpt-4o", "sample_spec", "fallback_generalizations"],
)  # fmt: skip
def test_unknown_names(name: str) -> None:
    assert sees_figures(name) is None


def test_a_name_says_nothing_of_somebody_elses_server() -> None:
    assert sees_figures("gpt-4o", "http://127.0.0.1:9/v1") is None


def test_whatever_is_said_litellm_says_as_well() -> None:
    chat = [
        name
        for name, entry in models.known_models().items()
        if entry.get("mode") in ("chat", "responses", "completion")
    ]
    assert len(chat) > 1000
    # These would ask the network, or a person to log in.
    asking = ("github_copilot/", "chatgpt/")
    spoken = [
        name
        for name in [*NAMES, *chat]
        if sees_figures(name) is not None and not name.startswith(asking)
    ]
    done = subprocess.run(
        [sys.executable, "-c", ASK_LITELLM],
        input=json.dumps(spoken),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    # A name litellm finds no provider for cannot be asked without an address either.
    differ = {name for name in spoken if told[name] not in (None, sees_figures(name))}
    assert differ == set()
    assert sum(one is not None for one in told.values()) > 0.9 * len(chat)
    assert {True, False} <= set(told.values())


@pytest.mark.usefixtures("no_package")
def test_without_litellm_nothing_is_known() -> None:
    assert sees_figures("gpt-4o") is None


@pytest.mark.parametrize("table", [None, "", "{", "[]", '{"gpt-4o": 1}', '{"gpt-4o": {}}', "\xff"])
def test_an_unreadable_table_tells_nothing(
    no_package: pytest.MonkeyPatch, tmp_path: Path, table: str | None
) -> None:
    if table is not None:
        (tmp_path / models.TABLE_FILE).write_bytes(table.encode("latin-1"))
    spec = ModuleSpec("litellm", None, origin=str(tmp_path / "__init__.py"))
    no_package.setattr(importlib.util, "find_spec", lambda _: spec)
    assert sees_figures("gpt-4o") is None


def test_the_table_is_read_once(no_package: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / models.TABLE_FILE
    file.write_text('{"some-model": {"litellm_provider": "openai", "supports_vision": true}}')
    spec = ModuleSpec("litellm", None, origin=str(tmp_path / "__init__.py"))
    no_package.setattr(importlib.util, "find_spec", lambda _: spec)
    assert sees_figures("some-model") is True
    file.unlink()
    assert sees_figures("some-model") is True


@pytest.mark.usefixtures("_unread")
def test_it_imports_no_litellm() -> None:
    code = (
        "import sys\n"
        "from jmle_plugin.gateway.models import sees_figures\n"
        "assert sees_figures('gpt-4o')\n"
        "assert 'litellm' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_tokens_are_estimated_from_what_is_shown() -> None:
    figure = {"type": "image_url", "image_url": {"url": "sha256:" + "0" * 64}}
    content = [{"type": "text", "text": "胃癌"}, figure, figure]
    messages = [{"role": "system", "content": "answer.."}, {"role": "user", "content": content}]
    assert estimate_tokens({"messages": messages}) == 2 + 2 + 2 * 800
    assert estimate_tokens({"model": "m", "messages": [{"role": "user", "content": None}]}) == 0
    assert estimate_tokens({}) == 0


@given(st.text(), st.text())
def test_more_text_never_takes_fewer_tokens(one: str, more: str) -> None:
    def estimated(text: str) -> int:
        return estimate_tokens({"messages": [{"role": "user", "content": text}]})

    assert estimated(one) <= estimated(one + more) <= len(one + more)
