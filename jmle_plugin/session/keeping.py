"""What a session keeps in a run's folder: cassettes of what arrived, and what they replace.

Replies of a journal become cassettes, whether or not a test took them; those of a `model_client`
of one's own are recorded, and answer, like a provider's. With `--record-mode=rewrite` what was
recorded is set aside, never deleted, and asked for anew: a file in the run's folder says what,
so that the same command given again after an interruption goes on instead of starting over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from jmle_plugin.ask.cassette import SUFFIX, Cassette, cassette_name, write_cassette
from jmle_plugin.ask.client import ModelClient
from jmle_plugin.ask.opening import is_recorded
from jmle_plugin.ask.recording import Recorder, keep_run, missing_reply, read_recorded
from jmle_plugin.ask.run import JOURNAL, RUN_FILE, ClientRef, RunSpec, read_run
from jmle_plugin.ask.sitting import AskRequest, Seat, Sitting
from jmle_plugin.errors import (
    CassetteError,
    JournalError,
    ReplyError,
    SettingsError,
    StaleCassetteError,
)
from jmle_plugin.files import digest, read_json, write_whole
from jmle_plugin.gateway.journal import Entry, Journal
from jmle_plugin.gateway.protocol import DEFAULT_MAX_EDGE
from jmle_plugin.gateway.reply import Reply, completion_of
from jmle_plugin.text import count

PROBE = ".probe"
"""The journal of what is asked before the exam."""
REPLACED = ".replaced"
_STATE = ".rewriting"


def resumes(sitting: Sitting) -> bool:
    """Whether an interrupted rewriting of this very run is to be gone on with."""
    return bool(_begun(sitting)) and not _changed(sitting)


def unwritten(sitting: Sitting, seats: Iterable[Seat]) -> list[Seat]:
    """Those of `seats` that are to be asked anew: all but what this rewriting has a reply to."""
    begun = set() if _changed(sitting) else _begun(sitting)
    return [
        seat
        for seat in seats
        if cassette_name(seat.question.id, seat.epoch) not in begun or not seat.cassette.exists()
    ]


def check_whole(sitting: Sitting, seats: Iterable[Seat]) -> None:
    """SettingsError where the run is to be asked in another way, but not all of it.

    One run never mixes two ways of asking.
    """
    if _changed(sitting) and (kept := sorted(_there(sitting) - _names(seats))):
        raise SettingsError(
            f"run {sitting.run.run} is to be asked in another way than it was recorded, but "
            f"not all of it ({count(len(kept), 'reply', 'replies')} would stay, the first "
            f"{kept[0]})",
            where=sitting.folder,
            remedy="Rewrite the whole run, or name another --run.",
        )


def set_aside(sitting: Sitting, seats: Iterable[Seat]) -> Path | None:
    """Move the cassettes of `seats` into a folder of their own, which is returned.

    None where none had to be moved: those of an interrupted rewriting are not moved again.
    Raises what `check_whole` does.
    """
    chosen = list(seats)
    check_whole(sitting, chosen)
    wanted, there = _names(chosen), _there(sitting)
    changed = _changed(sitting)
    begun = set() if changed else _begun(sitting)
    moved = sorted(there & wanted - begun)
    state = json.dumps(sorted(begun | wanted))
    if not moved and not changed:
        write_whole(sitting.folder / _STATE, state)
        return None
    target = _next(sitting.folder / REPLACED)
    target.mkdir(parents=True)
    for name in moved:
        (sitting.folder / f"{name}{SUFFIX}").rename(target / f"{name}{SUFFIX}")
    record = sitting.folder / RUN_FILE
    if record.exists():
        write_whole(target / RUN_FILE, record.read_bytes())
        if changed:
            record.unlink()
    # Last: what it names and lies there is taken for a new reply.
    write_whole(sitting.folder / _STATE, state)
    return target


def set_journal_aside(sitting: Sitting) -> None:
    """Move a journal that an interrupted session left; JournalError while one is writing it."""
    file = sitting.folder / JOURNAL
    if not file.exists():
        return
    with Journal(file) as journal:
        if not journal.entries:
            journal.remove()
            return
        target = _next(sitting.folder / REPLACED)
        target.mkdir(parents=True)
        file.rename(target / "journal")


def finish(sitting: Sitting) -> None:
    """Forget the rewriting once every reply of it is there."""
    begun = _begun(sitting)
    if begun and all((sitting.folder / f"{name}{SUFFIX}").exists() for name in begun):
        (sitting.folder / _STATE).unlink()


def _names(seats: Iterable[Seat]) -> set[str]:
    return {cassette_name(seat.question.id, seat.epoch) for seat in seats}


def _there(sitting: Sitting) -> set[str]:
    return {file.stem for file in sitting.folder.glob(f"*{SUFFIX}")}


def _begun(sitting: Sitting) -> set[str]:
    try:
        names = read_json((sitting.folder / _STATE).read_bytes())
    except (OSError, ValueError):
        return set()
    return {str(name) for name in names} if isinstance(names, list) else set()


def _changed(sitting: Sitting) -> bool:
    """Whether what is recorded there is a run of another way of asking."""
    if not (sitting.folder / RUN_FILE).exists():
        return False
    then = read_run(sitting.folder)
    alike = {
        "epochs": sitting.run.epochs,
        "image_max_edge": then.image_max_edge or DEFAULT_MAX_EDGE,
        "sight": sitting.run.sight,
    }
    return then.model_copy(update=alike) != sitting.run


def _next(folder: Path) -> Path:
    taken = [int(one.name) for one in folder.glob("*") if one.name.isdigit()]
    return folder / str(max(taken, default=0) + 1)


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
    (folder / PROBE).unlink(missing_ok=True)
    file = folder / JOURNAL
    if file.exists():
        try:
            with Journal(file) as journal:
                if not journal.entries:
                    journal.remove()
        except JournalError:
            return  # another session's, or damaged: neither is ours to remove
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


def ask_own_client(client: ModelClient, seat: Seat) -> Reply:
    """The reply of a `model_client` of one's own, from its cassette or asked for and recorded.

    Raises CassetteError where the run is recorded and its replies are not this client's,
    StaleCassetteError where they are those of another version, ReplyError where it gives none.
    """
    sitting, path = seat.sitting, seat.cassette
    ref = client_ref(client)
    if is_recorded(sitting.folder):
        _check_client(sitting, ref)
    elif ref is None:
        return client.ask(seat.request)
    run = sitting.run.model_copy(update={"client": ref})
    recorder = Recorder(run)
    if not path.exists():
        if sitting.borrows(seat.question):
            raise missing_reply(seat)
        request = seat.request
        given = _timed(client, request)
        with suppress(FileExistsError):  # another process was first, and its reply counts
            recorder.write(path, _own_cassette(request, given, run), first=True)
    return read_recorded(recorder, seat)


def _timed(client: ModelClient, request: AskRequest) -> Reply:
    """What `client` gives, with the seconds that it took where it does not say them itself."""
    began = time.monotonic()
    given = client.ask(request)
    if isinstance(given, Reply) and given.seconds is None:
        return replace(given, seconds=round(time.monotonic() - began, 3))
    return given


def _own_cassette(request: AskRequest, given: object, run: RunSpec) -> Cassette:
    if not isinstance(given, Reply):
        raise ReplyError(
            f"no reply to question {request.question}: the model_client gave "
            f"{type(given).__name__}, where a Reply is asked for"
        )
    return Cassette(
        question=request.question,
        epoch=request.epoch,
        question_sha256=request.question_sha256,
        request=request.body,
        response=completion_of(given),
        client=run.client_mark,
    )


def _check_client(sitting: Sitting, ref: ClientRef | None) -> None:
    then = read_run(sitting.folder).client
    if then is None or ref is None:
        raise CassetteError(
            f"run {sitting.run.run} was recorded, and takes no replies from elsewhere",
            where=sitting.folder,
            remedy="A model_client of your own has to sit under a --run name of its own.",
        )
    if then != ref:
        raise StaleCassetteError(
            f"every cassette of run {sitting.run.run} was recorded with {then} as its "
            f"model_client, which now is {ref}",
            where=sitting.folder,
            remedy="Put the client back, or name another --run: one run has one client.",
        )


def client_ref(client: ModelClient) -> ClientRef | None:
    """What a run says of a client of one's own; None where its replies are not to be recorded."""
    if not getattr(client, "recorded", True):
        return None
    return ClientRef(
        name=type(client).__qualname__, version=str(getattr(client, "version", "") or "")
    )
