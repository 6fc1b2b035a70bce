"""`jmle import`, and what it says next: the command that replays the run works where it stands."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from jmle_plugin.cli import main
from tests.conftest import ROOT

REPLIES = {"000A-1": "【回答】a", "000A-2": "【回答】b"}


@pytest.fixture
def imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """The command that an import of two replies to the sample exam prints, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    content = {
        "metadata": {"model": "made/up", "image_mode": "vision"},
        "results": [{"question_id": name, "raw_response": one} for name, one in REPLIES.items()],
    }
    Path("made-up.json").write_text(json.dumps(content), encoding="utf-8")
    assert main(["import", "made-up.json", "--exam=sample"]) == 0
    (command,) = (
        line.partition("replay: ")[2]
        for line in capsys.readouterr().out.splitlines()
        if "replay: " in line
    )
    return shlex.split(command)


def test_the_command_that_an_import_prints_replays_the_run_in_that_folder(
    imported: list[str], tmp_path: Path
) -> None:
    program, *arguments = imported
    assert program == "pytest"
    assert not (tmp_path / "tests_exam").exists()
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "-q"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads((tmp_path / "results/sample/made-up.json").read_bytes())
    replied = {one["question"]: one["answer"] for one in results["marks"] if not one["error"]}
    assert replied == {"000A-1": ["a"], "000A-2": ["b"]}, ran.stdout
    assert results["sheet"]["verdict"] == "incomplete"


def test_an_exam_test_of_the_folders_own_is_the_one_that_replays(
    imported: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert str(ROOT / "tests_exam") in imported
    (tmp_path / "tests_exam").mkdir()
    assert main(["import", "made-up.json", "--exam=sample", "--run=again"]) == 0
    assert "replay: pytest --exam=sample --run=again --offline" in capsys.readouterr().out
