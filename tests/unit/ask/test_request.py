"""The canonical request: a pure function of run, exam, prompt, question and epoch."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.prompt import load_prompt
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.ask.sitting import AskRequest, build_request
from tests.builders import FIGURE, make_exam, make_imported_run, make_question, make_run

EXAM = make_exam()


def request(question: str = "A-4", **changes: Any) -> AskRequest:
    """The request for a question, here with a figure, of a run with these changes."""
    return build_request(make_run(**changes), EXAM, load_prompt(), EXAM.questions[question])


def test_same_inputs_give_the_same_bytes() -> None:
    assert request().payload == request().payload


def test_parameters_are_sent_in_any_order_alike() -> None:
    first = request(parameters={"temperature": 0.5, "seed": 1})
    second = request(parameters={"seed": 1, "temperature": 0.5})
    assert first.payload == second.payload
    assert first.body["temperature"] == 0.5


def test_body_is_an_openai_chat_body() -> None:
    body = json.loads(request(parameters={"seed": 1}).payload)
    assert sorted(body) == ["messages", "model", "seed"]
    assert [one["role"] for one in body["messages"]] == ["system", "user"]


def test_epoch_is_never_sent() -> None:
    first, second = (
        build_request(make_run(), EXAM, load_prompt(), EXAM.questions["A-1"], epoch)
        for epoch in (1, 2)
    )
    assert first.payload == second.payload
    assert (first.epoch, second.epoch) == (1, 2)


@pytest.mark.parametrize(("images", "seen"), [("vision", True), ("blind", False)])
def test_figures_are_asked_about_as_the_run_says(images: str, seen: bool) -> None:
    assert (b"image_url" in request(images=ImageMode(images)).payload) is seen


def test_where_a_figure_lies_does_not_matter() -> None:
    moved = replace(FIGURE, path=Path("elsewhere.png"), name="other.png")
    requests = [
        build_request(make_run(), EXAM, load_prompt(), make_question(images=(figure,)))
        for figure in (FIGURE, moved)
    ]
    assert requests[0] == requests[1]


@pytest.mark.parametrize(
    "changes", [{"text": "?"}, {"images": (FIGURE,)}, {"id": "A-9"}], ids=lambda c: next(iter(c))
)
def test_question_is_known_by_what_the_candidate_sees(changes: dict[str, Any]) -> None:
    digests = {
        build_request(make_run(), EXAM, None, make_question(**one)).question_sha256
        for one in ({}, changes)
    }
    assert len(digests) == 2


def test_imported_run_asks_no_prompt_of_ours() -> None:
    run = make_imported_run(parameters={"seed": 1})
    asked = build_request(run, EXAM, None, EXAM.questions["A-4"])
    assert asked.body == {"model": "some/model"}
    assert asked.question_sha256 == request().question_sha256


@pytest.mark.parametrize("question", list(EXAM.questions))
def test_key_is_never_sent(question: str) -> None:
    changed = replace(EXAM, key=replace(EXAM.key, entries={}))
    sent = [
        build_request(make_run(), exam, load_prompt(), exam.questions[question]).payload
        for exam in (EXAM, changed)
    ]
    assert sent[0] == sent[1]
