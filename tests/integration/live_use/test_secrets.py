"""Keys and the gateway's token stand in nothing that is written, printed or listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.live_use.conftest import WRONG, Live, answered
from tests.scripted.provider import Answer, Call, completion, failure

KEY = "sk-planted-0123456789abcdef-0123456789"
OURS = "planted-token-fedcba9876543210"
"""The gateway's token."""
TELLING = """
from jmle_plugin.gateway import launch

launch.new_token = lambda: "-".join(("planted", "token", "fedcba9876543210"))
"""
"""A conftest that makes the token known, and does not hold it itself."""
OWN_TESTS = """
import pytest
from jmle_plugin.session.fixtures import SERVICE_KEY


def test_with_the_client(model_client, pytestconfig):
    assert pytestconfig.stash[SERVICE_KEY].token.startswith("planted-token-")
    service = pytestconfig.stash[SERVICE_KEY]
    assert model_client is None


def test_that_asks_something_else(model_client, exam_seat):
    request = exam_seat.sitting.request(exam_seat.question, 77)
    model_client.ask(request)


@pytest.fixture
def broken(model_client):
    client = model_client
    raise RuntimeError("in a set-up")


def test_whose_setup_fails(broken):
    pass
"""
ALL_TOLD = (
    "-vv", "--showlocals", "-rA", "--tb=long", "--full-trace", "--durations=3",
    "--log-level=DEBUG", "--log-file=session.log", "--junitxml=report.xml",
    "-o", "junit_logging=all", "-o", "junit_log_passing_tests=true",
    "--max-retries=0",
)  # fmt: skip


def told(call: Call) -> dict[str, Answer]:
    """A provider's answers that tell the key, and a wrong one."""
    return {
        "000A-2": failure(f"broken by {call.headers['authorization']}", status=500),
        "000A-3": answered(WRONG),
        "000A-4": failure(f"flagged {KEY}", code="content_filter", status=400),
        "000A-5": Answer(completion(f"【回答】a\nThe key is {KEY}.", reasoning=KEY)),
        # Half of it would be cut off with the rest.
        "000A-6": failure(f"long {'.' * 470} {KEY}", status=500),
        # It ends the run: after the others had their answers.
        "000F-6": failure(f"refused: {call.headers}", status=401, delay=1.5),
    }


def command_lines() -> str:
    """The arguments of every process there is."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it has ended
    return "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("workers", ["-n2", pytest.param("-n0", marks=pytest.mark.slow)])
def test_nothing_tells_a_key_or_the_token(
    live: Live, workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    live.project.conftest(TELLING)
    live.project.apart = True
    (live.project.path / "tests_exam" / "test_own.py").write_text(OWN_TESTS)
    listed: list[str] = []

    def answer(question: str, _: int, call: Call) -> Answer:
        assert call.headers["authorization"] == f"Bearer {KEY}"
        if question == "000A-1":
            listed.append(command_lines())
        return told(call).get(question) or answered(live.right(question))

    live.answer = answer
    result = live.ask("-k", "000A or 000F-6 or client or setup", *ALL_TOLD, workers)
    assert result.ret == 1
    printed = result.stdout.str() + result.stderr.str()
    for expected in (
        "broken by Bearer [hidden]",
        "refused: {",
        "in a set-up",
        "assert <jmle_plugin.ask.client.HttpModelClient",
        "was not announced like this",
    ):
        assert expected in printed
    assert "jmle_plugin.gateway" in listed[0]
    written = {
        str(file): file.read_bytes()
        for file in live.project.path.rglob("*")
        if file.is_file() and "__pycache__" not in str(file)
    }
    names = {Path(name).name for name in written}
    assert {"report.xml", "session.log", "000A-1.yaml", "some-model.partial.json"} <= names
    written |= {"the terminal": printed.encode(), "the command lines": listed[0].encode()}
    for place, content in written.items():
        for secret in (KEY, KEY[:20], OURS):
            assert secret.encode() not in content, place
