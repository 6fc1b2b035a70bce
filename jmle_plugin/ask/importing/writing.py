"""From another project's run, as its reader hands it over, to a folder of cassettes.

A run is written whole or not at all. What all readers share stands here as well.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from jmle_plugin.ask.cassette import SUFFIX, Cassette, cassette_name, write_cassette
from jmle_plugin.ask.messages import prompt_names
from jmle_plugin.ask.run import (
    ImageMode,
    ImportedFrom,
    PromptRef,
    RunSpec,
    check_run_name,
    write_run,
)
from jmle_plugin.ask.sitting import build_request
from jmle_plugin.errors import CassetteError, ImportFileError
from jmle_plugin.exam.model import Exam
from jmle_plugin.files import digest, read_json, read_regular
from jmle_plugin.strict import first_problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ForeignReply:
    """One reply in the project's own words; text None stands for "there is none"."""

    question: str
    text: str | None
    reasoning: str = ""
    file: Path = Path()
    place: tuple[str, int] | None = None
    """Block and number, where the project calls the question otherwise than the pack does."""
    finish_reason: str = ""
    tokens: int | None = None
    """Tokens of the reply, those of its reasoning included."""
    reasoning_tokens: int | None = None
    recorded: str | None = None
    """What the project's own rule read from the reply, where it kept that."""
    confidence: float | None = None
    """How sure the model was, 0 to 1, where the project kept that."""


@dataclass(frozen=True, slots=True)
class ForeignRun:
    """One run of another project; `files` are (path, bytes as read)."""

    project: str
    name: str
    """The run's name unless another is given."""
    model: str
    images: ImageMode
    files: Mapping[Path, bytes]
    replies: Sequence[ForeignReply]
    edition: int | None = None
    """Which sitting it is of, where its files are about several."""
    display_name: str = ""
    recorded: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    answers_only: bool = False
    """True where the replies are the answers alone."""
    answers_more: bool = False
    """True where its files may answer questions that the pack leaves out."""
    prompt: str = ""
    """The published prompt that the replies answered, by name; empty where that is not known."""
    marker: str | None = None
    """What an answer line begins with, where the project's prompt asks for another marker."""

    @property
    def first(self) -> Path:
        """The file that errors about the whole run name."""
        return next(iter(self.files))

    @property
    def label(self) -> str:
        """The files' names in short."""
        more = len(self.files) - 1
        return self.first.name + (f" and {more} more" if more else "")

    @property
    def sha256(self) -> str:
        """Of the file; of several, of their names and digests."""
        sums = {file.name: hashlib.sha256(raw).hexdigest() for file, raw in self.files.items()}
        return digest(sums) if len(sums) > 1 else next(iter(sums.values()))


def read_bytes(file: Path) -> bytes:
    """The file's bytes; ImportFileError where it cannot be read."""
    try:
        return read_regular(file)
    except OSError as error:
        raise ImportFileError(f"cannot be read ({error.strerror})", where=file) from error


def parse_json(raw: bytes, file: Path, place: str = "") -> Any:
    """The JSON value in `raw`; ImportFileError names the file and the place."""
    try:
        return read_json(raw)
    except ValueError as error:
        raise ImportFileError(
            f"{place}is not valid JSON: {error}",
            where=file,
            remedy="Get the file again: it is damaged.",
        ) from error


def checked(adapter: TypeAdapter[T], value: object, file: Path, what: str) -> T:
    """`value` as the adapter's type; ImportFileError says that the file is no `what`."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise ImportFileError(f"is no {what}: {first_problem(error)}", where=file) from error


def images_of(stated: ImageMode | None, file: Path) -> ImageMode:
    """What was shown of the figures as the user states it, where the files do not say."""
    if stated is None:
        raise ImportFileError(
            "does not say whether the figures were shown to the model",
            where=file,
            remedy="Say --images=vision or --images=blind: it stands on every sheet.",
        )
    return stated


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made: the run, its folder, and the questions left without a reply."""

    run: RunSpec
    folder: Path
    replies: int
    missing: tuple[str, ...]
    others: int = 0
    """Answers in the files to questions that the exam does not ask, which are left out."""


def import_run(run: ForeignRun, exam: Exam, cassettes: Path, name: str = "") -> Imported:
    """Write one run; ImportFileError names the file and the place, and nothing is kept then."""
    name = name or run.name
    check_run_name(name)
    replies = _replies(run, exam)
    if not replies:
        raise ImportFileError(f"holds no reply to any question of {exam.id}", where=run.first)
    spec = _spec(run, exam, name)
    folder = cassettes / exam.id / spec.run
    if folder.exists():
        raise ImportFileError(
            f"there is a run {spec.run} of {exam.id} already",
            where=folder,
            remedy="Give another --run name, or move the old run away.",
        )
    _write(folder, spec, exam, run, replies)
    missing = tuple(one for one in exam.questions if one not in replies)
    asked = [one for one in run.replies if one.question in exam.questions]
    others = len(run.replies) - len(asked) if run.answers_more else 0
    return Imported(spec, folder, len(replies), missing, others)


def _spec(run: ForeignRun, exam: Exam, name: str) -> RunSpec:
    source = ImportedFrom(
        project=run.project, file=run.label, sha256=run.sha256, recorded=run.recorded
    )
    try:
        return RunSpec(
            exam=exam.id,
            run=name,
            model=run.model,
            display_name=run.display_name,
            parameters=dict(run.parameters),
            images=run.images,
            imported=source,
            prompt=_prompt(run.prompt) if run.prompt else None,
            marker=run.marker,
        )
    except ValidationError as error:
        raise ImportFileError(f"metadata: {first_problem(error)}", where=run.first) from error


def _prompt(name: str) -> PromptRef:
    raw = prompt_names()[name].read_bytes()
    return PromptRef(name=name, sha256=hashlib.sha256(raw).hexdigest())


def _replies(run: ForeignRun, exam: Exam) -> dict[str, ForeignReply]:
    """Replies by question; what has none is left out."""
    places = {(one.block, one.number): one.id for one in exam.questions.values()}
    replies = [
        one
        if one.question in exam.questions or one.place not in places
        else replace(one, question=places[one.place])
        for one in run.replies
    ]
    seen: Counter[str] = Counter()
    if run.answers_more and any(one.question in exam.questions for one in replies):
        replies = [one for one in replies if one.question in exam.questions]
    for one in replies:
        if one.question not in exam.questions:
            raise ImportFileError(
                f"answers question {one.question!r}, which {exam.id} does not have",
                where=one.file,
                remedy="Name the exam the file belongs to with --exam.",
            )
        seen[one.question] += 1
    for one in replies:
        if seen[one.question] > 1:
            raise ImportFileError(
                f"answers question {one.question} {seen[one.question]} times",
                where=one.file,
                remedy="Leave one answer to each question in the file.",
            )
    return {one.question: one for one in replies if one.text is not None}


def _write(
    folder: Path, spec: RunSpec, exam: Exam, run: ForeignRun, replies: Mapping[str, ForeignReply]
) -> None:
    """Fill a folder beside the run's place, then move it there whole."""
    draft: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        for name, reply in replies.items():
            request = build_request(spec, exam, None, exam.questions[name])
            cassette = Cassette(
                question=name,
                epoch=1,
                question_sha256=request.question_sha256,
                request=request.body,
                response=_completion(reply, run),
                imported=spec.import_mark,
            )
            write_cassette(draft / (cassette_name(name) + SUFFIX), cassette)
        write_run(draft, spec)
        draft.chmod(0o755)
        draft.rename(folder)
    except CassetteError as error:
        raise ImportFileError(
            f"a reply cannot be kept: {error.problem}",
            where=error.where,
            remedy="Nothing was kept. Leave that reply out of the file to import the others.",
        ) from error
    except OSError as error:
        raise ImportFileError(
            f"the run cannot be written ({error.strerror})",
            where=folder,
            remedy="Make room or name another folder with --cassettes; nothing was kept.",
        ) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def _completion(reply: ForeignReply, run: ForeignRun) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    if reply.reasoning:
        message["reasoning_content"] = reply.reasoning
    choice: dict[str, Any] = {"index": 0, "message": message}
    if reply.finish_reason:
        choice["finish_reason"] = reply.finish_reason
    made: dict[str, Any] = {"object": "chat.completion", "choices": [choice]}
    if reply.tokens is not None:
        details = {"reasoning_tokens": reply.reasoning_tokens}
        made["usage"] = {"completion_tokens": reply.tokens, "completion_tokens_details": details}
    if reply.recorded is not None:
        made["recorded_answer"] = reply.recorded
    if reply.confidence is not None:
        made["recorded_confidence"] = reply.confidence
    return {"answer_of": run.project, **made} if run.answers_only else made
