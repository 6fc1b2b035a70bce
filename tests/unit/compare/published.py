"""Recorded runs of the published benchmark, marked by the official key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jmle_plugin.ask.importing import import_all
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.run import ImageMode, ImportedFrom, RunSpec
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.marks import mark_reply
from jmle_plugin.results.file import Results
from jmle_plugin.results.provenance import RunContext
from tests.builders import make_results
from tests.conftest import ROOT


def published_exam(name: str, data_root: Path) -> Exam:
    """An exam with its questions."""
    return load_exam(ROOT / "data" / name / "exam.toml", data_root=data_root)


def recorded(data_root: Path) -> dict[str, dict[str, Any]]:
    """Display name -> the record of a run of the 120th."""
    files = sorted((data_root / "jmle2026-bench" / "results").glob("*.json"))
    runs = [json.loads(file.read_text("utf-8")) for file in files]
    return {run["metadata"]["display_name"]: run for run in runs}


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
        "imported": ImportedFrom(project="JMLE2026-Bench", file="run.json", sha256="3" * 64),
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


def imported(folder: Path, exam: Exam, cassettes: Path, pattern: str) -> list[Results]:
    """The results of the records in a folder."""
    files = sorted(folder.glob(pattern))
    images = None if exam.id == "jmle120" else ImageMode.VISION
    made = import_all(files, exam, cassettes, images=images)
    return [
        remake_results(
            open_sitting(exam, cassettes, Wanted(run=one.run.run)),
            Extraction.STANDARD,
            RunContext.outside(),
        )
        for one in made
    ]
