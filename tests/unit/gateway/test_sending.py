"""Parameters: those asked for go out, be it in other words, or nothing does."""

from __future__ import annotations

from typing import Any

import pytest

from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.sending import Call
from tests.scripted.provider import (
    Answer,
    anthropic_message,
    completion,
    failure,
)
from tests.unit.gateway.asking import FINE, Asking

# What litellm and its libraries warn of is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


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


def test_unsupported_parameter_is_fatal(ask: Asking) -> None:
    said = "Unsupported parameter: 'temperature'"
    assert ask.failure(failure(said, code="unsupported_parameter", status=400)).message == said


def test_parameter_litellm_would_drop_is_fatal_before_any_call(ask: Asking) -> None:
    with pytest.raises(ProviderError, match=r"does not support parameters.*seed") as caught:
        ask(Answer(anthropic_message("a")), "anthropic", seed=1)
    assert caught.value.fatal
    assert ask.calls == []


@pytest.mark.parametrize(
    ("dialect", "lost"),
    [
        ("openai", {"user": "bob"}),
        ("openai", {"tags": ["a"], "temperature": 0.5}),
        ("openai", {"ssl_verify": False}),
        ("openai", {"no-log": True}),
        ("anthropic", {"response_format": {"type": "json_object"}}),
        ("anthropic", {"system": "Answer d."}),
        ("gemini", {"foo": 1}),
        ("gemini", {"user": "bob"}),
        ("gemini", {"parallel_tool_calls": True}),
        ("gemini", {"generation_config": {"topK": 2}}),
    ],
)
def test_parameter_that_litellm_leaves_out_is_fatal_before_any_call(
    ask: Asking, dialect: str, lost: dict[str, Any]
) -> None:
    if dialect == "openai":
        ask.model = "openai/my-model"
    with pytest.raises(ProviderError, match=f"{next(iter(lost))} would not be sent") as caught:
        ask(Answer(FINE[dialect]("a")), dialect, **lost)
    assert caught.value.fatal
    assert ask.calls == []


@pytest.mark.parametrize(
    ("dialect", "asked", "sent"),
    [
        ("openai", {"min_p": 0.1, "extra_body": {"top_k": 3}}, {"min_p": 0.1, "top_k": 3}),
        ("anthropic", {"user": "bob"}, {"metadata": {"user_id": "bob"}}),
        ("anthropic", {"stop": ["x"]}, {"stop_sequences": ["x"]}),
        ("anthropic", {"max_completion_tokens": 9}, {"max_tokens": 9}),
        ("gemini", {"max_tokens": 9}, {"max_output_tokens": 9}),
        ("gemini", {"logprobs": True}, {"responseLogprobs": True}),
        ("gemini", {"modalities": ["text"]}, {"responseModalities": ["TEXT"]}),
        (
            "gemini",
            {"response_format": {"type": "json_object"}},
            {"response_mime_type": "application/json"},
        ),
    ],
)
def test_translated_parameters_go_out(
    ask: Asking, dialect: str, asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    ask(Answer(FINE[dialect]("a")), dialect, **asked)
    body = ask.calls[0].body
    out = body | body.get("generationConfig", {})
    assert {name: out.get(name) for name in sent} == sent


@pytest.mark.parametrize("told", ['{"topP": 1, "inputText": "?"}', {"config": {"top_p": 1}}])
def test_what_goes_out_may_be_told_as_json_and_lie_deeper(told: object) -> None:
    call = Call("bedrock/some-model", {"top_p": 1, "top_k": 2})
    call.note(told)
    assert (call.told, call.lost) == (True, ["top_k"])


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"max_tokens": 9}, {"options": {"num_predict": 9}}),
        ({"max_tokens": 9}, {"max_gen_len": 9}),
        ({"reasoning_effort": "none"}, {"options": {}, "think": False}),
        ({"response_format": {"type": "json_object"}}, {"format": "json"}),
        ({"response_format": {"type": "json_object"}}, {"text": {"format": {"type": "x"}}}),
        ({"response_format": {"type": "json_schema"}}, {"outputConfig": {"textFormat": {"a": 1}}}),
        ({"seed": 5}, {"random_seed": 5}),
        ({"thinking": {"type": "enabled"}}, {"reasoning_effort": "low"}),
        ({"top_p": 0.9, "top_k": 2}, {"p": 0.9, "k": 2}),
        ({"web_search_options": {}}, {"web_search_options": {}}),
        ({"temperature": 0.5}, {"input": {"prompt": "?", "temperature": 0.5}}),
    ],
)
def test_parameter_goes_out_under_its_providers_name(
    asked: dict[str, Any], told: dict[str, Any]
) -> None:
    call = Call("some/model", asked)
    call.note(told)
    assert call.lost == []
    assert "?" not in str(call.sent)


def test_parameter_that_goes_out_empty_is_lost(ask: Asking) -> None:
    with pytest.raises(ProviderError, match="thinking would not be sent"):
        ask(Answer(FINE["gemini"]("a")), "gemini", thinking={"type": "disabled"})
    assert ask.calls == []


def test_question_is_no_part_of_what_was_sent() -> None:
    question = {"instructions": "s", "images": ["aGVsbG8="], "prompt": "q", "inputs": "q"}
    call = Call("ollama/some-model", {})
    call.note(question | {"messages": [], "headers": {"x-api-key": "k"}, "stream": False})
    assert call.sent == {"stream": False}


@pytest.mark.parametrize("told", [None, "{", "[]", 7])
def test_what_is_told_of_nothing_is_not_told(told: object) -> None:
    call = Call("bedrock/some-model", {"top_p": 1})
    call.note(told)
    assert call.objection() is None
    assert call.objection(answered=True) is not None


def test_reply_to_a_request_nobody_told_of_is_not_taken(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Call, "note", lambda *_: None)
    with pytest.raises(ProviderError, match="whether temperature went out is not known") as caught:
        ask(Answer(completion("a")), temperature=0.5)
    assert caught.value.fatal
    assert "choices" in ask(Answer(completion("a")))
