"""When a recorded reply may answer: only the very request it was recorded for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jmle_plugin.errors import StaleCassetteError
from jmle_plugin.gateway.protocol import DIGEST_HEADER, EPOCH_HEADER, QUESTION_HEADER

MATCHER = "jmle"
"""The name `matches` has in vcrpy."""
IMPORTED_HEADER = "x-jmle-imported"
"""On a stored request: its reply answered another project's prompt."""
FILE_HEADER = "x-jmle-file"
"""On a stored request: the cassette it comes from."""


def matches(asked: Any, stored: Any) -> bool:
    """Vcrpy's matcher: True, or StaleCassetteError saying what differs.

    A stale cassette must neither answer nor let a call through, so it is no mere
    mismatch.
    """
    differences = list(_differences(asked, stored))
    if not differences:
        return True
    raise StaleCassetteError(
        f"this cassette is no answer to today's question {asked.headers[QUESTION_HEADER]}: "
        f"{'; '.join(differences)}",
        where=stored.headers.get(FILE_HEADER),
        remedy="Restore what changed, ask anew with --record-mode=rewrite, or name another --run.",
    )


def _differences(asked: Any, stored: Any) -> Iterator[str]:
    for header, name in ((QUESTION_HEADER, "question"), (EPOCH_HEADER, "epoch")):
        if asked.headers[header] != stored.headers[header]:
            yield f"it holds {name} {stored.headers[header]}"
    same_question = asked.headers[DIGEST_HEADER] == stored.headers[DIGEST_HEADER]
    imported = IMPORTED_HEADER in stored.headers
    if imported and not same_question:
        yield "the question's text, context or images changed since it was imported"
    if asked.body == stored.body:
        return
    now, then = json.loads(asked.body), json.loads(stored.body)
    found = [
        *_changed_parameters(now, then),
        *_changed_messages(now, then, same_question=same_question),
    ]
    yield from found or ["the form of its messages changed"]


def _changed_parameters(now: dict[str, Any], then: dict[str, Any]) -> Iterator[str]:
    missing = "not set"
    for name in sorted((set(now) | set(then)) - {"messages"}):
        before, after = then.get(name, missing), now.get(name, missing)
        if before != after:
            kind = name if name == "model" else f"parameter {name}"
            yield f"{kind} was {before}, now {after}"


def _changed_messages(
    now: dict[str, Any], then: dict[str, Any], *, same_question: bool
) -> Iterator[str]:
    texts_now, images_now = _parts(now)
    texts_then, images_then = _parts(then)
    if images_now != images_then:
        yield f"the images changed ({_short(images_then)}, now {_short(images_now)})"
    if texts_now != texts_then:
        yield "the prompt changed" if same_question else "the question's text or the prompt changed"


def _parts(body: dict[str, Any]) -> tuple[list[str], list[str]]:
    texts: list[str] = []
    images: list[str] = []
    for message in body.get("messages", []):
        content = message["content"]
        plain = isinstance(content, str)
        parts: list[Any] = [{"type": "text", "text": content}] if plain else content
        texts += [part["text"] for part in parts if part["type"] == "text"]
        images += [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    return texts, images


def _short(images: list[str]) -> str:
    digests = [image.removeprefix("sha256:")[:12] for image in images]
    return ", ".join(digests) or "none"
