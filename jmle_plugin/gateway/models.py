"""What is known of a model before anybody asks it; never imports litellm, never calls anyone."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

TABLE_FILE = "model_prices_and_context_window_backup.json"
_LOCAL = {"ollama", "ollama_chat", "vllm", "hosted_vllm", "lemonade", "llamafile", "lm_studio"}
"""Providers that are programs on somebody's own machine: a name says nothing of what runs there."""
_FAMILIES = ("vertex_ai", "fireworks_ai", "bedrock")
"""Providers whose models the table files under longer names (`vertex_ai-language-models`)."""
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_VERSIONED = re.compile(r"-\d+$")
_TUNED = re.compile(r"(:[^:]*){3}$")

_LATIN_PER_TOKEN = 4
_FIGURE_TOKENS = 800


def sees_figures(model: str, api_base: str | None = None) -> bool | None:
    """Whether `model` sees figures, by litellm's table; None where that does not tell.

    False is said of a model that stands in the table without the mark of seeing, as
    litellm itself does. A name behind an `api_base` or served on one's own machine says
    nothing, nor does a name litellm would only guess at.
    """
    if api_base is not None or runs_locally(model):
        return None
    table = known_models()
    found = next((table[name] for name in _names(model) if _belongs(table.get(name), model)), None)
    if found is None:
        return None
    told = found.get("supports_vision")
    if told is None:
        # A provider's entry may say less than that of the bare name.
        bare = table.get(_split(model)[1])
        told = bare.get("supports_vision") if bare is not None else None
    return told is True


def runs_locally(model: str) -> bool:
    """Whether `model` names a program on one's own machine (`ollama/...`)."""
    return _split(model)[0] in _LOCAL


def estimate_tokens(body: dict[str, Any]) -> int:
    """About how many prompt tokens a request has; for planning and pacing alone.

    Counts a token for each character that is not ASCII, a quarter for each that is, and
    800 for a figure. For the 400 questions of the 120th exam under the suite's own prompt
    the text comes to 103% of what OpenAI's o200k_base counts (single questions to 87-130%),
    and to 77-80% of older tokenizers (cl100k_base, Claude 2). What providers make of
    figures was not measured.
    """
    texts: list[str] = []
    figures = 0
    for message in body.get("messages", []):
        content = message.get("content")
        for part in content if isinstance(content, list) else [{"text": content}]:
            figures += part.get("type") == "image_url"
            texts.append(part.get("text") or "")
    length = sum(map(len, texts))
    latin = sum(character.isascii() for text in texts for character in text)
    return length - latin + latin // _LATIN_PER_TOKEN + _FIGURE_TOKENS * figures


def _split(model: str) -> tuple[str, str]:
    """Provider ('' where none is named) and bare name."""
    provider, slash, name = model.partition("/")
    return (provider, name) if slash else ("", model)


def _names(model: str) -> Iterator[str]:
    """What the table may call `model`, in litellm's order."""
    provider, bare = _split(model)
    plain = _undated(provider, bare)
    yield model
    yield bare
    yield f"{provider}/{plain}" if provider else plain
    yield plain


def _undated(provider: str, bare: str) -> str:
    if provider in ("vertex_ai", "gemini", "databricks"):
        return _VERSIONED.sub("", bare)
    return _TUNED.sub("", bare) if "ft:" in bare else _DATED.sub("", bare)


def _belongs(entry: dict[str, Any] | None, model: str) -> bool:
    """Whether an entry is that of `model`'s provider, not of one with a like-named model."""
    if entry is None:
        return False
    provider, owner = _split(model)[0], entry["litellm_provider"]
    return (
        not provider or owner == provider or (provider in _FAMILIES and owner.startswith(provider))
    )


@cache
def known_models() -> dict[str, dict[str, Any]]:
    """Entries of litellm's table by name; none where there is no table, or one we cannot read."""
    try:
        spec = importlib.util.find_spec("litellm")
        if spec is None or spec.origin is None:
            return {}
        raw = json.loads(Path(spec.origin).with_name(TABLE_FILE).read_bytes())
    except (ImportError, OSError, ValueError):
        return {}
    entries = raw.items() if isinstance(raw, dict) else ()
    return {
        name: entry
        for name, entry in entries
        if name != "sample_spec"
        and isinstance(entry, dict)
        and isinstance(entry.get("litellm_provider"), str)
    }
