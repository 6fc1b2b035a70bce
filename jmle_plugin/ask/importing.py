"""Recorded replies of JMLE2026-Bench become cassettes, marked as imported.

The replies answered that project's prompt. Its wording is unknown here, so no prompt of
ours stands on them; they are tied to the question they answered by its digest.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from jmle_plugin.ask.cassette import SUFFIX, Cassette, cassette_name, write_cassette
from jmle_plugin.ask.request import build_request
from jmle_plugin.ask.run import (
    ImageMode,
    ImportedFrom,
    RunSpec,
    check_run_name,
    run_name,
    write_run,
)
from jmle_plugin.errors import CassetteError, ImportFileError
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.validation import first_problem
from jmle_plugin.files import read_json, read_regular

PROJECT = "JMLE2026-Bench"


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)
    question_id: str
    raw_response: str | None
    reasoning: str | None = None
    error: str | None = None


class _Metadata(BaseModel):
    model_config = ConfigDict(frozen=True)
    model: str
    image_mode: ImageMode
    timestamp: str = ""
    extra_body: dict[str, Any] | None = None
    display_name: str = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)
    metadata: _Metadata
    results: list[_Result]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made: the run, its folder, and the questions left without a reply."""

    run: RunSpec
    folder: Path
    replies: int
    missing: tuple[str, ...]


def import_results(file: Path, exam: Exam, cassettes: Path, name: str = "") -> Imported:
    """Import one result file as run `name` (default: the file's name).

    Raises ImportFileError naming the file and the place; then nothing is written. A run
    that is there already is never touched.
    """
    name = name or run_name(file.stem)
    check_run_name(name)
    raw, sha256 = _read(file)
    replies = _replies(raw.results, exam, file)
    spec = _spec(raw.metadata, exam, name, file, sha256)
    folder = cassettes / exam.id / spec.run
    if folder.exists():
        raise ImportFileError(
            f"there is a run {spec.run} of {exam.id} already",
            where=folder,
            remedy="Give another --run name, or move the old run away.",
        )
    _write(folder, spec, exam, replies)
    missing = tuple(one for one in exam.questions if one not in replies)
    return Imported(spec, folder, len(replies), missing)


def _spec(metadata: _Metadata, exam: Exam, name: str, file: Path, sha256: str) -> RunSpec:
    source = ImportedFrom(
        project=PROJECT, file=file.name, sha256=sha256, recorded=metadata.timestamp
    )
    try:
        return RunSpec(
            exam=exam.id,
            run=name,
            model=metadata.model,
            display_name=metadata.display_name,
            parameters=metadata.extra_body or {},
            images=metadata.image_mode,
            imported=source,
        )
    except ValidationError as error:
        raise ImportFileError(f"metadata: {first_problem(error)}", where=file) from error


def _read(file: Path) -> tuple[_File, str]:
    try:
        data = read_regular(file)
        content = read_json(data)
    except OSError as error:
        raise ImportFileError(f"cannot be read ({error.strerror})", where=file) from error
    except ValueError as error:
        raise ImportFileError(
            f"is not valid JSON: {error}", where=file, remedy="Get the file again: it is damaged."
        ) from error
    try:
        return _File.model_validate(content), hashlib.sha256(data).hexdigest()
    except ValidationError as error:
        raise ImportFileError(
            f"is no result file of {PROJECT}: {first_problem(error)}", where=file
        ) from error


def _replies(results: Iterable[_Result], exam: Exam, file: Path) -> dict[str, _Result]:
    """Replies by question; results with an error there are none, not empty replies."""
    results = list(results)
    for name, times in Counter(one.question_id for one in results).items():
        if name not in exam.questions:
            raise ImportFileError(
                f"answers question {name!r}, which {exam.id} does not have",
                where=file,
                remedy="Name the exam the file belongs to with --exam.",
            )
        if times > 1:
            raise ImportFileError(f"answers question {name} {times} times", where=file)
    return {
        one.question_id: one
        for one in results
        if one.error is None and one.raw_response is not None
    }


def _write(folder: Path, spec: RunSpec, exam: Exam, replies: dict[str, _Result]) -> None:
    """Fill a folder beside the run's place, then move it there whole."""
    draft: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        for name, result in replies.items():
            request = build_request(spec, exam, None, exam.questions[name])
            cassette = Cassette(
                question=name,
                epoch=1,
                question_sha256=request.question_sha256,
                request=request.body,
                response=_completion(result),
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


def _completion(result: _Result) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": result.raw_response}
    if result.reasoning is not None:
        message["reasoning_content"] = result.reasoning
    return {"object": "chat.completion", "choices": [{"index": 0, "message": message}]}
