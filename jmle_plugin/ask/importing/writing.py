"""From another project's run to a folder of cassettes, whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jmle_plugin.ask.cassette import SUFFIX, Cassette, cassette_name, write_cassette
from jmle_plugin.ask.importing.foreign import ForeignReply, ForeignRun
from jmle_plugin.ask.messages import prompt_names
from jmle_plugin.ask.run import ImportedFrom, PromptRef, RunSpec, check_run_name, write_run
from jmle_plugin.ask.sitting import build_request
from jmle_plugin.errors import CassetteError, ImportFileError
from jmle_plugin.exam.model import Exam
from jmle_plugin.strict import first_problem


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
