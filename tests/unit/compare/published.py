"""Recorded runs of the published benchmark, marked by the official key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jmle_plugin.ask.importing import FORMS, recognise
from jmle_plugin.ask.run import ImageMode, ImportedFrom, RunSpec
from jmle_plugin.compare.habits import with_doubt
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark.marks import mark_reply
from jmle_plugin.results.file import Results
from tests.builders import make_results
from tests.conftest import ROOT

SOURCE = ImportedFrom(project="JMLE2026-Bench", file="run.json", sha256="3" * 64)


@cache
def published_exam(name: str, data_root: Path) -> Exam:
    """An exam with its questions, read once."""
    return load_exam(ROOT / "data" / name / "exam.toml", data_root=data_root)


@cache
def recorded(data_root: Path) -> dict[str, dict[str, Any]]:
    """Display name -> the record of a run of the 120th."""
    files = sorted((data_root / "jmle2026-bench" / "results").glob("*.json"))
    runs = [json.loads(file.read_text("utf-8")) for file in files]
    return {run["metadata"]["display_name"]: run for run in runs}


class Runs(Mapping[str, Results]):
    """Display name -> results of a run of the 120th, each marked when it is first asked for."""

    def __init__(self, data_root: Path) -> None:
        self.data_root = data_root

    def __getitem__(self, name: str) -> Results:
        return _marked(self.data_root, name)

    def __iter__(self) -> Iterator[str]:
        return iter(recorded(self.data_root))

    def __len__(self) -> int:
        return len(recorded(self.data_root))


@cache
def _marked(data_root: Path, name: str) -> Results:
    return marked(published_exam("jmle120", data_root), recorded(data_root)[name], name)


def marked(exam: Exam, run: dict[str, Any], name: str, **spec: Any) -> Results:
    """The results of a recorded run; `spec` are changes of what was asked."""
    marks = {
        one["question_id"]: mark_reply(
            exam.questions[one["question_id"]],
            exam.key,
            Reply(one["raw_response"] or "", one.get("reasoning") or ""),
        )
        for one in run["results"]
    }
    facts: dict[str, Any] = {
        "exam": exam.id,
        "run": name.translate(str.maketrans(" ()", "___")).strip("_"),
        "model": run["metadata"]["model"],
        "display_name": name,
        "images": run["metadata"]["image_mode"],
        "imported": SOURCE,
    }
    return make_results(exam, marks, run=RunSpec(**facts | spec))


def asked_again(runs: Sequence[Results]) -> Results:
    """Several runs as if they were the epochs of the first."""
    marks = [
        mark.model_copy(update={"epoch": epoch})
        for epoch, one in enumerate(runs, 1)
        for mark in one.marks
    ]
    return runs[0].model_copy(update={"marks": marks})


@cache
def imported(name: str, data_root: Path, folder: str, pattern: str) -> tuple[Results, ...]:
    """The results of the records in a folder of the published data, marked once.

    Without the cassettes between: it is they that take the time.
    """
    exam = published_exam(name, data_root)
    places = {(one.block, one.number): one.id for one in exam.questions.values()}
    files = sorted((data_root / folder).glob(pattern))
    images = None if exam.id == "jmle120" else ImageMode.VISION
    made = []
    for run in FORMS[recognise(files)](files, images):
        marks = {}
        for one in run.replies:
            question = one.question
            if question not in exam.questions and one.place is not None:
                question = places[one.place]
            if one.text is not None:
                reply = Reply(
                    one.text,
                    one.reasoning,
                    answer_of=run.project if run.answers_only else "",
                    confidence=one.confidence,
                )
                marks[question] = mark_reply(exam.questions[question], exam.key, reply)
        spec = RunSpec(
            exam=exam.id, run=run.name, model=run.model, images=run.images, imported=SOURCE
        )
        made.append(with_doubt(make_results(exam, marks, run=spec), exam))
    return tuple(made)
