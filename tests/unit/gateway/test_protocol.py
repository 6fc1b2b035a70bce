"""What crosses the process boundary."""

from __future__ import annotations

from typing import Any

import pytest

from jmle_plugin.errors import GatewayError
from jmle_plugin.files import canonical_json, digest
from jmle_plugin.gateway.protocol import (
    Announced,
    Announcement,
    GatewayConfig,
    ImageFile,
    Listening,
    RunConfig,
)
from jmle_plugin.gateway.status import GatewayStatus, RunStatus, Tokens

TOKEN = "made-up-token-0123456789"  # noqa: S105
BODY: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "user", "content": "孤立\ud800 NUL\x00"}],
}
SHOWN: dict[str, Any] = {
    "model": "m",
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "q"},
                {"type": "image_url", "image_url": {"url": "sha256:abc"}},
            ],
        }
    ],
}


def announced(body: dict[str, Any], question: str = "A-1") -> Announced:
    return Announced(question=question, digest=digest(body), body=body)


def announcement(*requests: Announced, **more: Any) -> Announcement:
    return Announcement(run="r", requests=list(requests), **more)


def config(*runs: tuple[str, str], **more: Any) -> GatewayConfig:
    made = [RunConfig(run=run, model="m", journal=journal) for run, journal in runs]
    return GatewayConfig(token=TOKEN, runs=made, **more)


def test_values_survive_as_one_line() -> None:
    image = ImageFile(path="/figure.png", media_type="image/png")
    told = announcement(announced(BODY), announced(SHOWN, "A-2"), images={"abc": image})
    for made in (told, config(("a", "j"), ("b", "k"), rpm=10, prices={"input": 0, "output": 1e-6})):
        line = made.line()
        assert line.count(b"\n") == 1
        assert line.isascii()
        assert type(made).from_line(line) == made


def test_token_is_not_shown() -> None:
    assert TOKEN not in repr(config(("a", "j")))


@pytest.mark.parametrize(
    "runs", [[], [("a", "j"), ("a", "k")], [("a", "j"), ("b", "j")]], ids=["none", "run", "journal"]
)
def test_runs_are_told_apart(runs: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match=r"two runs have the same|at least 1"):
        config(*runs)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_cost": 0},
        {"prices": {"input": -1, "output": 0}},
        {"image_max_edge": 0},
        {"hold": True},
    ],
    ids=str,
)
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        config(("a", "j"), **wrong)


def test_status_is_summed_over_runs() -> None:
    def run(**counts: Any) -> RunStatus:
        names = ("waiting", "unfinished", "in_flight", "resting", "done", "failed")
        return RunStatus(
            **{**dict.fromkeys((*names, "from_journal", "retries", "limit"), 1), **counts}
        )

    tokens = Tokens(prompt=1, completion=2, reasoning=3, cached=4)
    status = GatewayStatus(
        runs={"a": run(done=5, tokens=tokens, cost=0.25), "b": run(tokens=tokens, cost=0.5)}
    )
    sums = (status.waiting, status.unfinished, status.in_flight, status.failed, status.retries)
    assert sums == (2, 2, 2, 2, 2)
    assert (status.done, status.cost) == (6, 0.75)
    assert status.tokens == Tokens(prompt=2, completion=4, reasoning=6, cached=8)
    unknown = {"a": status.runs["a"], "b": run(tokens=tokens, cost=None)}
    assert GatewayStatus(runs=unknown).cost is None


@pytest.mark.parametrize("line", [b"", b"x", b"[]", b"{}", b'{"port": 0}', b'{"port": 1, "a": 2}'])
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(GatewayError):
        Listening.from_line(line)


def test_refusal_repeats_no_token() -> None:
    line = config(("a", "j")).line().replace(b'"journal":"j"', b'"journal":5')
    with pytest.raises(GatewayError, match="journal") as caught:
        GatewayConfig.from_line(line)
    assert TOKEN not in str(caught.value)


def test_digest_must_be_the_bodys() -> None:
    with pytest.raises(ValueError, match="digest of question A-1"):
        Announced(question="A-1", digest="0" * 64, body=BODY)


@pytest.mark.parametrize("name", ["api_key", "stream", "drop_params", "num_retries", "timeout"])
def test_no_parameter_says_how_to_call(name: str) -> None:
    with pytest.raises(ValueError, match=f"no parameter can be named {name}"):
        announced({**BODY, name: 1})


def test_a_request_is_announced_once() -> None:
    with pytest.raises(ValueError, match="announced twice"):
        announcement(announced(BODY), announced(BODY))


def test_epochs_share_a_body_on_the_way() -> None:
    of = digest(BODY)
    asked = [Announced(question="A-1", epoch=n, digest=of, body=BODY) for n in range(1, 251)]
    line = announcement(*asked).line()
    assert line.count(b"messages") == 1
    read = Announcement.from_line(line).requests
    assert read == asked
    assert all(one.body["messages"] is read[0].body["messages"] for one in read)


@pytest.mark.parametrize(
    ("requests", "bodies"),
    [
        ([["A-1", 1, digest(BODY)]], {}),
        ([["A-1", digest(BODY)]], {digest(BODY): BODY}),
        ([["A-1", 1, []]], {}),
        (1, {}),
        ([["A-1", 1, "0"]], ["0"]),
    ],
)
def test_a_request_without_its_body_is_refused(requests: object, bodies: object) -> None:
    line = canonical_json({"run": "r", "requests": requests, "bodies": bodies})
    with pytest.raises(GatewayError, match="its requests have no bodies"):
        Announcement.from_line(line)


def test_every_image_has_a_file() -> None:
    with pytest.raises(ValueError, match="no file for image abc"):
        announcement(announced(SHOWN))
