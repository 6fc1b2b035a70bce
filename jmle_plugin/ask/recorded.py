"""Recorded replies, read from their cassettes without vcrpy and without HTTP."""

from __future__ import annotations

from jmle_plugin.ask.recording import Recorder
from jmle_plugin.ask.sitting import Seat
from jmle_plugin.errors import MissingCassetteError
from jmle_plugin.gateway.reply import Reply, read_reply


def read_recorded(recorder: Recorder, seat: Seat) -> Reply:
    """The reply that replaying `seat` would give; `recorder` is that of the seat's run.

    Raises MissingCassetteError where there is no cassette, CassetteError where it is
    damaged, stale or another run's, ReplyError where there is no reply in it.
    """
    question, epoch = seat.question, seat.epoch
    path, request = seat.sitting.cassette(question, epoch), seat.sitting.request(question, epoch)
    try:
        return read_reply(recorder.check(path, request).response)
    except FileNotFoundError:
        raise missing_reply(seat) from None


def missing_reply(seat: Seat) -> MissingCassetteError:
    """What to raise where nobody recorded a reply and nobody may be asked."""
    return MissingCassetteError(
        f"there is no recorded reply to question {seat.question.id}",
        where=seat.sitting.cassette(seat.question, seat.epoch),
        remedy="Record it, or import the run again: nobody may be asked for it here.",
    )
