"""From the journal to cassettes: what arrived is kept, whether or not a test took it."""

from __future__ import annotations

from pathlib import Path

from jmle_plugin.ask.cassette import Cassette, write_cassette
from jmle_plugin.ask.recording import keep_run
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.errors import JournalError, StaleCassetteError
from jmle_plugin.files import digest
from jmle_plugin.gateway.journal import Entry, Journal

JOURNAL = ".journal"


def fold_journal(sitting: Sitting) -> int:
    """Make cassettes of the replies in a run's journal, remove it, and say how many there were.

    Raises JournalError where another session is writing it, it is damaged or a cassette
    cannot be written, StaleCassetteError where a reply answered another request than
    today's. The journal then stays as it is.
    """
    file = sitting.folder / JOURNAL
    if not file.exists():
        return 0
    with Journal(file) as journal:
        replies = [_cassette(sitting, entry) for entry in journal.entries]
        try:
            if replies:
                keep_run(sitting.folder, sitting.run)
            for cassette in replies:
                path = sitting.cassette(sitting.exam.questions[cassette.question], cassette.epoch)
                if not path.exists():
                    write_cassette(path, cassette)
        except OSError as error:
            raise JournalError(
                f"its replies cannot be made cassettes ({error.strerror})",
                where=file,
                remedy="Make room and give the same command again: they are kept until then.",
            ) from error
        journal.remove()
    return len(replies)


def drop_empty(folder: Path) -> None:
    """Take away what a session that asked nothing left: no journal, no folder, no run."""
    file = folder / JOURNAL
    if file.exists():
        try:
            with Journal(file) as journal:
                if not journal.entries:
                    journal.remove()
        except JournalError:
            return  # somebody else's, or damaged: neither is ours to remove
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _cassette(sitting: Sitting, entry: Entry) -> Cassette:
    question = sitting.exam.questions.get(entry.question)
    request = sitting.request(question, entry.epoch) if question else None
    if request is None or digest(request.body) != entry.digest:
        raise StaleCassetteError(
            f"holds a reply to question {entry.question} as it was asked before: the question, "
            "the prompt or the parameters have changed",
            where=sitting.folder / JOURNAL,
            remedy="Ask as before, move the file away to ask again, or name another --run.",
        )
    return Cassette(
        question=request.question,
        epoch=request.epoch,
        question_sha256=request.question_sha256,
        request=request.body,
        response=entry.response,
    )
