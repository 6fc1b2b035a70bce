"""The published leaderboard, reproduced from the recorded replies.

Needs the published data (JMLE_DATA). All runs sit in one session per key state.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
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
    return read(project / "results" / "jmle120")


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Display name -> results."""
    made = [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))]
    return {one["run"]["title"]: one for one in made}


def figures(results: dict[str, Any]) -> dict[str, int]:
    sheet = results["sheet"]
    total, text_only = sheet["total"], sheet["images"]["without"]
    values = (total["points"], total["correct"], text_only["points"], text_only["correct"])
    return dict(zip(FIGURES, values, strict=True))


@pytest.mark.long
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
        assert one["provenance"]["prompt"]["name"] == "jmle2026-bench"
        assert one["provenance"]["imported"]["project"] == "JMLE2026-Bench"
        assert one["sheet"]["prohibited"] == {
            "count": None, "limit": 3, "passed": None, "questions": [],
        }  # fmt: skip
    failed = [name for name, one in made.items() if one["sheet"]["verdict"] == "fail"]
    assert failed == ["gpt-oss-20b (low)"]


@pytest.fixture(scope="module")
def rescored(
    project: Path, data_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """Rescores all runs, once per command line: the folder of their results."""
    done: dict[tuple[str, ...], Path] = {}

    def rescore(*arguments: str) -> Path:
        if arguments not in done:
            folder = tmp_path_factory.mktemp("rescored")
            places = [f"--cassettes={project / 'cassettes'}", f"--exam-data={data_root}"]
            written = (f"--results={folder}", "--write")
            assert main(["rescore", *runs(project), *places, *arguments, *written]) == 0
            done[arguments] = folder / "jmle120"
        return done[arguments]

    return rescore


@pytest.mark.long
def test_the_default_reading_gains_exactly_these_points(rescored: Callable[..., Path]) -> None:
    published = read(rescored("--key=official", "--extraction=published"))
    standard = read(rescored("--key=official"))
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


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [
        ("--key=official", "--extraction=published"),
        pytest.param(("--key=author", "--extraction=published"), marks=pytest.mark.slow),
        pytest.param(("--key=official",), marks=pytest.mark.slow),
    ],
)
def test_rescoring_all_runs_gives_what_sessions_give(
    sit: Sit,
    rescored: Callable[..., Path],
    project: Path,
    data_root: Path,
    options: tuple[str, ...],
) -> None:
    sessions = sit(*options)
    folder = rescored(*options)
    made = read(folder)
    assert len(made) == 15
    assert {name: without_session(one) for name, one in made.items()} == {
        name: without_session(one) for name, one in sessions.items()
    }
    places = [f"--cassettes={project / 'cassettes'}", f"--exam-data={data_root}"]
    assert main(["verify", str(min(folder.glob("*.json"))), *places]) == 0


@pytest.mark.parametrize("key", ["official", "author"])
def test_the_leaderboard_has_the_published_order_and_figures(
    rescored: Callable[..., Path],
    data_root: Path,
    key: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    published = json.loads((data_root / "jmle2026-bench" / "published.json").read_text("utf-8"))
    results = str(rescored(f"--key={key}", "--extraction=published") / "*.json")
    capsys.readouterr()
    assert main(["leaderboard", results, f"--exam-data={data_root}", "--format=json"]) == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    rows = {row["title"]: row for row in table["rows"]}
    assert table["unranked"] == []
    assert list(rows) == [name for name in published[key] if name in rows]
    assert len(rows) == 15
    for name, row in rows.items():
        total, text_only = row["total"], row["text_only"]
        told = (total["points"], total["correct"], text_only["points"], text_only["correct"])
        expected = published[key][name]
        assert dict(zip(FIGURES, told, strict=True)) == {one: expected[one] for one in FIGURES}
        assert (row["images"] == "vision") is expected["vision"]
        maxima = (total["max"], total["questions"], text_only["max"], text_only["questions"])
        assert maxima == tuple(published["max"].values())
        assert row["interval"][0] <= total["points"] <= row["interval"][1]
        assert row["ranks"][0] <= row["rank"] <= row["ranks"][1]
    assert [name for name, row in rows.items() if row["verdict"] != "pass"] == ["gpt-oss-20b (low)"]
    # The published leaderboard has an order of questions without figures as well.
    scores = {name: published[key][name]["text_only_score"] for name in rows}
    by_text = {row["title"]: row for row in table["text_only"]}
    assert sorted(by_text, key=lambda name: -scores[name]) == list(by_text)
    for name, row in by_text.items():
        assert (row["total"]["points"], row["total"]["max"]) == (
            scores[name],
            published["max"]["text_only_score"],
        )
        assert row["rank"] == 1 + sum(one > scores[name] for one in scores.values())
        assert row["rank"] == rows[name]["text_only_rank"]
        assert row["ranks"][0] <= row["rank"] <= row["ranks"][1]


def test_the_first_places_are_open(
    rescored: Callable[..., Path], data_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = str(rescored("--key=official", "--extraction=published") / "*.json")
    capsys.readouterr()
    assert main(["leaderboard", results, f"--exam-data={data_root}", "--format=json"]) == 0
    rows = json.loads(capsys.readouterr().out)["tables"][0]["rows"]
    # Gemini 3.1 Pro leads GPT-5.2 by seven points, which is noise (docs/pairs.md).
    assert (rows[0]["title"], rows[2]["title"]) == ("Gemini 3.1 Pro Preview", "GPT-5.2")
    assert rows[0]["ranks"][1] >= 3 >= rows[2]["ranks"][0] == 1
    assert rows[-1]["ranks"][0] > 10


@pytest.mark.long
def test_figures_are_the_same_with_and_without_the_exams_data(
    rescored: Callable[..., Path],
    data_root: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = sorted(rescored("--key=official", "--extraction=published").glob("*.json"))
    old = [forgetful(file, tmp_path) for file in files]
    capsys.readouterr()
    told = []
    # Files that keep nothing of their questions have to ask the exam; the others need not.
    for one, data in ((old, data_root), (files, data_root), (files, tmp_path)):
        assert main(["leaderboard", *map(str, one), f"--exam-data={data}"]) == 0
        options = ("--margin=15", "--allow-mismatch=images", f"--exam-data={data}")
        assert main(["compare", *map(str, one[:4]), *options]) == 0
        told.append(capsys.readouterr().out)
    assert len(set(told)) == 1
    assert "Serial groups unknown" not in told[0]


def forgetful(file: Path, folder: Path) -> Path:
    data = json.loads(file.read_text("utf-8"))
    del data["questions"]
    (folder / file.name).write_text(json.dumps(data), "utf-8")
    return folder / file.name


def without_session(results: dict[str, Any]) -> dict[str, Any]:
    origin = results["provenance"]
    return results | {"provenance": origin | {"run": None, "git": None}, "gates": None}
