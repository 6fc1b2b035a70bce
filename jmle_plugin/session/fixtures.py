"""The public fixtures. Every one may be overridden in a conftest.

Registered as a plugin module after pytest-recording, so that the cassette settings below
win over its defaults whatever the install order, and a user's conftest wins over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from jmle_plugin.errors import MarkedTwiceError, MissingCassetteError
from jmle_plugin.session.settings import SETTINGS_KEY

if TYPE_CHECKING:
    from vcr.cassette import Cassette

    from jmle_plugin.ask.client import ModelClient
    from jmle_plugin.ask.sitting import Seat
    from jmle_plugin.exam.model import Exam, Question
    from jmle_plugin.gateway.reply import Reply
    from jmle_plugin.mark.marks import Mark

# This module is registered in every session, so what a sitting needs is imported by the
# fixture that needs it.

MARK_KEY = pytest.StashKey[str]()
"""Where a test's mark lies, as JSON, until its reports take it along."""
WRONG_KEY = pytest.StashKey["Reply"]()
"""The reply that was marked as wrong: whatever runs the test again, no model is asked again."""


# mypy does not see that pytest.fail.Exception is a class.
_Failed: Any = pytest.fail.Exception


class WrongAnswer(_Failed):  # type: ignore[misc]
    """The reply (its text) was marked as wrong: a failed test, shown as one line.

    A failure of pytest's own kind, for which no traceback is made: tracebacks of a weak
    model's wrong answers would take longer than everything else.
    """

    def __init__(self, line: str, reply: str) -> None:
        super().__init__(line, pytrace=False)
        self.reply = reply


class AskingService(Protocol):
    """Where this process asks for replies that are not recorded."""

    @property
    def address(self) -> str | None:
        """Scheme, host and port; None where no model is to be asked."""
        ...

    @property
    def token(self) -> str:
        """The secret that requests carry."""
        ...


@dataclass(frozen=True, slots=True)
class Service:
    """What a worker gets of it; the token is never shown."""

    address: str | None
    token: str = field(repr=False)


SERVICE_KEY = pytest.StashKey[AskingService]()
WORKER_INPUT = "jmle"
"""Under which a worker finds what its controller tells it."""


class Marker(Protocol):
    """What the `mark` fixture gives."""

    def __call__(self, reply: Reply) -> Mark:
        """Mark `reply` and put the mark on record; WrongAnswer unless it is correct."""
        ...


@pytest.fixture
def exam_seat(request: pytest.FixtureRequest) -> Seat:
    """One question of one sitting; tests that use it are run once per question."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def exam(exam_seat: Seat) -> Exam:
    """The exam being sat."""
    return exam_seat.sitting.exam


@pytest.fixture
def question(exam_seat: Seat) -> Question:
    """The question of this test."""
    return exam_seat.question


@pytest.fixture(scope="session")
def gateway_url(pytestconfig: pytest.Config) -> str | None:
    """Address of the service that asks the model; None where no model can be asked."""
    service = pytestconfig.stash.get(SERVICE_KEY, None)
    return service.address if service else None


@pytest.fixture(scope="session")
def model_client(gateway_url: str | None, pytestconfig: pytest.Config) -> Iterator[ModelClient]:
    """The client that is asked: any object with `ask(request) -> Reply`."""
    from jmle_plugin.ask.client import HttpModelClient  # noqa: PLC0415

    service = pytestconfig.stash.get(SERVICE_KEY, None)
    # The secret goes to the service it belongs to, not to another address.
    ours = service is not None and service.address == gateway_url
    client = HttpModelClient(gateway_url, token=service.token if service and ours else "")
    yield client
    client.close()


@pytest.fixture
def reply(exam_seat: Seat, request: pytest.FixtureRequest, vcr: Cassette | None) -> Reply:
    """The model's reply, from its cassette or from the model.

    An outage raises here, in set-up, so that it is an error of the test and never a
    wrong answer.
    """
    from jmle_plugin.ask.client import HttpModelClient  # noqa: PLC0415
    from jmle_plugin.ask.recording import Recorder, missing_reply, read_recorded  # noqa: PLC0415
    from jmle_plugin.session.keeping import ask_own_client  # noqa: PLC0415

    stash: pytest.Stash = request.node.stash
    if WRONG_KEY in stash:
        return stash[WRONG_KEY]
    sitting = exam_seat.sitting
    may_record = request.config.stash[SETTINGS_KEY].may_record
    if sitting.run.client is not None and not may_record:
        # A client of one's own may need what replaying does without: it is not even set up.
        return read_recorded(Recorder(sitting.run), exam_seat)
    model_client: ModelClient = request.getfixturevalue("model_client")
    if not isinstance(model_client, HttpModelClient):
        if may_record:
            return ask_own_client(model_client, exam_seat)
        return read_recorded(Recorder(sitting.run), exam_seat)
    if vcr is None:
        raise MissingCassetteError(
            "this test has no cassette, so its reply would be lost",
            where=exam_seat.cassette,
            remedy="Mark the test with @pytest.mark.vcr, and leave out --disable-recording.",
        )
    if not len(vcr):
        closed = sitting.prompt is None or sitting.borrows(exam_seat.question)
        closed = closed or sitting.run.client is not None or vcr.record_mode.value == "none"
        if closed or not model_client.can_call:
            raise missing_reply(exam_seat)
    return model_client.ask(exam_seat.request)


@pytest.fixture
def mark(exam_seat: Seat, request: pytest.FixtureRequest) -> Marker:
    """Marks a reply and puts the mark on record, once."""
    from jmle_plugin.ask.sitting import as_asked  # noqa: PLC0415
    from jmle_plugin.mark.grading import Outcome  # noqa: PLC0415
    from jmle_plugin.mark.marks import Mark, answer_line, mark_reply  # noqa: PLC0415
    from jmle_plugin.session.outcomes import explain  # noqa: PLC0415

    settings = request.config.stash[SETTINGS_KEY]
    stash = request.node.stash
    # Where a plugin runs a failed test again its first mark counts, unless there was no reply.
    stored = stash.get(MARK_KEY, None)
    first = None if stored is None else Mark.model_validate_json(stored)
    if first is not None and first.outcome is Outcome.ERROR:
        first = None
        del stash[MARK_KEY]
    marked = False

    def put_on_record(reply: Reply) -> Mark:
        nonlocal marked
        if marked:
            raise MarkedTwiceError(
                f"question {exam_seat.question.id} was marked twice in one test",
                remedy="The first mark counts; a reply is marked once.",
            )
        marked = True
        sitting = exam_seat.sitting
        body = exam_seat.request.body
        given, reply = reply, as_asked(reply, sitting.run, body)
        made = first or mark_reply(
            exam_seat.question,
            exam_seat.sitting.exam.key,
            reply,
            epoch=exam_seat.epoch,
            extraction=settings.extraction,
        )
        stash[MARK_KEY] = made.model_dump_json()
        if made.outcome is not Outcome.CORRECT:
            stash[WRONG_KEY] = given
            line = answer_line(exam_seat.question, reply, settings.extraction)
            entry = exam_seat.sitting.exam.key.entries[exam_seat.question.id]
            explanation = explain(
                exam_seat.question, made, line, marker=reply.marker, treatment=entry.treatment
            )
            raise WrongAnswer(explanation, reply.text)
        return made

    return put_on_record


def seat_of(item: Any) -> Seat | None:
    """The seat a test was made for, or None for any other test."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("exam_seat") if callspec else None


# Overrides of pytest-recording's fixtures. Tests that sit no exam keep what they had.


@pytest.fixture
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """Cassettes lie in the run's folder, or in that of the run it shares replies with."""
    seat = seat_of(request.node)
    if seat is None:
        return str(request.getfixturevalue("vcr_cassette_dir"))
    return str(seat.cassette.parent)


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest) -> str:
    """One cassette per question."""
    seat = seat_of(request.node)
    if seat is None:
        return str(request.getfixturevalue("default_cassette_name"))
    return seat.cassette.stem


@pytest.fixture
def vcr_config(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How vcrpy treats this suite's traffic."""
    seat = seat_of(request.node)
    if seat is None:
        return dict(request.getfixturevalue("vcr_config"))
    from jmle_plugin.ask.matching import MATCHER  # noqa: PLC0415
    from jmle_plugin.ask.recording import Recorder, canonical_request  # noqa: PLC0415

    return {
        "record_mode": "once" if request.config.stash[SETTINGS_KEY].may_record else "none",
        "persister": Recorder(seat.sitting.run),
        "match_on": (MATCHER,),
        "before_record_request": canonical_request,
        # Only httpx speaks here; patching eight other libraries costs time in every test.
        "skip_patchers": (
            "httplib", "requests", "boto3", "urllib3", "httplib2", "tornado", "aiohttp", "httpx2",
        ),
    }  # fmt: skip
