"""Runs in the forms of other tools and projects: one module a form, named in one table."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from jmle_plugin.ask.recording import Recorder, read_recorded
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.errors import CassetteError, ReplyError, ResultError
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark.epochs import Asking
from jmle_plugin.mark.marks import Mark
from jmle_plugin.results.file import Results


class Form(NamedTuple):
    """A form's module in this package, which has `write(run, file)`, and its files' ending."""

    module: str
    suffix: str


FORMS = {
    "jmle2026-bench": Form("bench2026", ".json"),
    "inspect": Form("inspect_log", ".eval"),
}


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run that is exported: what was recorded, and the results made of it."""

    sitting: Sitting
    results: Results
    replies: Mapping[Asking, Reply]
    """Of every question and epoch with a reply."""
    api_base: str = ""
    """Where it was asked, as the user says it: no record of a run keeps that."""

    @classmethod
    def read(cls, sitting: Sitting, results: Results, api_base: str = "") -> RecordedRun:
        """Read the replies that `results`, made of this sitting, have marks of."""
        recorder = Recorder(sitting.run)
        replies = {}
        for mark in results.marks:
            seat = Seat(sitting, sitting.exam.questions[mark.question], mark.epoch)
            with suppress(CassetteError, ReplyError):  # its mark says why there is none
                replies[mark.question, mark.epoch] = read_recorded(recorder, seat)
        return cls(sitting, results, replies, api_base)

    def reply(self, mark: Mark) -> Reply | None:
        """The reply that was marked; None where there is none."""
        return self.replies.get((mark.question, mark.epoch))


def export(run: RecordedRun, form: str, file: Path) -> None:
    """Write `run` to `file` in one of FORMS, whole or not at all.

    Raises ResultError where the form cannot hold such a run, SettingsError where what writes
    it is not installed, OSError where the file cannot be written.
    """
    module = import_module(f"{__name__}.{FORMS[form].module}")
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as draft:
        made = Path(draft) / f"draft{FORMS[form].suffix}"
        module.write(run, made)
        made.replace(file)


def only_epoch(run: RecordedRun, form: str) -> None:
    """ResultError where the run has several replies to a question, and the form holds one."""
    epochs = run.results.provenance.epochs
    if epochs > 1:
        raise ResultError(
            f"cannot be written as {form}, which holds one reply to each question: this run has "
            f"{epochs}",
            where=run.results.run.name,
            remedy="Export its first epoch with --epochs=1, and say so where you show it.",
        )
