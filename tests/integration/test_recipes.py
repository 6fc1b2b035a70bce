"""The recipes of docs/architecture.md, followed to the letter on a copy of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import JMLE, ROOT

STEP = re.compile(
    r"^`(?P<file>[\w./]+)`, (?:a new file|behind `(?P<line>[^`\n]+)`):\n\n"
    r"```(?:python|toml|csv|text)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
STEPS = list(STEP.finditer((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")))
CANDIDATE = """
import pytest
from jmle_plugin.ask.reply import Reply

class Candidate:
    def ask(self, request):
        asked = str(request.body["messages"][-1]["content"])
        assert "○か×を次の形式で" in asked
        return Reply(text="考えた。\\n【回答】" + ("×。" if "奇数" in asked else "○"))

@pytest.fixture(scope="session")
def model_client():
    return Candidate()
"""


@pytest.fixture
def followed(tmp_path: Path) -> Path:
    """A folder with a copy of the package and of the exam test, in which every step was made."""
    left_out = shutil.ignore_patterns("__pycache__")
    for name in ("jmle_plugin", "tests_exam"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=left_out)
    for step in STEPS:
        file, text = tmp_path / step["file"], step["text"]
        if line := step["line"]:
            present = file.read_text(encoding="utf-8")
            assert present.count(f"{line}\n") == 1, (file, line)
            text = present.replace(f"{line}\n", f"{line}\n{text}")
        else:
            assert not file.exists()
            file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CANDIDATE, encoding="utf-8")
    return tmp_path


def ran(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


def test_a_kind_a_source_and_an_exam_are_added_as_the_document_says(followed: Path) -> None:
    touched = {step["file"] for step in STEPS}
    assert {name.partition("/")[0] for name in touched} == {"jmle_plugin", "data"}
    checked = ran(followed, "-c", JMLE, "check", "drill")
    assert checked.returncode == 0, checked.stdout
    assert "drill: 3 questions, 3 points, 0 images, key states official: no problems" in (
        checked.stdout
    )
    sat = ran(
        followed, "-m", "pytest", "-p", "no:cacheprovider", "--exam=drill", "--model=my/candidate",
        "--junitxml=junit.xml",
    )  # fmt: skip
    assert sat.returncode == 0, sat.stdout
    assert "true or false" in sat.stdout
    results = json.loads((followed / "results/drill/my-candidate.json").read_bytes())
    assert results["sheet"]["verdict"] == "pass"
    assert [(one["answer"], one["outcome"], one["how"]) for one in results["marks"]] == [
        (["○"], "correct", "exact"), (["×"], "correct", "tolerant"), (["○"], "incorrect", "exact"),
    ]  # fmt: skip
    for command in (["verify"], ["show"], ["report"], ["leaderboard"]):
        done = ran(followed, "-c", JMLE, *command, "results/drill/my-candidate.json")
        assert done.returncode == 0, done.stdout


def test_a_table_that_is_none_is_refused_with_its_place(followed: Path) -> None:
    table = followed / "data/drill/table.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("key", "answer"), encoding="utf-8")
    checked = ran(followed, "-c", JMLE, "check", "drill")
    assert checked.returncode != 0
    assert "table.csv" in checked.stdout
    assert "is no table of statements" in checked.stdout
