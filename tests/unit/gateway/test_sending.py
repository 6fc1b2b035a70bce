"""Parameters: those asked for go out, be it in other words, or nothing does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.gateway.failures import ProviderError
from jmle_plugin.gateway.library import load_litellm
from jmle_plugin.gateway.sending import (
    Call,
    Turns,
    left_out_one_by_one,
    says_the_same,
    stands_in,
)
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
    assert ask.failure(failure(said, code="unsupported_parameter", status=400)).message.startswith(
        said
    )


def test_parameter_litellm_would_drop_is_fatal_before_any_call(ask: Asking) -> None:
    with pytest.raises(ProviderError, match="seed") as caught:
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


@pytest.mark.parametrize(
    ("model", "asked", "sent"),
    [
        ("ollama/some-model", {"max_tokens": 9}, {"options": {"num_predict": 9}}),
        ("mistral/some-model", {"seed": 5}, {"random_seed": 5}),
        ("cohere/some-model", {"top_p": 0.9}, {"p": 0.9}),
    ],
)
def test_a_providers_own_name_for_a_parameter_needs_no_table(
    ask: Asking, model: str, asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    ask.model = model
    with contextlib.suppress(ProviderError):  # the answer is another provider's
        ask(Answer(completion()), **asked)
    # A library may look up the model as well before it asks.
    bodies = [call.body for call in ask.calls]
    assert sent in [{name: body.get(name) for name in sent} for body in bodies]


def test_parameter_that_goes_out_empty_is_lost(ask: Asking) -> None:
    with pytest.raises(ProviderError, match="thinking would not be sent"):
        ask(Answer(FINE["gemini"]("a")), "gemini", thinking={"type": "disabled"})
    assert ask.calls == []


QUESTION = ("Answer in one letter.", "Which one of these is it?", "data:image/png;base64,aGVsbG8=")


def noted(body: dict[str, Any]) -> dict[str, Any] | None:
    call = Call("some/model", QUESTION)
    call.leave(json.dumps(body).encode())
    return call.sent


@pytest.mark.parametrize(
    "question",
    [
        {"model": "m", "messages": [{"role": "user", "content": QUESTION[1]}]},
        {"system": QUESTION[0], "contents": [{"parts": [{"text": QUESTION[1]}]}]},
        {"prompt": f"<s>{QUESTION[0]}\n{QUESTION[1]}</s>", "images": ["aGVsbG8="]},
        {"config": {"instruction": QUESTION[0]}, "input": {"prompt": QUESTION[1]}},
    ],
)
def test_question_is_no_part_of_what_was_sent(question: dict[str, Any]) -> None:
    assert noted(question | {"stream": False, "options": {"k": 2}}) == {
        "stream": False,
        "options": {"k": 2},
    }


def test_parameters_beside_the_question_in_one_table_are_noted() -> None:
    told = {"input": {"prompt": QUESTION[1], "temperature": 0.5}}
    assert noted(told) == {"input": {"temperature": 0.5}}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"Which one of these is it?"', b'{"grant": "a token"}', b"\xff"]
)
def test_a_request_without_the_question_is_not_taken_for_it(body: bytes) -> None:
    for rehearsed in (False, True):
        call = Call("some/model", QUESTION, rehearsed=rehearsed)
        call.leave(body)
        call.leave(body)
        assert (call.sent, call.left) == (None, True)


def test_a_question_leaves_once_and_in_a_rehearsal_never() -> None:
    body = json.dumps({"messages": QUESTION[:2], "seed": 1}).encode()
    call = Call("some/model", QUESTION)
    call.leave(body)
    with pytest.raises(ConnectionError):
        call.leave(body)
    rehearsal = Call("some/model", QUESTION, rehearsed=True)
    with pytest.raises(ConnectionError):
        rehearsal.leave(body)
    assert rehearsal.sent == call.sent == {"seed": 1}


def test_what_was_raised_stays_the_reason_when_a_library_tries_again() -> None:
    call = Call("some/model", QUESTION)
    body = json.dumps({"messages": QUESTION}).encode()
    call.leave(body)
    try:
        raise TimeoutError("of the first one")  # noqa: TRY301 - as a client does
    except TimeoutError:
        with pytest.raises(TimeoutError, match="of the first one"):
            call.leave(body)


scalars = st.booleans() | st.integers() | st.text(max_size=5)
tables = st.dictionaries(st.text(max_size=5), scalars | st.lists(scalars, max_size=3), max_size=4)


@given(tables, tables)
def test_each_parameter_is_left_out_once_and_alone(plain: Any, extra: Any) -> None:
    plain.pop("extra_body", None)
    whole = {**plain, "extra_body": extra} if extra else plain
    seen = []
    for name, value, others in left_out_one_by_one(whole):
        seen.append((name, value))
        kept = [(one, it) for one, it, _ in left_out_one_by_one(others)]
        assert len(kept) == len(plain) + len(extra) - 1
    assert seen == [*plain.items(), *extra.items()]


def test_a_parameter_is_known_however_deep_and_cased_by_name_and_value() -> None:
    sent = {"config": [{"maxOutputTokens": 9}], "topK": 3}
    assert stands_in(sent, "max_output_tokens", 9)
    assert stands_in(sent, "top_k", 3)
    assert not stands_in(sent, "top_k", 4)
    assert not stands_in(sent, "seed", 3)


def test_empty_tables_say_nothing() -> None:
    assert says_the_same({"a": 1, "b": {"c": {}}}, {"a": 1})
    assert not says_the_same({"a": 1, "b": {"c": 0}}, {"a": 1})
    assert not says_the_same({"tools": [{"search": {}}]}, {})


def test_reply_to_a_request_nobody_saw_is_not_taken(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Call, "leave", lambda *_: None)
    with pytest.raises(ProviderError, match="whether temperature went out is not known") as caught:
        ask(Answer(completion("a")), temperature=0.5)
    assert caught.value.fatal
    assert "choices" in ask(Answer(completion("a")))


def test_a_library_that_tries_again_asks_nobody_twice(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    litellm = load_litellm()
    complete = litellm.acompletion

    async def stubborn(**how: Any) -> Any:
        try:
            return await complete(**how)
        except Exception:  # noqa: BLE001 - whatever it was
            return await complete(**how)

    monkeypatch.setattr(litellm, "acompletion", stubborn)
    assert not ask.failure(Answer(reset=True)).fatal


def test_parameters_are_rehearsed_once_for_all_questions(
    ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    litellm = load_litellm()
    complete, made = litellm.acompletion, []

    async def counted(**how: Any) -> Any:
        made.append(how)
        return await complete(**how)

    monkeypatch.setattr(litellm, "acompletion", counted)
    ask(Answer(completion()), times=3, seed=1, odd={"deep": [1]})
    assert len(ask.calls) == 3
    assert len(made) == 4


def test_calls_are_made_ready_one_after_the_other() -> None:
    turns, course = Turns(patience=60), []

    async def make(name: str) -> None:
        call = Call("m", ("a question",))
        async with turns.take(call):
            course.append(f"{name} is made ready")
            await asyncio.sleep(0.01)
            course.append(f"{name} leaves")
            await asyncio.to_thread(call.leave, b'{"prompt": "a question"}')
            await asyncio.sleep(0.1)
            course.append(f"{name} is answered")

    async def both() -> None:
        await asyncio.gather(make("one"), make("two"))

    asyncio.run(both())
    assert course.index("one leaves") < course.index("two is made ready")
    assert course.index("two is made ready") < course.index("one is answered")


@pytest.mark.parametrize("ends", [True, False], ids=["it ends", "it takes too long"])
def test_call_that_does_not_leave_keeps_no_other_from_leaving(ends: bool) -> None:
    async def run() -> None:
        turns, done = Turns(patience=60 if ends else 0.01), asyncio.Event()

        async def stuck() -> None:
            async with turns.take(Call("m", ("a question",))):
                if not ends:
                    await done.wait()

        waiting = asyncio.create_task(stuck())
        await asyncio.sleep(0)
        async with asyncio.timeout(30), turns.take(Call("m", ("a question",))):
            assert waiting.done() is ends
        done.set()
        await waiting

    asyncio.run(run())
