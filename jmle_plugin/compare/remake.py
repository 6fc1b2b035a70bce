"""From a run's cassettes to its results, without a test session."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from jmle_plugin.ask.opening import Wanted, blind_name, is_recorded, open_sitting
from jmle_plugin.ask.recording import Recorder, read_recorded
from jmle_plugin.ask.run import run_folder
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.errors import CassetteError, ReplyError
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.epochs import Asking, score_epochs
from jmle_plugin.mark.marks import Mark, mark_error, mark_reply
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.file import Results, build_results
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
