"""The baseline of a session: read before a model is asked, compared with once there is a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.compare.gates import find_gate
from jmle_plugin.compare.remake import Compared, hold_against
from jmle_plugin.errors import SettingsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.epochs import score_epochs
from jmle_plugin.results.file import Results, build_results
from jmle_plugin.results.provenance import RunContext
from jmle_plugin.results.soundness import GAPS, check_names, refuse_mismatches
from jmle_plugin.results.store import find_results, read_sound_results
from jmle_plugin.session.settings import BaselineSettings, Settings


class Baseline:
    """An earlier result that every sitting of one exam is compared with."""

    def __init__(self, settings: BaselineSettings, results: Results) -> None:
        self._results = results
        self._settings = settings
        self._gate = find_gate(settings.gate) if settings.gate else None
        if self._gate:
            self._gate.check(results, settings.margin)

    @classmethod
    def read(cls, settings: Settings, sittings: Sequence[Sitting], context: RunContext) -> Baseline:
        """Read the baseline of one exam's sittings, and judge it before a model is asked.

        Raises UnknownNameError, ResultError or SettingsError for one that is not there or
        cannot serve, UnlikeResultsError where a sitting could not be compared with it.
        """
        check_names(sorted(settings.baseline.allow))
        file = _file(settings, sittings[0].exam.id)
        made = cls(settings.baseline, read_sound_results(file))
        for sitting in sittings:
            if not sitting.half:
                made._check(sitting, settings, context)
        return made

    @property
    def name(self) -> str:
        """The baseline's run."""
        return self._results.run.name

    def compare(self, results: Results, exam: Exam) -> Compared:
        """Compare a sitting's results with the baseline, and have the gate decide."""
        return hold_against(
            self._results,
            results,
            exam,
            self._gate,
            allow=self._settings.allow,
            alpha=self._settings.alpha,
            margin=self._settings.margin,
        )

    def _check(self, sitting: Sitting, settings: Settings, context: RunContext) -> None:
        """Judge a sitting by the empty result it would write.

        No user should pay for replies to learn that they answer another prompt than the
        baseline's. What is only known later is that the sitting is partial or incomplete.
        """
        empty = build_results(
            sitting,
            score_epochs(sitting.exam, {}, (), sitting.run.epochs),
            (),
            extraction=settings.extraction,
            context=context,
        )
        own = self._results.sheet
        later = {name for name, holds in GAPS.items() if not holds(own)}
        refuse_mismatches(self._results, empty, self._settings.allow | later)


def read_baselines(
    settings: Settings, sittings: Sequence[Sitting], context: RunContext
) -> dict[str, Baseline]:
    """The baseline of each exam, by the exam's id: a run's name finds its results of each.

    Raises what `Baseline.read` does, SettingsError where a file is named for several exams.
    """
    by_exam: dict[str, list[Sitting]] = {}
    for sitting in sittings:
        by_exam.setdefault(sitting.exam.id, []).append(sitting)
    if len(by_exam) > 1 and not _named_by_run(settings, by_exam):
        raise SettingsError(
            f"--baseline={settings.baseline.name} is one file, and several exams are sat: "
            f"{', '.join(by_exam)}",
            remedy="Name a run that has results of each of them, or let the exams sit one by one.",
        )
    return {exam: Baseline.read(settings, own, context) for exam, own in by_exam.items()}


def _named_by_run(settings: Settings, exams: Iterable[str]) -> bool:
    name = settings.baseline.name
    if any((settings.results / exam / f"{name}.json").exists() for exam in exams):
        return True
    path = settings.invoked_from / Path(name).expanduser()
    return not (path.exists() or name.endswith(".json"))


def _file(settings: Settings, exam: str) -> Path:
    """A baseline is named by its file or by its run."""
    named = Path(settings.baseline.name).expanduser()
    return settings.invoked_from / find_results(str(named), settings.results, exam)
