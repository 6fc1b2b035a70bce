"""When a recorded reply may answer, and when a recorded run may go on.

A reply answers only the very request it was recorded for; a run is asked on only as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jmle_plugin.ask.cassette import SUFFIX, cassette_name
from jmle_plugin.ask.run import RUN_FILE, ImageMode, PromptRef, RunSpec
from jmle_plugin.errors import CassetteError, RunError, SettingsError, StaleCassetteError
from jmle_plugin.exam.model import Exam
from jmle_plugin.gateway.protocol import (
    DEFAULT_MAX_EDGE,
    DIGEST_HEADER,
    EPOCH_HEADER,
    IMAGE_PREFIX,
    QUESTION_HEADER,
)
from jmle_plugin.text import count

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
    texts_now, images_now = message_parts(now)
    texts_then, images_then = message_parts(then)
    if images_now != images_then:
        yield f"the images changed ({_short(images_then)}, now {_short(images_now)})"
    if texts_now != texts_then:
        yield "the prompt changed" if same_question else "the question's text or the prompt changed"


def message_parts(body: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The texts of a chat body, and the addresses of its figures, in their order."""
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
    digests = [image.removeprefix(IMAGE_PREFIX)[:12] for image in images]
    return ", ".join(digests) or "none"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for; None and empty stand for nothing said.

    A run that is named without its model stays as it was recorded. Without a `prompt_file` a
    recorded run keeps the prompt that its `run.json` names, and a new one gets the suite's own.
    """

    model: str = ""
    run: str = ""
    prompt_file: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    images: ImageMode | None = None
    image_max_edge: int | None = None
    epochs: int | None = None
    may_record: bool = False
    rewrite: bool = False
    """All replies may be asked for anew, so that what was recorded does not bind."""
    api_base: str | None = None
    """A user's own server, whose models are not known elsewhere."""
    text_only_from: str | None = None
    """The run whose text-only replies count in this one too."""


def as_recorded(spec: RunSpec, wanted: Wanted) -> Wanted:
    """What is wanted of a run that is named without its model."""
    return replace(
        wanted,
        model=spec.model,
        parameters=wanted.parameters or spec.parameters,
        images=wanted.images or (None if spec.no_vision else spec.images),
        image_max_edge=wanted.image_max_edge or spec.image_max_edge,
        epochs=wanted.epochs or spec.epochs,
        text_only_from=spec.text_only_from,
    )


def check_run(spec: RunSpec, exam: Exam, name: str, model: str, folder: Path) -> None:
    """RunError where the folder holds another run than the one asked for."""
    if spec.exam != exam.id or spec.run != name:
        raise RunError(
            f"is the record of run {spec.run} of {spec.exam}, but lies where run {name} of "
            f"{exam.id} belongs",
            where=folder / RUN_FILE,
            remedy="Move the folder back; runs are not renamed by hand.",
        )
    if model and spec.model != model:
        raise RunError(
            f"run {name} is a run of {spec.model}, not of {model}",
            where=folder / RUN_FILE,
            remedy="Give another --run name for this model.",
        )


def check_imported(spec: RunSpec, asked: Mapping[str, object]) -> None:
    """SettingsError where something is asked (setting -> value) of an imported run."""
    for flag, value in asked.items():
        if value:
            raise SettingsError(
                f"run {spec.run} was imported: its replies answered another project's prompt, so "
                f"{flag} has no meaning for it",
                remedy=f"Leave out {flag}, or record a run of your own under another --run.",
            )


def check_as_recorded(spec: RunSpec, folder: Path, wanted: Wanted, prompt: PromptRef) -> None:
    """StaleCassetteError where the replies that are there answered something else."""
    asked = wanted if wanted.model else as_recorded(spec, wanted)
    images = asked.images or (spec.images if spec.no_vision else ImageMode.VISION)
    max_edge = asked.image_max_edge or DEFAULT_MAX_EDGE
    differences = {
        "prompt": (spec.prompt and _named(spec.prompt), _named(prompt)),
        "parameters": (spec.parameters, dict(asked.parameters)),
        "images": (spec.images.value, images.value),
        "image-max-edge": (spec.image_max_edge or DEFAULT_MAX_EDGE, max_edge),
    }
    found = [
        f"{name} {_plain(then)}, now {_plain(now)}"
        for name, (then, now) in differences.items()
        if then != now
    ]
    if found:
        raise StaleCassetteError(
            f"every cassette of run {spec.run} was recorded with {'; '.join(found)}",
            where=folder,
            remedy="Ask for the same again (a prompt with --prompt FILE), name another --run, or "
            "ask all of it anew with --record-mode=rewrite.",
        )


def _named(prompt: PromptRef) -> str:
    return f"{prompt.name!r} ({prompt.sha256[:12]})"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_plain(one)}" for name, one in value.items()) or "none"
    return str(value)


def check_orphans(exam: Exam, spec: RunSpec, folder: Path, epochs: int) -> None:
    """CassetteError for a cassette that belongs to none of the run's questions."""
    own = [one.id for one in exam.questions.values() if one.images or not spec.text_only_from]
    known = {cassette_name(name, epoch) for name in own for epoch in range(1, epochs + 1)}
    for file in sorted(folder.glob(f"*{SUFFIX}")):
        if file.stem not in known:
            often = f", each asked {epochs} times" if epochs > 1 else ""
            source = spec.text_only_from
            elsewhere = f" with figures, and {source} holds the others" if source else ""
            raise CassetteError(
                f"this cassette belongs to no question of {exam.id}{often}{elsewhere}",
                where=file,
                remedy="Move it away: a run's folder holds its own cassettes and nothing else.",
            )


def refuse_more_epochs(then: RunSpec, folder: Path, epochs: int) -> None:
    """SettingsError where a run that cannot be asked for was recorded with fewer `epochs`."""
    if epochs > then.epochs:
        raise SettingsError(
            f"run {then.run} of {then.exam} has {count(then.epochs, 'epoch')}, and none can be "
            f"added to it here: --epochs={epochs} is more",
            where=folder / RUN_FILE,
            remedy=f"Say --epochs={then.epochs} or less, or leave it out.",
        )
