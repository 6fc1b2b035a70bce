"""A `model_client` of one's own: its replies are recorded, and answer, like a provider's."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace

from jmle_plugin.ask.cassette import Cassette
from jmle_plugin.ask.client import ModelClient
from jmle_plugin.ask.opening import is_recorded
from jmle_plugin.ask.recording import Recorder, missing_reply, read_recorded
from jmle_plugin.ask.run import ClientRef, RunSpec, read_run
from jmle_plugin.ask.sitting import AskRequest, Seat, Sitting
from jmle_plugin.errors import CassetteError, ReplyError, StaleCassetteError
from jmle_plugin.gateway.reply import Reply, completion_of


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
            recorder.write(path, _cassette(request, given, run), first=True)
    return read_recorded(recorder, seat)


def _timed(client: ModelClient, request: AskRequest) -> Reply:
    """What `client` gives, with the seconds that it took where it does not say them itself."""
    began = time.monotonic()
    given = client.ask(request)
    if isinstance(given, Reply) and given.seconds is None:
        return replace(given, seconds=round(time.monotonic() - began, 3))
    return given


def _cassette(request: AskRequest, given: object, run: RunSpec) -> Cassette:
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
