"""Result files of JMLE2026-Bench: one JSON file a run, as that project's own runner writes it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.errors import ResultError
from jmle_plugin.exam.model import Question
from jmle_plugin.files import write_whole
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.results.exporting import RecordedRun, only_epoch

_FORM = "jmle2026-bench"
_SECTIONS = ("required", "general")
Asked = Sequence[tuple[Question, Mark]]


def write(run: RecordedRun, file: Path) -> None:
    """Write the file; `gold` and summary are those of the key the results were made with."""
    only_epoch(run, _FORM)
    if not set(_SECTIONS) <= run.results.sheet.sections.keys():
        raise ResultError(
            f"cannot be written as {_FORM}, which has a required and a general score: "
            f"{run.results.exam.id} has not",
            where=run.results.run.name,
            remedy="Export it with --format=inspect.",
        )
    questions = run.sitting.exam.questions
    # Its files are in the order of the ids as texts: 120A-1, 120A-10, 120A-11, 120A-2.
    marks = sorted(run.results.marks, key=lambda mark: mark.question)
    asked = [(questions[mark.question], mark) for mark in marks]
    content = {
        "metadata": _metadata(run),
        "summary": _summary(run, asked),
        "results": [_result(run, mark) for _, mark in asked],
    }
    write_whole(file, json.dumps(content, ensure_ascii=False, indent=2))


def _metadata(run: RecordedRun) -> dict[str, Any]:
    spec, total, attempted = run.sitting.run, len(run.sitting.exam.questions), run.results.marks
    skipped = total - len(attempted) if spec.images is ImageMode.SKIP else 0
    return {
        "model": spec.model,
        "base_url": run.api_base,
        "timestamp": spec.imported.recorded if spec.imported else _recorded(run),
        "image_mode": spec.images.value,
        "extra_body": spec.parameters or None,
        "total_questions": total,
        "attempted": len(attempted),
        "skipped_image": skipped,
        "display_name": spec.display_name or spec.model,
    }


def _recorded(run: RecordedRun) -> str:
    """The day on which the last reply was recorded."""
    sitting, questions = run.sitting, run.sitting.exam.questions
    files = [sitting.cassette(questions[name], epoch) for name, epoch in run.replies]
    last = max((file.stat().st_mtime for file in files), default=0.0)
    return f"{dt.datetime.fromtimestamp(last, dt.UTC):%Y%m%d}" if last else ""


def _summary(run: RecordedRun, asked: Asked) -> dict[str, Any]:
    def points(name: str, counts: Callable[[Question], bool]) -> dict[str, Any]:
        marks = [mark for question, mark in asked if counts(question)]
        score, most = sum(mark.points for mark in marks), sum(mark.max for mark in marks)
        return {
            f"{name}score": score,
            f"{name}score_max": most,
            f"{name}score_pct": _share(score, most),
        }

    sections = run.results.sheet.sections
    every = _tally(asked)
    errors = sum(mark.outcome is Outcome.ERROR for _, mark in asked)
    return {
        "accuracy": every["accuracy"],
        "correct": every["correct"],
        "incorrect": every["total"] - every["correct"],
        **points("", lambda _: True),
        **points("text_only_", lambda one: not one.has_figures),
        **points("required_", lambda one: one.section == "required"),
        **points("general_", lambda one: one.section == "general"),
        **{f"{name}_pass": sections[name].passed for name in _SECTIONS},
        "parse_failures": sum(not mark.answer for _, mark in asked) - errors,
        "errors": errors,
        "by_block": {
            block.id: _tally([one for one in asked if one[0].block == block.id])
            for block in run.sitting.exam.blocks
        },
        "by_type": _by(asked, _type, ("multiple_choice", "calculation")),
        "by_image": _by(asked, _image, ("text_only", "with_image")),
    }


def _by(
    asked: Asked, part_of: Callable[[Question], str], names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    return {name: _tally([one for one in asked if part_of(one[0]) == name]) for name in names}


def _type(question: Question) -> str:
    return "multiple_choice" if question.options else "calculation"


def _image(question: Question) -> str:
    return "with_image" if question.has_figures else "text_only"


def _tally(asked: Asked) -> dict[str, Any]:
    correct = sum(mark.outcome is Outcome.CORRECT for _, mark in asked)
    return {"correct": correct, "total": len(asked), "accuracy": _share(correct, len(asked))}


def _share(part: int, of: int) -> float:
    return round(part / of, 4) if of else 0.0


def _result(run: RecordedRun, mark: Mark) -> dict[str, Any]:
    reply = run.reply(mark)
    made = {
        "question_id": mark.question,
        "predicted": list(mark.answer),
        # Where a key accepts several answers: that form holds one.
        "gold": list(mark.accepted[0]) if mark.accepted else [],
        "correct": mark.outcome is Outcome.CORRECT,
        "raw_response": None if reply is None else reply.text,
        "parse_success": bool(mark.answer),
        "error": mark.error or None,
    }
    return made | ({"reasoning": reply.reasoning} if reply is not None and reply.reasoning else {})
