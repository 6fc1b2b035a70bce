"""What of a chat completion is a reply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.errors import ReplyError
from jmle_plugin.gateway.reply import (
    PROJECTS,
    Reply,
    SentImage,
    Usage,
    completion_of,
    read_reply,
)
from tests.builders import make_completion

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["choices", "message", "content", "usage"]), inner)
    ),
    max_leaves=8,
)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
COUNTS = st.none() | st.integers(min_value=0)
REPLIES = st.builds(
    Reply,
    TEXTS,
    reasoning=TEXTS,
    model=TEXTS,
    finish_reason=TEXTS,
    usage=st.none()
    | st.builds(Usage, prompt=COUNTS, completion=COUNTS, reasoning=COUNTS, cached=COUNTS),
    cost=st.none() | st.floats(min_value=0, allow_infinity=False),
    seconds=st.none() | st.floats(min_value=0, max_value=1e9),
    sent=st.dictionaries(TEXTS, st.integers() | TEXTS, max_size=2),
    images=st.lists(
        st.builds(SentImage, TEXTS, st.integers(min_value=0), st.integers(min_value=0)), max_size=2
    ).map(tuple),
    answer_of=st.sampled_from(["", *PROJECTS]),
    recorded_answer=st.none() | TEXTS,
    native_finish_reason=TEXTS,
    refusal=TEXTS,
    confidence=st.none() | st.floats(0, 1),
)


@given(REPLIES)
def test_a_reply_that_is_written_down_is_read_as_it_was(reply: Reply) -> None:
    assert read_reply(json.loads(json.dumps(completion_of(reply)))) == reply


@pytest.mark.parametrize(
    "reply",
    [Reply("\ud800"), Reply("a", cost=float("nan")), Reply("a", sent={"client": object()})],
    ids=["lone surrogate", "no number", "no JSON"],
)
def test_a_reply_that_no_file_can_hold_is_none(reply: Reply) -> None:
    with pytest.raises(ReplyError, match="cannot be recorded"):
        completion_of(reply)


def test_every_part_is_read() -> None:
    completion = make_completion("c", reasoning_content="because")
    completion["usage"] |= {
        "completion_tokens_details": {"reasoning_tokens": 3},
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    assert read_reply(completion) == Reply(
        "c",
        "because",
        "some/model-2026",
        "stop",
        Usage(prompt=10, completion=5, reasoning=3, cached=0),
    )


@pytest.mark.parametrize("text", ["", None])
def test_empty_reply_is_a_reply(text: str | None) -> None:
    assert read_reply(make_completion(text)).text == ""


def test_bare_message_is_enough() -> None:
    assert read_reply({"choices": [{"message": {"content": "a"}}]}) == Reply("a")


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (None, None),
        ([], None),
        ({}, Usage()),
        ({"prompt_tokens": 0}, Usage(prompt=0)),
        ({"prompt_tokens": "10", "completion_tokens": 1.5}, Usage()),
        ({"prompt_tokens": True}, Usage()),
        ({"completion_tokens_details": None}, Usage()),
    ],
)
def test_counts_nobody_gave_are_unknown_not_nought(usage: Any, read: Usage | None) -> None:
    assert read_reply(make_completion() | {"usage": usage}).usage == read


@pytest.mark.parametrize(
    "completion",
    [
        None,
        [],
        "text",
        {},
        {"choices": None},
        {"choices": []},
        {"choices": {}},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"message": None}]},
        {"choices": [{"message": "text"}]},
        {"choices": [{"message": {}}]},
        {"choices": [{"message": {"content": ["parts"]}}]},
        {"choices": [{"message": {"content": "a", "reasoning_content": 5}}]},
        {"error": {"message": "busy"}},
    ],
    ids=str,
)
def test_what_holds_no_message_is_no_reply(completion: Any) -> None:
    with pytest.raises(ReplyError):
        read_reply(completion)


@given(completion=JSON)
def test_any_json_is_a_reply_or_a_reply_error(completion: Any) -> None:
    try:
        assert isinstance(read_reply(completion).text, str)
    except ReplyError as error:
        assert "service answered" in error.problem  # noqa: PT017 - either outcome is right


def test_what_the_gateway_adds_is_read() -> None:
    told = {
        "cost": 0.25,
        "sent": {"max_tokens": 64},
        "sent_images": [{"sha256": "0" * 64, "size": 9, "sent_size": 4, "media_type": "image/png"}],
    }
    reply = read_reply(make_completion("a") | told)
    assert (reply.cost, reply.sent) == (0.25, {"max_tokens": 64})
    assert reply.images == (SentImage("0" * 64, 9, 4),)


def test_a_refusal_is_what_the_provider_says_is_one() -> None:
    told = make_completion("I will not.")
    assert not read_reply(told).refused
    choice = told["choices"][0]
    filtered = told | {"choices": [choice | {"finish_reason": "content_filter"}]}
    said = told | {"choices": [choice | {"message": choice["message"] | {"refusal": "No."}}]}
    assert (read_reply(filtered).refused, read_reply(said).refused) == (True, True)


@pytest.mark.parametrize(
    ("recorded", "read"),
    [(0.25, 0.25), (1, 1.0), (0, 0.0), (None, None), (85, None), (-0.1, None), ("0.5", None),
     (True, None), (float("nan"), None)],
)  # fmt: skip
def test_a_confidence_is_a_number_from_0_to_1(recorded: object, read: float | None) -> None:
    assert read_reply(make_completion("a") | {"recorded_confidence": recorded}).confidence == read


@pytest.mark.parametrize("cost", [None, "0.1", True, -1, float("nan")])
def test_a_cost_that_is_none_is_unknown_and_never_nothing(cost: object) -> None:
    assert read_reply(make_completion("a") | {"cost": cost}).cost is None


def test_a_negative_count_is_none() -> None:
    told = make_completion("a") | {"usage": {"prompt_tokens": -100, "completion_tokens": 5}}
    assert read_reply(told).usage == Usage(completion=5)


@pytest.mark.parametrize(
    ("seconds", "completion", "speed"),
    [
        (2.0, 100, 50.0),
        (3.0, 100, 33.3),
        (2.0, 0, 0.0),
        (0.0, 100, None),
        (None, 100, None),
        (2.0, None, None),
        (float("nan"), 100, None),
        (float("inf"), 100, None),
        (1.0, 10**400, None),
    ],
)
def test_tokens_a_second_are_known_where_time_and_tokens_are(
    seconds: float | None, completion: int | None, speed: float | None
) -> None:
    reply = Reply("", seconds=seconds, usage=Usage(completion=completion))
    assert reply.tokens_per_second == speed
