"""The provider's own word for why a reply ended, and what each word means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.gateway.completion import WORDS, read_ending
from jmle_plugin.gateway.reply import End
from tests.conftest import ROOT


def openai(word: Any, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {}, "finish_reason": word, **more}]}


BODIES: dict[str, Any] = {
    "OpenAI chat": openai,
    "Anthropic": lambda word: {"type": "message", "content": [], "stop_reason": word},
    "Gemini": lambda word: {"candidates": [{"content": {}, "finishReason": word}]},
    "OpenAI Responses": lambda word: {
        "object": "response",
        "status": word.partition(":")[0],
        "incomplete_details": {"reason": word.partition(":")[2] or None},
    },
    "Bedrock Converse": lambda word: {"output": {"message": {}}, "stopReason": word},
    "Cohere": lambda word: {"id": "x", "message": {}, "finish_reason": word},
    "Ollama": lambda word: {"message": {}, "done": word != "not_done", "done_reason": word},
}
EVERY = [
    (protocol, word, end)
    for protocol, ends in WORDS.items()
    for end, words in ends.items()
    for word in words.split()
]


@pytest.mark.parametrize(("protocol", "word", "end"), EVERY)
def test_every_word_is_found_in_its_protocols_body(protocol: str, word: str, end: End) -> None:
    body = (
        {"promptFeedback": {"blockReason": "OTHER"}}
        if word == "BLOCKED"
        else BODIES[protocol](word)
    )
    found = read_ending(body)
    assert found is not None
    assert (found.protocol, found.word, found.end) == (protocol, word, end)


@pytest.mark.parametrize("protocol", sorted(BODIES))
def test_a_word_that_stands_nowhere_has_no_meaning(protocol: str) -> None:
    found = read_ending(BODIES[protocol]("ran_out_of_steam"))
    assert found is not None
    assert (found.word, found.end) == ("ran_out_of_steam", None)


@pytest.mark.parametrize("word", [None, "", "null", "None", {"type": None}])
def test_no_word_is_no_word_however_it_is_written(word: Any) -> None:
    for body in (openai(word), BODIES["Anthropic"](word), BODIES["Gemini"](word)):
        found = read_ending(body)
        assert found is not None
        assert (found.word, found.end) == ("", None)


def test_a_routers_stop_does_not_hide_that_its_provider_broke_off() -> None:
    for native, end in [
        ("insufficient_system_resource", End.BROKEN),
        ("OTHER", End.BROKEN),
        ("STOP", End.WHOLE),
        ("eos", End.WHOLE),
        ("its own invention", End.WHOLE),
    ]:
        found = read_ending(openai("stop", native_finish_reason=native))
        assert found is not None
        assert found.end is end


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    ["choices", "candidates", "finish_reason", "finishReason", "done", "object",
                     "promptFeedback", "stop_reason", "type", "status", "output", "stopReason"]
                ),
                inner,
                max_size=4,
            )
        ),
    )
)  # fmt: skip
def test_no_body_is_too_odd_to_be_looked_at(body: Any) -> None:
    found = read_ending(body)
    assert found is None or isinstance(found.word, str)


def test_the_documents_table_is_that_of_the_code() -> None:
    for protocol, ends in WORDS.items():
        cells = [" ".join(f"`{word}`" for word in ends[end].split()) for end in End]
        assert f"| {protocol} | {' | '.join(cells)} |" in (ROOT / "docs/asking.md").read_text()
