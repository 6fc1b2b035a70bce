"""The form of batch files: custom ids, and what a line of results says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.gateway.batch_file import custom_id, request_line, results_in

ANSWER = {"object": "chat.completion", "choices": [{"message": {"content": "a"}}]}


@given(st.text(), st.text(), st.integers(1, 1000), st.text())
def test_a_custom_id_fits_every_service_whatever_the_names(
    run: str, question: str, epoch: int, body: str
) -> None:
    digest = "0" * 63 + str(len(body) % 10)
    made = custom_id(run, (question, epoch, digest))
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", made)
    assert made == custom_id(run, (question, epoch, digest))
    assert made != custom_id(run + "x", (question, epoch, digest))
    assert made != custom_id(run, (question, epoch + 1, digest))
    assert made != custom_id(run, (question, epoch, "1" + digest[1:]))


def test_a_request_is_one_line_in_openais_form() -> None:
    line = request_line("x", {"model": "m", "messages": [{"content": "一行目\n二行目"}]})
    assert line.count(b"\n") == 1
    assert json.loads(line) == {
        "custom_id": "x",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": [{"content": "一行目\n二行目"}]},
    }


def read(*lines: Any) -> list[tuple[str, int, Any, str]]:
    raw = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines]
    return [
        (one.name, one.status, json.loads(one.answer or b"null"), one.problem)
        for one in results_in(raw, "results.jsonl")
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ({"response": {"status_code": 200, "body": ANSWER}, "error": None}, (200, ANSWER, "")),
        ({"response": ANSWER}, (200, ANSWER, "")),
        (
            {"response": {"status_code": 400, "body": {"error": {"message": "no"}}}},
            (400, {"error": {"message": "no"}}, ""),
        ),
        (
            {"response": {"status_code": 400}, "error": {"code": "content_filter"}},
            (400, {"error": {"code": "content_filter"}}, ""),
        ),
        (
            {"response": None, "error": {"code": "batch_expired", "message": "late"}},
            (0, None, "batch_expired: late"),
        ),
        ({"response": {"status_code": 500}, "error": "it broke\n"}, (0, None, "it broke")),
        ({"response": {"status_code": 200}}, (0, None, "HTTP 200 without a body")),
        ({}, (0, None, "no answer")),
    ],
)
def test_every_form_of_a_result_is_read(line: dict[str, Any], found: tuple[Any, ...]) -> None:
    status, answer, problem = found
    (one,) = read({"custom_id": "x", **line})
    assert one[0] == "x"
    assert one[2:] == (answer, problem)
    assert not answer or one[1] == status


def test_what_is_no_result_has_no_name_and_says_why() -> None:
    found = read(b'{"custom_id": "x", "resp', b"", b"[" * 100_000, {"custom_id": 3}, [], "text")
    assert [name for name, *_ in found] == [""] * 5
    assert {problem for *_, problem in found} == {
        "is no JSON: it may be cut off",
        "has no custom_id",
    }
