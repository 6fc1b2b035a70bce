"""Providers with dialects of their own, through litellm's adapters, from question to sheet."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from jmle_plugin.ask.cassette import read_cassette
from tests.integration.live.conftest import Room
from tests.scripted.provider import (
    Answer,
    Call,
    Script,
    anthropic_message,
    gemini_content,
    provider,
)

THOUGHT = "まず鑑別を挙げる。"
FILTERED, CUT, BUSY = "000D-1", "000D-2", "000D-3"


@dataclass(frozen=True)
class Dialect:
    """How one provider speaks; the counts are those of a sheet over 40 replies."""

    model: str
    speak: Callable[..., dict[str, Any]]
    filtered: str
    cut: str
    busy: Answer
    figures: Callable[[dict[str, Any]], list[str]]
    key: str
    sent: dict[str, Any]
    prompt: int
    completion: int


def _anthropic_figures(body: dict[str, Any]) -> list[str]:
    parts = body["messages"][-1]["content"]
    return [part["source"]["data"] for part in parts if part["type"] == "image"]


def _gemini_figures(body: dict[str, Any]) -> list[str]:
    parts = body["contents"][-1]["parts"]
    return [part["inline_data"]["data"] for part in parts if "inline_data" in part]


ANTHROPIC = Dialect(
    model="anthropic/claude-sonnet-4-5",
    speak=anthropic_message,
    filtered="refusal",
    cut="max_tokens",
    busy=Answer(
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        status=529,
    ),
    figures=_anthropic_figures,
    key="x-api-key",
    sent={"max_tokens": 8192, "thinking": {"type": "enabled", "budget_tokens": 4096}},
    prompt=4000,
    completion=800,
)
GEMINI = Dialect(
    model="gemini/gemini-2.5-flash",
    speak=gemini_content,
    filtered="SAFETY",
    cut="MAX_TOKENS",
    busy=Answer(
        {
            "error": {
                "code": 429,
                "message": "Resource exhausted",
                "status": "RESOURCE_EXHAUSTED",
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.RetryInfo",
                        "retryDelay": "2s",
                    }
                ],
            }
        },
        status=429,
    ),
    figures=_gemini_figures,
    key="x-goog-api-key",
    sent={
        "generationConfig": {"thinkingConfig": {"includeThoughts": True, "thinkingBudget": 4096}}
    },
    prompt=4000,
    # litellm adds the thoughts, which Gemini counts apart; but not to a filtered reply's.
    completion=40 * 20 + 39 * 7,
)


def script(room: Room, dialect: Dialect) -> Script:
    refused: list[Call] = []

    def answer(call: Call) -> Answer:
        name = room.paper.question(call)
        if name == BUSY and not refused:
            refused.append(call)
            return dialect.busy
        if name == FILTERED:
            return Answer(dialect.speak("", stop=dialect.filtered))
        if name == CUT:
            return Answer(dialect.speak("それは", thinking=THOUGHT, stop=dialect.cut))
        return Answer(dialect.speak(room.paper.text(name), thinking=THOUGHT))

    return answer


@pytest.mark.parametrize(
    ("dialect", "workers"),
    [
        pytest.param(ANTHROPIC, "0", id="anthropic"),
        pytest.param(GEMINI, "2", id="gemini", marks=pytest.mark.long),
    ],
)
def test_dialect_end_to_end(
    room: Room, monkeypatch: pytest.MonkeyPatch, dialect: Dialect, workers: str
) -> None:
    secret = "sk-planted-0123456789"  # noqa: S105 - a key of nobody
    monkeypatch.setenv(dialect.model.partition("/")[0].upper() + "_API_KEY", secret)
    room.model = dialect.model
    with provider(script(room, dialect)) as served:
        result = room.project.sit(
            f"--model={dialect.model}",
            f"--api-base={served.address}",
            "--run=some-run",
            "--model-arg=reasoning_effort=high",
            "-n",
            workers,
        )
    paper = room.paper
    assert paper.asked(served) == {**dict.fromkeys(paper.questions, 1), BUSY: 2}
    for call in served.calls:
        shown = [
            hashlib.sha256(base64.b64decode(figure)).hexdigest()
            for figure in dialect.figures(call.body)
        ]
        assert shown == [one.sha256 for one in paper.figures[paper.question(call)]]
        assert call.headers[dialect.key] == secret
        assert dialect.sent.items() <= call.body.items()
        assert "reasoning_effort" not in call.body
    if dialect is GEMINI:
        first, again = (call.at for call in served.calls if paper.question(call) == BUSY)
        assert again - first >= 2.0

    assert result.ret == 0, "the resident passes, one reply less or two"
    results = room.results("some-run")
    origin, sheet = results["provenance"], results["sheet"]
    assert origin["parameters"] == {"reasoning_effort": "high"}
    assert origin["sent"] == [{"parameters": dialect.sent, "replies": 40}]
    assert sheet["finish_reasons"] == {"content_filter": 1, "length": 1, "stop": 38}
    tokens = sheet["tokens"]
    assert (tokens["prompt"], tokens["completion"]) == (dialect.prompt, dialect.completion)
    assert tokens["reasoning"] > 0
    assert f"prompt {dialect.prompt:,}, completion {dialect.completion:,}" in result.stdout.str()

    response = read_cassette(
        room.project.path / "cassettes" / "sample" / "some-run" / "000A-1.yaml"
    ).response
    message = response["choices"][0]["message"]
    assert message["reasoning_content"] == THOUGHT
    assert message["content"] == paper.text("000A-1")
    assert response["sent"] == dialect.sent
    assert response["sent_images"][0]["sha256"] == paper.figures["000A-1"][0].sha256
    assert secret not in result.stdout.str() + result.stderr.str()
