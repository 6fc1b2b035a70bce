"""A run's results made from its cassettes without a session, and held against a baseline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from jmle_plugin.ask.opening import Wanted, blind_name, is_recorded, open_sitting
from jmle_plugin.ask.recording import Recorder, read_recorded
from jmle_plugin.ask.run import run_folder
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.compare.gates import Gate
from jmle_plugin.errors import CassetteError, ComparisonError, ReplyError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.epochs import Asking, score_epochs
from jmle_plugin.mark.marks import Mark, mark_error, mark_reply
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.comparison import Comparison, Ruling
from jmle_plugin.results.file import Results, build_results
from jmle_plugin.results.language import wording
from jmle_plugin.results.provenance import RunContext


def with_audit(
    made: Results, vision: Sitting, cassettes: Path, prompt_file: Path | None = None
) -> Results:
    """The results made of `vision`, and what its figures are worth where it was audited.

    As they were where no blind half of the run is recorded. Raises ComparisonError where the
    two make no audit, CassetteError or RunError where the blind half's folder cannot be a
    sitting's.
    """
    name = blind_name(vision.run.run)
    if not is_recorded(run_folder(cassettes, vision.exam.id, name)):
        return made
    wanted = Wanted(run=name, epochs=vision.run.epochs, prompt_file=prompt_file)
    blind = open_sitting(vision.exam, cassettes, wanted)
    if blind.run.text_only_from != vision.run.run:
        return made
    # Needs numpy, which other runs are remade without.
    from jmle_plugin.compare.audit import audit  # noqa: PLC0415

    other = remake_results(blind, made.provenance.extraction, RunContext.outside())
    return made.model_copy(update={"audit": audit(made, other, vision.exam)})


def remake_results(
    sitting: Sitting,
    extraction: Extraction,
    context: RunContext,
    asked: Collection[Asking] | None = None,
) -> Results:
    """What a session that replays the run would write.

    Everything is asked, unless `asked` says which part. As in a session, a reply that is
    missing, damaged or stale makes its question an error that says so.
    """
    recorder = Recorder(sitting.run)
    marks = {
        (seat.question.id, seat.epoch): _mark(recorder, seat, extraction)
        for seat in sitting.seats()
        if asked is None or (seat.question.id, seat.epoch) in asked
    }
    sheet = score_epochs(sitting.exam, marks, marks, sitting.run.epochs)
    made = build_results(sitting, sheet, marks.values(), extraction=extraction, context=context)
    if sheet.verdict is Verdict.PARTIAL and not sheet.bench:
        return made
    # Needs numpy, which workers and partial sittings never load.
    from jmle_plugin.compare.habits import with_doubt  # noqa: PLC0415

    return with_doubt(made, sitting.exam)


def _mark(recorder: Recorder, seat: Seat, extraction: Extraction) -> Mark:
    question, key, epoch = seat.question, seat.sitting.exam.key, seat.epoch
    try:
        reply = read_recorded(recorder, seat)
    except (CassetteError, ReplyError) as error:
        return mark_error(question, key, str(error), epoch=epoch)
    return mark_reply(question, key, reply, epoch=epoch, extraction=extraction)


@dataclass(frozen=True, slots=True)
class Compared:
    """A run held against its baseline: a comparison, or why there is none; and the gate's word."""

    baseline: str
    comparison: Comparison | None
    gate: Gate | None
    problem: str = ""
    """Why there is no comparison."""
    finished: bool = True
    """Whether the run was asked everything, and replied."""

    @property
    def refusal(self) -> str:
        """That there is no comparison, and why; empty where there is one."""
        if self.comparison is not None:
            return ""
        return wording("gate.not_compared", run=self.baseline, problem=self.problem)

    @property
    def ruling(self) -> Ruling | None:
        """What the gate decides, in the language in force; None without a gate."""
        if self.gate is None:
            return None
        if self.comparison is None:
            return self.gate.refused(self.refusal, finished=self.finished)
        return self.gate.decide(self.comparison)


def hold_against(  # noqa: PLR0913 - each is a choice of its own
    baseline: Results,
    results: Results,
    exam: Exam,
    gate: Gate | None,
    *,
    allow: Collection[str],
    alpha: float,
    margin: float | None,
) -> Compared:
    """Compare results with their baseline, and have the gate decide, if there is one.

    What cannot be compared is refused. The rest is as in `comparison.compare`.
    """
    # scipy takes a second to import: only sessions that compare pay for it.
    from jmle_plugin.compare.comparison import compare  # noqa: PLC0415
    from jmle_plugin.compare.pairing import places  # noqa: PLC0415

    name = baseline.run.name
    try:
        found = compare(
            baseline, results, places(exam), allow=allow, alpha=alpha, margin=margin, exam=exam
        )
    except ComparisonError as error:
        finished = results.sheet.verdict not in (Verdict.INCOMPLETE, Verdict.PARTIAL)
        return Compared(name, None, gate, error.problem, finished)
    held = Compared(name, found, gate)
    return replace(held, comparison=found.model_copy(update={"ruling": held.ruling}))
