"""Batch files in OpenAI's form: a line a request, a line a result, known by its `custom_id`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jmle_plugin.files import digest
from jmle_plugin.gateway.protocol import CHAT_PATH, Key
from jmle_plugin.text import printable

_PART = 16
"""Hexadecimal digits that tell runs apart, and attempts of one run."""
_SHOWN = 80


def run_part(run: str) -> str:
    """How the custom ids of a run begin; `run` is its address (exam/run)."""
    return digest(run)[:_PART]


def attempt_part(question: str, epoch: int) -> str:
    """What the custom ids of an attempt have behind that of the run, whatever was asked."""
    return digest([question, epoch])[:_PART]


def custom_id(run: str, key: Key) -> str:
    """What a request is known by: 58 of [0-9a-f-], the same wherever it is computed.

    No name stands in it, so that none has to fit: of 64 characters that services take.
    """
    question, epoch, body = key
    return f"{run_part(run)}-{attempt_part(question, epoch)}-{body[:24]}"


def request_line(name: str, body: Mapping[str, Any]) -> bytes:
    """The line of one request, its end included; `body` is the one that would go out live."""
    line = {"custom_id": name, "method": "POST", "url": CHAT_PATH, "body": body}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Result:
    """One line of results: an answer as HTTP has it, or why there is none."""

    name: str
    """Its custom id; shown to people where it is not one of ours."""
    status: int = 0
    answer: bytes = b""
    """The body of the answer; empty where there is none."""
    problem: str = ""
    """Why there is no answer, in the service's words."""
    where: str = ""
    """File and line."""


def read_results(lines: Iterable[bytes], file: object) -> Iterator[Result]:
    """The results in the lines of a file; of a line that is none, `name` is empty.

    An answer that failed (a status from 400 on) is one; only where the service gave none at
    all there is a `problem`.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _result(line, f"{file}:{number}")


def _result(line: bytes, where: str) -> Result:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return Result("", problem="is no JSON: it may be cut off", where=where)
    name = record.get("custom_id") if isinstance(record, dict) else None
    if not isinstance(name, str) or not name:
        return Result("", problem="has no custom_id", where=where)
    response, error = record.get("response"), record.get("error")
    table = response if isinstance(response, dict) else {}
    status, body = table.get("status_code"), table.get("body")
    if "choices" in table:  # some runners leave out the envelope
        status, body = 200, table
    status = status if isinstance(status, int) and not isinstance(status, bool) else 0
    if not body and status and isinstance(error, dict):
        body = {"error": error}  # where the service keeps what the model's server said
    if not status or not isinstance(body, dict):
        return Result(name, problem=_said(error, status), where=where)
    return Result(name, status, json.dumps(body).encode(), where=where)


def _said(error: Any, status: int) -> str:
    """The service's words for a request without an answer."""
    message = error
    if isinstance(error, dict):
        words = (error.get("code"), error.get("message"))
        message = ": ".join(str(word) for word in words if word)
    fallback = f"HTTP {status} without a body" if status else "no answer"
    return printable(" ".join(str(message).split()))[:_SHOWN] if message else fallback
