"""Cassette rules, as the pieces vcrpy asks for: a persister and a filter.

vcrpy patches HTTP and plays back; what is stored and how it is checked is decided here,
and in `matching`, when a stored reply may answer.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jmle_plugin.ask.cassette import Cassette, read_cassette, write_cassette
from jmle_plugin.ask.client import NOWHERE, question_headers
from jmle_plugin.ask.matching import FILE_HEADER, IMPORTED_HEADER, matches
from jmle_plugin.ask.run import RUN_FILE, RunSpec, read_run, write_run
from jmle_plugin.ask.sitting import AskRequest, Seat, as_asked
from jmle_plugin.errors import CassetteError, MissingCassetteError, ReplyError
from jmle_plugin.files import canonical_json, read_json
from jmle_plugin.gateway.protocol import CHAT_PATH, DIGEST_HEADER, EPOCH_HEADER, QUESTION_HEADER
from jmle_plugin.gateway.reply import Reply, read_reply

_UNUSED = (
    *("aiohttp", "boto3", "botocore", "httplib2", "httpx2", "requests", "tornado", "urllib3"),
    # httpx's command line, which it imports where it can.
    *("click", "rich"),
)
_SOUGHT = ("httpx_curl_cffi", "pyreqwest")
"""Transports for httpx that vcrpy looks for in every test, also where they are not installed."""


def import_vcr() -> None:
    """Import vcrpy as if the unused libraries were not installed.

    It imports every HTTP library that is installed, in order to be able to patch it. litellm
    brings several, and importing them takes longer than replaying a hundred questions. The
    suite's own traffic goes through httpx alone.

    Only for sessions in which nothing else is recorded: vcrpy will not patch those
    libraries afterwards. Libraries imported before, and vcrpy itself, stay as they are.
    """
    if "vcr" in sys.modules:
        return
    hidden = [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None hides a module
    try:
        importlib.import_module("vcr")
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
    for name in _SOUGHT:
        if name not in sys.modules and find_spec(name) is None:
            sys.modules[name] = None  # type: ignore[assignment]  # found missing at once


def read_recorded(recorder: Recorder, seat: Seat) -> Reply:
    """The reply that replaying `seat` would give; `recorder` is that of the seat's run.

    Raises MissingCassetteError where there is no cassette, CassetteError where it is
    damaged, stale or another run's, ReplyError where there is no reply in it.
    """
    request = seat.request
    try:
        stored = recorder.check(seat.cassette, request)
    except FileNotFoundError:
        raise missing_reply(seat) from None
    return as_asked(read_reply(stored.response), seat.sitting.run, request.body)


def missing_reply(seat: Seat) -> MissingCassetteError:
    """What to raise where a reply is not recorded and no model may be asked."""
    return MissingCassetteError(
        f"there is no recorded reply to question {seat.question.id}",
        where=seat.cassette,
        remedy="Record it, or import the run again: no model may be asked for it here.",
    )


_KEPT_HEADERS = (QUESTION_HEADER, EPOCH_HEADER, DIGEST_HEADER, IMPORTED_HEADER, FILE_HEADER)


class Recorder:
    """Loads and saves the cassettes of one run: vcrpy's persister protocol."""

    def __init__(self, run: RunSpec) -> None:
        self._run = run

    def __deepcopy__(self, _: dict[int, Any]) -> Recorder:
        """Itself: pytest-recording copies its configuration twice in every test."""
        return self

    def load_cassette(self, cassette_path: str, serializer: object) -> tuple[list[Any], list[Any]]:
        """The one recorded interaction, as vcrpy's requests and responses.

        Raises vcrpy's CassetteNotFoundError only where no file exists, and CassetteError
        for anything wrong with one that does.
        """
        del serializer  # the file's form is ours
        from vcr.persisters.filesystem import CassetteNotFoundError  # noqa: PLC0415

        try:
            stored = read_cassette(Path(cassette_path))
        except FileNotFoundError as error:
            raise CassetteNotFoundError(cassette_path) from error
        self._check_origin(stored, cassette_path)
        return [_as_request(stored, cassette_path)], [_response(stored.response)]

    def check(self, path: Path, request: AskRequest) -> Cassette:
        """What the file holds; CassetteError where replaying would find no answer to `request`."""
        stored = read_cassette(path)
        self._check_origin(stored, str(path))
        asked = _Request(question_headers(request), request.payload)
        matches(asked, _as_request(stored, str(path)))
        return stored

    def write(self, path: Path, cassette: Cassette, *, first: bool = False) -> None:
        """Write one cassette of the run; with `first` FileExistsError where there is one."""
        try:
            keep_run(path.parent, self._run)
            write_cassette(path, cassette, first=first)
        except FileExistsError:
            raise
        except OSError as error:
            raise CassetteError(
                f"the reply cannot be recorded ({error.strerror})",
                where=path,
                remedy="Make room, or name another folder with --cassettes.",
            ) from error

    def _check_origin(self, stored: Cassette, path: str) -> None:
        run = self._run
        if stored.client is not None and run.client is None:
            # A run that began in this session learns its client by its first reply.
            run = run.model_copy(update={"client": read_run(Path(path).parent).client})
        mark = run.client_mark
        if mark and stored.client and run.text_only_from:
            mark["run"] = stored.client.get("run")
        if (stored.imported, stored.client) != (run.import_mark, mark):
            raise CassetteError(
                f"this cassette is not of run {run.run}: the two do not say the same of "
                "where their replies come from",
                where=path,
                remedy="Move it back to the run it was made for, or import that run again.",
            )

    def save_cassette(
        self, cassette_path: str, cassette_dict: Mapping[str, list[Any]], serializer: object
    ) -> None:
        """Write one complete, successful reply, or nothing."""
        del serializer
        path = Path(cassette_path)
        if path.exists():
            return  # a client of one's own asks by way of ours, and its reply is recorded
        if self._run.imported is not None:
            raise CassetteError(
                "an imported run takes no other replies",
                where=cassette_path,
                remedy="Ask under another --run name.",
            )
        requests, responses = cassette_dict["requests"], cassette_dict["responses"]
        if len(requests) != 1:
            raise CassetteError(
                f"{len(requests)} interactions were recorded where one question has one",
                where=cassette_path,
                remedy="Ask once in a test: one reply is marked and recorded.",
            )
        response = _complete(responses[0])
        if response is None:
            return
        headers, body = requests[0].headers, json.loads(requests[0].body)
        cassette = Cassette(
            question=headers[QUESTION_HEADER],
            epoch=int(headers[EPOCH_HEADER]),
            question_sha256=headers[DIGEST_HEADER],
            request=body,
            response=response,
        )
        self.write(path, cassette)


@dataclass(frozen=True, slots=True)
class _Request:
    """As much of a request as is compared."""

    headers: dict[str, str]
    body: bytes

    def __deepcopy__(self, _: dict[int, Any]) -> _Request:
        """Itself: vcrpy copies what it reads before it filters it."""
        return self


def keep_run(folder: Path, run: RunSpec) -> None:
    """Say in `run.json` what the folder's cassettes are replies of; more epochs may join."""
    if not (folder / RUN_FILE).exists():
        write_run(folder, run)
    elif (then := read_run(folder)).epochs < run.epochs:
        write_run(folder, then.model_copy(update={"epochs": run.epochs}))


def canonical_request(request: Any) -> Any:
    """Vcrpy's request filter: host, port, token and transport headers are not compared.

    Traffic that is no question of ours (a client of one's own may speak HTTP too) is none
    of the cassette's business.
    """
    if isinstance(request, _Request):
        return request  # as recorded
    if QUESTION_HEADER not in request.headers:
        return None
    request.uri = NOWHERE + CHAT_PATH
    request.headers = {
        name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers
    }
    return request


def _as_request(stored: Cassette, path: str) -> _Request:
    headers = {
        QUESTION_HEADER: stored.question,
        EPOCH_HEADER: str(stored.epoch),
        DIGEST_HEADER: stored.question_sha256,
        FILE_HEADER: path,
    }
    if stored.imported is not None:
        headers[IMPORTED_HEADER] = "yes"
    return _Request(headers, canonical_json(stored.request))


def _response(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": {"code": 200, "message": "OK"},
        "headers": {"content-type": ["application/json"]},
        "body": {"string": canonical_json(body)},
    }


def _complete(response: Mapping[str, Any]) -> dict[str, Any] | None:
    """The body of a complete, successful reply; None for anything else."""
    if response["status"]["code"] != 200:  # noqa: PLR2004 - HTTP's OK
        return None
    try:
        body = read_json(response["body"]["string"])
        read_reply(body)
    except (ValueError, ReplyError):
        return None
    return dict(body)
