"""The published leaderboard, reproduced from the recorded replies.

Needs the published data (JMLE_DATA). All runs sit in one session per key state.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.importing import import_results
from jmle_plugin.cli import main
from jmle_plugin.exam.pack import load_exam
from tests.conftest import ROOT
from tests.integration.conftest import BARE

pytestmark = pytest.mark.data

FIGURES = ("score", "correct", "text_only_score", "text_only_correct")

# What the default reading makes of replies that the published rule does not read:
# display name -> question -> points gained.
GAINED = {
    "Claude Sonnet 4.6": {"120D-75": 1},
    "Qwen3-32B (no-think)": {"120D-75": 1},
    "Qwen3.5-122B-A10B": {"120D-30": 1},
    "gpt-oss-120b (medium)": {"120A-75": 1},
}

KEYS = ["official", pytest.param("author", marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def project(data_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with all recorded runs imported."""
    folder = tmp_path_factory.mktemp("published")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(os, "fsync", lambda _: None)  # six thousand files need not outlast a cut
    exam = load_exam(ROOT / "data" / "jmle120" / "exam.toml", data_root=data_root)
    for file in sorted((data_root / "jmle2026-bench" / "results").glob("*.json")):
        import_results(file, exam, folder / "cassettes")
    monkeypatch.undo()
    return folder


def runs(project: Path) -> list[str]:
    return sorted(file.parent.name for file in (project / "cassettes/jmle120").glob("*/run.json"))


Sit = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def sit(project: Path, data_root: Path) -> Sit:
    """Sits all runs in one session, once per command line: display name -> results."""
    done: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}

    def once(*arguments: str) -> dict[str, dict[str, Any]]:
        if arguments not in done:
            done[arguments] = sit_all(project, data_root, *arguments)
        return done[arguments]

    return once


def sit_all(project: Path, data_root: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    names = [f"--run={name}" for name in runs(project)]
    command = [sys.executable, "-m", "pytest", "-q", "--offline", *BARE]
    subprocess.run(
        [
            *command,
            f"--rootdir={project}",
            f"--exam-data={data_root}",
            *names,
            *arguments,
            str(ROOT / "tests_exam"),
        ],
        cwd=project,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    results = [
        json.loads((project / "results" / "jmle120" / f"{name}.json").read_text("utf-8"))
        for name in runs(project)
    ]
    return {one["run"]["title"]: one for one in results}


def figures(results: dict[str, Any]) -> dict[str, int]:
    sheet = results["sheet"]
    total, text_only = sheet["total"], sheet["images"]["without"]
    values = (total["points"], total["correct"], text_only["points"], text_only["correct"])
    return dict(zip(FIGURES, values, strict=True))


@pytest.mark.parametrize("key", KEYS)
def test_every_published_figure_is_reproduced(sit: Sit, data_root: Path, key: str) -> None:
    published = json.loads((data_root / "jmle2026-bench" / "published.json").read_text("utf-8"))
    made = sit(f"--key={key}", "--extraction=published")
    expected = {name: {figure: published[key][name][figure] for figure in FIGURES} for name in made}
    assert len(made) == 15
    assert {name: figures(one) for name, one in made.items()} == expected
    for one in made.values():
        assert one["sheet"]["total"]["max"] == 500
        assert one["sheet"]["errors"] == []
        assert one["provenance"]["prompt"] is None
        assert one["provenance"]["imported"]["project"] == "JMLE2026-Bench"
        assert one["sheet"]["prohibited"] == {
            "count": None, "limit": 3, "passed": None, "questions": [],
        }  # fmt: skip
    failed = [name for name, one in made.items() if one["sheet"]["verdict"] == "fail"]
    assert failed == ["gpt-oss-20b (low)"]


@pytest.fixture(scope="module")
def rescored(project: Path, data_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Sit:
    """Rescores all runs: display name -> results."""

    def rescore(*arguments: str) -> dict[str, dict[str, Any]]:
        folder = tmp_path_factory.mktemp("rescored")
        places = [f"--cassettes={project / 'cassettes'}", f"--exam-data={data_root}"]
        names = runs(project)
        written = (f"--results={folder}", "--write")
        start = time.process_time()
        assert main(["rescore", *names, *places, *arguments, *written]) == 0
        assert time.process_time() - start < 10
        files = [folder / "jmle120" / f"{name}.json" for name in names]
        assert main(["verify", str(files[0]), *places]) == 0
        made = [json.loads(file.read_text("utf-8")) for file in files]
        return {one["run"]["title"]: one for one in made}

    return rescore


def test_the_default_reading_gains_exactly_these_points(sit: Sit, rescored: Sit) -> None:
    published = sit("--key=official", "--extraction=published")
    standard = rescored("--key=official")
    gained: dict[str, dict[str, int]] = {}
    for name, one in standard.items():
        pairs = zip(one["marks"], published[name]["marks"], strict=True)
        changes = {
            new["question"]: new["points"] - old["points"]
            for new, old in pairs
            if new["points"] != old["points"]
        }
        if changes:
            gained[name] = changes
    assert gained == GAINED


@pytest.mark.parametrize(
    "options",
    [
        ("--key=official", "--extraction=published"),
        pytest.param(("--key=author", "--extraction=published"), marks=pytest.mark.slow),
        pytest.param(("--key=official",), marks=pytest.mark.slow),
    ],
)
def test_rescoring_all_runs_gives_what_sessions_give(
    sit: Sit, rescored: Sit, options: tuple[str, ...]
) -> None:
    sessions = sit(*options)
    made = rescored(*options)
    assert len(made) == 15
    assert {name: without_session(one) for name, one in made.items()} == {
        name: without_session(one) for name, one in sessions.items()
    }


def without_session(results: dict[str, Any]) -> dict[str, Any]:
    origin = results["provenance"]
    return results | {"provenance": origin | {"run": None, "git": None}}
