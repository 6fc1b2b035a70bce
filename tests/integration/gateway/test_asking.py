"""A whole gateway: replies, faults, limits and who may ask."""

from __future__ import annotations

import base64
import http.client
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image as Pillow

from jmle_plugin.errors import GatewayError, NotAskedError, ReplyError
from jmle_plugin.gateway import launch
from jmle_plugin.gateway.launch import Gateway, start
from jmle_plugin.gateway.protocol import (
    CHAT_PATH,
    EPOCH_HEADER,
    MAX_BODY,
    QUESTION_HEADER,
    RUN_HEADER,
    Announcement,
    Prices,
    RunConfig,
)
from tests.builders import picture_file
from tests.integration.gateway.conftest import KEY, MODEL, RUN, Desk, reply, text_request
from tests.integration.processes import until
from tests.scripted.provider import Answer, Call, Provider, completion, failure, provider

EMPTY = Announcement(run=RUN, requests=[])


def question(call: Call) -> str:
    """The name of the question asked: its text."""
    content = call.body["messages"][0]["content"]
    return str(content if isinstance(content, str) else content[0]["text"])


def test_replies_with_figures_are_asked_ahead(desk: Desk) -> None:
    figure = picture_file(Pillow.new("RGB", (6, 4), "teal"))
    requests = [text_request(f"A-{n}", temperature=0.0) for n in range(40)]
    requests[7] = desk.figure_request("A-7", figure)

    def script(call: Call) -> Answer:
        # Of different lengths, so that calls do not end and begin in lockstep.
        delay = 0.2 + 0.04 * (call.number % 7)
        return Answer(completion(f"reply to {question(call)}"), delay=delay)

    with (
        provider(script) as served,
        desk.asking(requests, served.base, concurrency=8) as gateway,
    ):
        # Asked last, so that every reply is there because it was asked ahead.
        assert reply(gateway, requests[-1]).text == "reply to A-39"
        texts = [reply(gateway, one).text for one in requests]
        status = gateway.status()
        arguments = Path(f"/proc/{gateway.pid}/cmdline").read_bytes()
    assert texts == [f"reply to A-{n}" for n in range(40)]
    assert len(served.calls) == 40
    assert served.peak == 8
    assert sum(level >= 6 for _, level in served.levels) >= 10
    assert base64.b64encode(figure).decode() in str(
        [call.body for call in served.calls if question(call) == "A-7"]
    )
    assert {call.headers["authorization"] for call in served.calls} == {f"Bearer {KEY}"}
    assert (status.done, status.unfinished, status.waiting) == (40, 0, 0)
    assert (status.tokens.prompt, status.tokens.cached) == (4000, 1200)
    assert set(desk.kept()) == {one.question for one in requests}
    assert not desk.log.exists()
    assert KEY.encode() not in arguments
    assert gateway.token.encode() not in arguments
    for secret in (KEY, gateway.token):
        assert secret.encode() not in desk.journal.read_bytes()
        assert secret not in repr(gateway)


def test_faults_are_mended_by_asking_again_and_only_by_us(desk: Desk) -> None:
    faults = {
        "429": failure("slow down", status=429),
        "429-told": failure("slow down", status=429, headers={"retry-after": "0.2"}),
        "500": failure("oops", status=500),
        "503": Answer(b"<html>busy</html>", status=503),
        "reset": Answer(reset=True),
        "cut": Answer(completion(), cut=20),
        "invalid": Answer(b'{"choices": ['),
        "empty": Answer({**completion(), "choices": []}),
        "slow": Answer(completion(), delay=600.0),
    }
    fine = {
        "reasoning": completion(None, reasoning="長考"),
        "filtered": completion("", finish="content_filter"),
        "length": completion("途中", finish="length"),
        "odd": completion("孤立\ud800 NUL\x00"),
    }
    seen = Counter[str]()
    lock = threading.Lock()

    def script(call: Call) -> Answer:
        name = question(call)
        with lock:
            seen[name] += 1
        if name == "hopeless":
            return failure("broken for good", status=500)
        if name in faults and seen[name] == 1:
            return faults[name]
        return Answer(fine.get(name, completion("fine")))

    requests = [text_request(name) for name in (*faults, *fine, "hopeless")]
    with (
        provider(script) as served,
        desk.asking(requests, served.base, request_timeout=5.0, max_retries=2) as gateway,
    ):
        replies = {one.question: reply(gateway, one) for one in requests[:-1]}
        with pytest.raises(
            ReplyError, match=r"hopeless: broken for good \(HTTP 500.*\) \(asked 3 times\)"
        ):
            reply(gateway, requests[-1])
        status = gateway.status()
    assert {replies[name].text for name in faults} == {"fine"}
    assert (replies["reasoning"].text, replies["reasoning"].reasoning) == ("", "長考")
    assert replies["filtered"].finish_reason == "content_filter"
    assert (replies["length"].text, replies["length"].finish_reason) == ("途中", "length")
    assert replies["odd"].text == "孤立\ud800 NUL\x00"
    assert {name: seen[name] for name in faults} == dict.fromkeys(faults, 2)
    assert {seen[name] for name in fine} == {1}
    assert seen["hopeless"] == 3
    assert status.retries == len(faults) + 2
    assert (status.done, status.failed) == (13, 1)
    assert status.runs[RUN].limit < 8
    assert "hopeless" not in desk.kept()
    told = [call.at for call in served.calls if question(call) == "429-told"]
    assert told[1] - told[0] >= 0.2


@pytest.mark.parametrize(
    "answer",
    [
        failure(f"Incorrect API key provided: {KEY}", status=401),
        # Whole sessions show these kinds as well: live/test_fatal.py.
        pytest.param(
            failure("Unsupported parameter: 'temperature'", status=400, code="unsupported"),
            marks=pytest.mark.slow,
        ),
        pytest.param(
            failure("You exceeded your current quota", status=429, code="insufficient_quota"),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["401", "400", "quota"],
)
def test_what_no_retry_mends_ends_the_run(desk: Desk, answer: Answer) -> None:
    requests = [text_request(f"A-{n}") for n in range(20)]
    with (
        provider(lambda _: answer) as served,
        desk.asking(requests, served.base, concurrency=2) as gateway,
    ):
        said: dict[type[ReplyError], set[str]] = {ReplyError: set(), NotAskedError: set()}
        for one in requests:
            with pytest.raises(ReplyError) as caught:
                reply(gateway, one)
            about = f"no reply to question {one.question}: "
            said[caught.type].add(caught.value.problem.removeprefix(about))
        status = gateway.status()
    fatal = status.runs[RUN].fatal
    assert len(served.calls) <= 2
    assert said[ReplyError] == {fatal}
    assert said[NotAskedError] == {f"asking was stopped: {fatal}"}
    assert KEY not in str(said)
    assert (status.failed, status.done, status.retries) == (20, 0, 0)
    assert desk.kept() == []


@pytest.fixture(scope="module")
def served() -> Iterator[Provider]:
    with provider(lambda _: Answer(completion("fine"), delay=0.1)) as running:
        yield running


@pytest.fixture(scope="module")
def quiet(served: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway that was not begun, for tests that do not need one of their own."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    with desk.announced([text_request("A-1")], served.base) as gateway:
        yield gateway


@pytest.mark.parametrize("token", ["", "wrong", "möglich"])
def test_missing_or_wrong_token_is_refused(quiet: Gateway, token: str) -> None:
    headers = {"authorization": f"Bearer {token}".encode()} if token else {}
    for method, path in (("POST", CHAT_PATH), ("GET", "/status"), ("POST", "/stop")):
        status, body = raw_call(quiet, method, path, headers)
        assert status == 401
        assert quiet.token.encode() not in body


def test_request_nobody_announced_is_refused(quiet: Gateway) -> None:
    for unknown in (
        text_request("A-2"),
        text_request("A-1", temperature=1.0),
        text_request("A-1").model_copy(update={"epoch": 2}),
    ):
        with pytest.raises(ReplyError, match=r"of run 'some-run' was not announced"):
            reply(quiet, unknown)
    with pytest.raises(ReplyError, match="of run 'other' was not announced"):
        reply(quiet, text_request("A-1"), "other")
    assert quiet.status().waiting == 1


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b"\xff", b"[" * 100_000])
def test_body_that_is_no_request_is_refused(quiet: Gateway, body: bytes) -> None:
    assert raw_call(quiet, "POST", CHAT_PATH, named(quiet), body)[0] == 400


def test_too_large_a_request_is_refused(quiet: Gateway) -> None:
    assert raw_call(quiet, "POST", CHAT_PATH, named(quiet), b" " * (MAX_BODY + 1))[0] == 413


def test_unknown_path_is_refused(quiet: Gateway) -> None:
    assert raw_call(quiet, "GET", "/", named(quiet))[0] == 404


def test_it_listens_on_loopback_alone(quiet: Gateway) -> None:
    port = f"{urlsplit(quiet.address).port:04X}"
    listening = Path("/proc/net/tcp").read_text().splitlines()
    assert [line.split()[1] for line in listening if f":{port} 00000000:0000" in line] == [
        f"0100007F:{port}"
    ]
    assert f":{port} " not in Path("/proc/net/tcp6").read_text()


def test_nothing_is_asked_before_somebody_asks(quiet: Gateway, served: Provider) -> None:
    assert quiet.status().waiting == 1
    assert served.calls == []
    assert reply(quiet, text_request("A-1")).text == "fine"


def test_stopped_it_keeps_what_was_in_flight(desk: Desk) -> None:
    requests = [text_request(f"A-{n}") for n in range(10)]
    with (
        provider(lambda _: Answer(completion("fine"), delay=0.5)) as served,
        desk.asking(requests, served.base, concurrency=3) as gateway,
    ):
        while len(served.calls) < 3:
            gateway.status()
        status = gateway.stop("the budget is spent", drain=5.0)
        with pytest.raises(NotAskedError, match="the budget is spent"):
            reply(gateway, requests[9])
        assert reply(gateway, requests[0]).text == "fine"
    assert (status.done, status.failed, status.unfinished) == (3, 7, 0)
    assert status.runs[RUN].stopped
    assert len(served.calls) == len(desk.kept()) == 3


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("nobodys-model", "the provider of the model"),
        # A whole session shows this one as well: live_use/test_refusals.py.
        pytest.param(
            "gpt-5.2",
            r"gpt-5\.2 cannot be asked: .*not set: OPENAI_API_KEY",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_refused_before_anything_is_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, model: str, problem: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    runs = [RunConfig(run=RUN, model=model, journal=str(desk.journal))]
    with desk.gateway(None, runs=runs) as gateway:
        assert gateway.address.startswith("http://127.0.0.1:")
        with pytest.raises(GatewayError, match=problem):
            gateway.ready()
        with pytest.raises(GatewayError, match=problem):
            gateway.status()


def test_second_gateway_on_the_same_journal_is_refused(desk: Desk) -> None:
    with (
        provider(lambda _: Answer(completion("fine"))) as served,
        desk.announced([text_request("A-1")], served.base) as first,
    ):
        with (
            start(desk.config(served.base), desk.folder / "other.log") as second,
            pytest.raises(GatewayError, match="another session is asking"),
        ):
            _ = second.address
        assert reply(first, text_request("A-1")).text == "fine"


LATE_LITELLM = """
import pathlib, sys, time

folder = pathlib.Path(__file__).parents[1]
while not (folder / "go on").exists():
    time.sleep(0.01)
sys.path.remove(str(folder))
del sys.modules["litellm"]
import litellm
"""


def test_it_listens_before_it_can_ask(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    package = desk.folder / "late" / "litellm"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(LATE_LITELLM)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setattr(launch, "subprocess", subprocess)  # no copy: it is to load the library
    with (
        provider(lambda _: Answer(completion("fine"))) as served,
        desk.gateway(served.base) as gateway,
    ):
        assert gateway.address
        early = raw_call(gateway, "POST", CHAT_PATH, named(gateway))
        status = raw_call(gateway, "GET", "/status", named(gateway))
        announced = raw_call(gateway, "POST", "/announce", named(gateway), EMPTY.line())
        (package.parent / "go on").touch()
        gateway.ready()
        assert gateway.announce(EMPTY).done == 0
    assert (early[0], status[0], announced[0]) == (403, 200, 400)
    assert b"once the gateway is ready" in announced[1]


def test_runs_have_requests_journals_and_ends_of_their_own(desk: Desk) -> None:
    models = {"a": MODEL, "b": "openai/other-model", "silent": MODEL}
    runs = [
        RunConfig(run=run, model=model, journal=str(desk.folder / run))
        for run, model in models.items()
    ]
    requests = {run: [text_request(f"A-{n}", models[run]) for n in range(12)] for run in "ab"}

    def script(call: Call) -> Answer:
        if call.body["model"] == "other-model" and question(call) == "A-3":
            return failure("no such model", status=404)
        return Answer(completion(f"{call.body['model']} {question(call)}"), delay=0.05)

    with provider(script) as served, desk.gateway(served.base, runs=runs, concurrency=3) as gateway:
        gateway.announce(Announcement(run="a", requests=requests["a"]))
        assert reply(gateway, requests["a"][0], "a").text == "some-model A-0"
        # Announced after the beginning, so it is asked at once.
        gateway.announce(Announcement(run="b", requests=requests["b"]))
        with pytest.raises(ReplyError, match="A-3: no such model"):
            reply(gateway, requests["b"][3], "b")
        with pytest.raises(NotAskedError, match="asking was stopped: no such model"):
            reply(gateway, requests["b"][11], "b")
        texts = [reply(gateway, one, "a").text for one in requests["a"]]
        with pytest.raises(ReplyError, match="of run 'b' was not announced"):
            reply(gateway, requests["a"][0], "b")
        until(lambda: not gateway.status().unfinished)
        status = gateway.status()
        gateway.stop("enough")
        gateway.announce(Announcement(run="silent", requests=requests["a"]))
        with pytest.raises(NotAskedError, match="enough"):
            reply(gateway, requests["a"][0], "silent")
    assert texts == [f"some-model A-{n}" for n in range(12)]
    assert (status.runs["a"].done, status.runs["a"].stopped) == (12, False)
    assert "no such model (HTTP 404, http://127.0.0.1:" in str(status.runs["b"].fatal)
    assert status.done + status.failed == 24
    assert status.runs["silent"].limit == 3
    assert served.peak <= 6
    assert len(desk.kept("a")) == 12


def test_wrong_announcement_is_refused_with_the_reason(desk: Desk) -> None:
    one = text_request("A-1")
    wrong = {
        "no run 'other'": Announcement(run="other", requests=[one]),
        "for another model": Announcement(run=RUN, requests=[text_request("A-1", "openai/x")]),
    }
    with desk.gateway("http://127.0.0.1:9/v1") as gateway:
        for reason, announcement in wrong.items():
            with pytest.raises(GatewayError, match=reason):
                gateway.announce(announcement)
        gateway.announce(Announcement(run=RUN, requests=[one]))
        with pytest.raises(GatewayError, match="announced before"):
            gateway.announce(EMPTY)
        for body in (b"", b"{", b'{"run": 5}', b"[" * 100_000):
            assert raw_call(gateway, "POST", "/announce", named(gateway), body)[0] == 400
        assert gateway.status().waiting == 1


def test_announcement_may_be_far_larger_than_a_request(desk: Desk) -> None:
    requests = [text_request(f"A-{n} " + "x" * 100_000) for n in range(100)]
    with desk.announced(requests, "http://127.0.0.1:9/v1") as gateway:
        assert gateway.status().waiting == 100


def test_cap_without_prices_is_refused_and_given_prices_are_told(desk: Desk) -> None:
    base = "http://127.0.0.1:9/v1"
    with (
        desk.gateway(base, max_cost=5.0) as gateway,
        pytest.raises(
            GatewayError, match=f"prices of {MODEL} are unknown\n.*--price-in and --price-out"
        ),
    ):
        gateway.ready()
    with desk.gateway(base, max_cost=5.0, prices=Prices(input=1e-6, output=2e-6)) as gateway:
        facts = gateway.ready().models[MODEL]
    assert (facts.input_price, facts.output_price) == (1e-6, 2e-6)


def test_asking_ends_at_the_cap(desk: Desk) -> None:
    requests = [text_request(f"A-{n}") for n in range(20)]
    prices = Prices(input=1e-3, output=5e-3)  # a reply of 100 and 20 tokens is $0.20
    with (
        provider(lambda _: Answer(completion("fine"), delay=0.02)) as served,
        desk.asking(requests, served.base, concurrency=3, max_cost=1.5, prices=prices) as gateway,
    ):
        with pytest.raises(NotAskedError, match=r"--max-cost of \$1\.5 is reached \(\$1\.4 spent"):
            reply(gateway, requests[-1])
        assert reply(gateway, requests[0]).text == "fine"
        until(lambda: not gateway.status().unfinished)
        status = gateway.status()
    assert len(served.calls) == status.done == 7
    assert status.cost == pytest.approx(1.4)
    assert status.runs[RUN].capped


def named(gateway: Gateway) -> dict[str, str | bytes]:
    return {
        "authorization": f"Bearer {gateway.token}",
        RUN_HEADER: RUN,
        QUESTION_HEADER: "A-1",
        EPOCH_HEADER: "1",
    }


def raw_call(
    gateway: Gateway,
    method: str,
    path: str,
    headers: Mapping[str, str | bytes],
    body: bytes = b"{}",
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(gateway.address).port, timeout=5)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
