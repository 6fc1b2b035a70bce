"""A file of runs: asked in one session, gone on with in the next, ranked with their groups."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from jmle_plugin.cli import main
from tests.conftest import ROOT
from tests.integration.conftest import BARE, Project
from tests.integration.live_use.conftest import describe
from tests.integration.processes import until
from tests.packs import RIGHT, WRONG, write_pack
from tests.scripted.provider import Answer, Call, Provider, completion, provider

QUICK = [f"model-{n}" for n in range(1, 4)]
MODELS = [*QUICK, *(f"model-{n}" for n in range(4, 22))]
REACHED = """
from pathlib import Path

def pytest_runtest_logstart(nodeid):
    if "model-4-A-1" in nodeid:
        Path("reached").touch()
"""
DRILL = ("--exam=drill", "--runs=runs.toml", "--report=none")


def asked(served: Provider) -> Counter[tuple[str, str]]:
    """How often each question of each model was asked."""
    return Counter(
        (call.body["model"], json.dumps(call.body["messages"], sort_keys=True))
        for call in served.calls
    )


def results_of(project: Project) -> dict[str, bytes]:
    files = sorted((project.path / "results" / "drill").glob("*.json"))
    return {file.stem: file.read_bytes() for file in files if ".partial" not in file.name}


@pytest.mark.usefixtures("_interruptible")
def test_a_file_of_21_runs_is_interrupted_and_every_run_is_asked_once(project: Project) -> None:
    write_pack(project.path / "data", "drill", questions=2, threshold=1)
    project.conftest(REACHED)
    interrupted = threading.Event()

    def answer(call: Call) -> Answer:
        if call.body["model"] not in QUICK:
            interrupted.wait()
        return Answer(completion(RIGHT))

    with provider(answer) as served:
        describe(project, served, MODELS)
        session = begin(project, *DRILL, "-n0", "--concurrency=1")
        until((project.path / "reached").exists)
        session.send_signal(signal.SIGINT)
        interrupted.set()
        assert session.wait(300) == 2
        done = results_of(project)
        assert list(done) == QUICK

        again = project.run(*DRILL)
    assert again.ret == 0
    told = "jmle: 3 runs complete, not sat again: model-1, model-2, model-3"
    assert told in again.outlines
    now = results_of(project)
    assert now.keys() == set(MODELS)
    assert {name: now[name] for name in done} == done
    assert len(served.calls) == 2 * len(MODELS)
    assert set(asked(served).values()) == {1}


def begin(project: Project, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *BARE, *arguments],
        cwd=project.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.long
@pytest.mark.parametrize("workers", [pytest.param("0", marks=pytest.mark.slow), "2"])
def test_a_complete_run_is_gated_though_it_is_not_sat_again(
    project: Project, workers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(project.path / "data", "drill", questions=2, threshold=1)

    def answer(call: Call) -> Answer:
        return Answer(completion(WRONG if call.body["model"] == "bad" else RIGHT))

    with provider(answer) as served:
        describe(project, served, ["bad"])
        assert project.run(*DRILL, "-n", workers).ret == 1
        describe(project, served, ["bad", "good"])
        both = project.run(*DRILL, "-n", workers)
        assert len(served.calls) == 4
        describe(project, served, ["bad", "good", "later"])
    assert both.ret == 1
    both.stdout.fnmatch_lines(
        ["jmle: 1 run complete, not sat again: bad", "gate official: drill bad failed (*"]
    )
    assert "· bad" not in both.stdout.str()

    capsys.readouterr()
    assert main(["leaderboard", "--runs=runs.toml", "--format=json"]) == 0
    said = capsys.readouterr()
    (table,) = json.loads(said.out)["tables"]
    assert [(row["run"], row.get("group")) for row in table["rows"]] == [
        ("good", "medical"),
        ("bad", "general"),
    ]
    assert said.err.splitlines()[-1] == "Missing: later (later) has no results"


@pytest.mark.long
def test_what_is_complete_is_sat_again_under_another_key_or_reading(project: Project) -> None:
    write_pack(project.path / "data", "drill", questions=2, threshold=1)
    with provider(lambda _: Answer(completion(RIGHT))) as served:
        describe(project, served, ["one"])
        assert project.run(*DRILL).ret == 0
        describe(project, served, ["one", "two"])
        again = project.run(*DRILL, "--extraction=published")
        assert len(served.calls) == 4
    assert "not sat again" not in again.stdout.str()
    Path("runs.toml").write_text('[[run]]\nmodel = "one"\nargs = { top_p = 0.5 }\nname = "one"\n')
    refused = project.run(*DRILL)
    assert refused.ret == 4
    assert "every cassette of run one was recorded with parameters none" in refused.stderr.str()
