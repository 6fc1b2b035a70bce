"""What cannot be asked for ends the session before any call, and leaves nothing behind."""

from __future__ import annotations

import shutil

import pytest

from tests.integration.live_use.conftest import Live

TWO = ("-k", "000A-1 or 000A-2")


def refused(live: Live, result: pytest.RunResult, message: str) -> None:
    """Exit 4 with the message, no call, nothing on disk."""
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"*{message}*"])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    assert live.asked == []


@pytest.mark.parametrize("workers", ["-n2", pytest.param("-n0", marks=pytest.mark.slow)])
def test_a_missing_key(live: Live, workers: str) -> None:
    result = live.project.sit("--model=gpt-5.2", workers)
    refused(live, result, "gpt-5.2 cannot be asked: *(not set: OPENAI_API_KEY)")
    assert live.traces() == set()


@pytest.mark.slow
def test_a_model_that_nobody_knows(live: Live) -> None:
    result = live.project.sit("--model=some-model")
    refused(live, result, "the provider of the model 'some-model' is unknown")
    assert live.traces() == set()


@pytest.mark.slow
def test_a_cap_on_an_unknown_price(live: Live) -> None:
    result = live.ask("--max-cost=1", "--model=gpt-5.2")
    refused(
        live, result, "--max-cost cannot be kept: the prices of gpt-5.2, some-model are unknown"
    )
    assert live.traces() == set()


def test_a_script_is_nobody_to_ask(live: Live) -> None:
    refused(live, live.ask(model="scripted/nobody"), "the name of a script, which cannot be asked")
    again = live.ask("--record-mode=rewrite", model="scripted/resident")
    refused(live, again, "run scripted-resident cannot be asked anew")
    live.project.cassette("000A-1").unlink()
    missing = live.ask("-k", "000A", model="scripted/resident")
    assert missing.ret == 1
    missing.stdout.fnmatch_lines(["*there is no recorded reply to question 000A-1*"])
    assert live.asked == []
    assert live.traces() == {str(live.project.path / "results" / "sample"), *live.traces()}


def test_replies_that_are_no_answer_while_others_are_missing(live: Live) -> None:
    live.ask(*TWO, "--model-arg=temperature=0", "--run=warm")
    live.asked.clear()
    wanted = ("--model-arg=temperature=0", "--run=warm")
    files = [live.folder("warm") / f"{name}.yaml" for name in ("000A-1", "000A-2")]
    whole = files[0].read_bytes()

    refused(
        live,
        live.ask("--model-arg=temperature=1", "--run=warm"),
        "every cassette of run warm was recorded with parameters temperature=0, now temperature=1",
    )
    shutil.copy(files[1], files[0])
    refused(live, live.ask(*wanted), "this cassette is no answer to today's question 000A-1")
    files[0].write_bytes(whole[:-20])
    refused(live, live.ask(*wanted, "-n2"), "this cassette is cut off (its end marker is missing)")
    left = {file.name for file in live.folder("warm").iterdir()}
    assert left == {"000A-1.yaml", "000A-2.yaml", "run.json"}
