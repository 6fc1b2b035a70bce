"""From a run's cassettes to its results, without a test session."""

from __future__ import annotations

from collections.abc import Collection

from jmle_plugin.ask.recorded import read_recorded
from jmle_plugin.ask.recording import Recorder
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.errors import CassetteError, ReplyError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark.epochs import Asking, score_epochs
from jmle_plugin.mark.extraction import Extraction
from jmle_plugin.mark.marks import Mark, mark_error, mark_reply
from jmle_plugin.results.file import Results, build_results
from jmle_plugin.results.provenance import RunContext


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
    return with_doubt(made, sitting.exam)


def with_doubt(results: Results, exam: Exam) -> Results:
    """The results and how sure their verdict is, where there is one."""
    if not results.sheet.verdict.decided:
        return results
    # Needs numpy, which workers and partial sittings never load.
    from jmle_plugin.compare.pairing import places  # noqa: PLC0415
    from jmle_plugin.compare.verdict import verdict_doubt  # noqa: PLC0415

    return results.model_copy(update={"doubt": verdict_doubt(results, places(exam))})


def _mark(recorder: Recorder, seat: Seat, extraction: Extraction) -> Mark:
    question, key, epoch = seat.question, seat.sitting.exam.key, seat.epoch
    try:
        reply = read_recorded(recorder, seat)
    except (CassetteError, ReplyError) as error:
        return mark_error(question, key, str(error), epoch=epoch)
    return mark_reply(question, key, reply, epoch=epoch, extraction=extraction)
