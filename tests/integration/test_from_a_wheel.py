"""The journeys of a user who installed the suite, in a folder that has nothing of it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

from tests.conftest import JMLE, ROOT

SAMPLE = ("--exam=sample", "--model=scripted/resident")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel installs, in a folder of its own that is searched before the repository."""
    built, site = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = built.glob("*.whl")
    with ZipFile(wheel) as packed:
        packed.extractall(site)
    return site


class Folder:
    """An empty folder of a user, and the programs as they find the installed suite."""

    def __init__(self, path: Path, site: Path) -> None:
        self.path, self.site = path, site

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("-m", "pytest", "-p", "no:cacheprovider", *arguments)

    def jmle(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("-c", JMLE, *arguments)

    def results(self, run: str) -> dict[str, Any]:
        file = self.path / "results" / "sample" / f"{run}.json"
        return dict(json.loads(file.read_text(encoding="utf-8")))

    def files(self) -> set[str]:
        return {
            file.relative_to(self.path).as_posix()
            for file in self.path.rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=self.path, env={**os.environ, "PYTHONPATH": str(self.site)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, site: Path) -> Folder:
    return Folder(tmp_path, site)


@pytest.mark.parametrize("workers", [(), pytest.param(("-n2",), marks=pytest.mark.long)])
def test_the_first_minute(folder: Folder, workers: tuple[str, ...]) -> None:
    before = _content(folder.site)
    ran = folder.pytest("--pyargs", "jmle_plugin.tests_exam", *SAMPLE, *workers)
    assert ran.returncode == 0, ran.stdout
    assert "PASS 合格" in ran.stdout
    made = {f"results/sample/scripted-resident.{suffix}" for suffix in ("json", "html")}
    assert folder.files() == made
    assert _content(folder.site) == before
    for command in (["verify"], ["show"], ["report"]):
        done = folder.jmle(*command, "results/sample/scripted-resident.json")
        assert done.returncode == 0, done.stdout


def test_what_the_suite_carries_is_not_recorded_into(folder: Folder) -> None:
    ran = folder.pytest(
        "--pyargs", "jmle_plugin.tests_exam", "--exam=sample", "--run=scripted-resident",
        "--epochs=2", "--offline",
    )  # fmt: skip
    assert ran.returncode == 4, ran.stdout
    assert "scripted-resident" in ran.stdout


def test_a_session_without_an_exam_test_names_one_that_works(folder: Folder) -> None:
    ran = folder.pytest(*SAMPLE)
    assert ran.returncode == 4
    assert "no test of the exam was collected" in ran.stdout
    assert "--pyargs jmle_plugin.tests_exam" in ran.stdout
    assert folder.files() == set()


def test_a_project_of_ones_own(folder: Folder) -> None:
    (folder.path / "conftest.py").write_text("# mine\n", encoding="utf-8")
    (folder.path / ".gitignore").write_text("secret", encoding="utf-8")
    made = folder.jmle("init")
    assert made.returncode == 0, made.stdout
    assert "conftest.py: is there already" in made.stdout
    assert (folder.path / "conftest.py").read_text(encoding="utf-8") == "# mine\n"
    assert (folder.path / ".gitignore").read_text(encoding="utf-8").startswith("secret\n")
    assert folder.jmle("init").stdout.count("already") == 4
    ran = folder.pytest("tests_exam", *SAMPLE)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.long
def test_a_model_of_ones_own_is_recorded_replayed_and_verified(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder.jmle("init")
    conftest = folder.path / "conftest.py"
    lines = conftest.read_text(encoding="utf-8").splitlines()
    code = "\n".join(line.removeprefix("#").removeprefix(" ") if line.startswith("#") else line
                     for line in lines).replace("my_model(messages)", '"【回答】a"')  # fmt: skip
    conftest.write_text(code, "utf-8")
    ran = folder.pytest("tests_exam", "--exam=sample", "--model=my/pipeline", "--gate=none")
    assert ran.returncode == 0, ran.stdout
    results = folder.results("my-pipeline")
    assert {tuple(mark["answer"]) for mark in results["marks"]} - {()} == {("a",)}

    conftest.write_text("", "utf-8")  # a machine that has no such model
    (folder.path / "results/sample/my-pipeline.json").unlink()
    replay = ("--run=my-pipeline", "--offline", "--gate=none", "-n2")
    ran = folder.pytest("tests_exam", "--exam=sample", *replay)
    assert ran.returncode == 0, ran.stdout
    assert folder.results("my-pipeline")["marks"] == results["marks"]

    # A reviewer gets the file alone first, and asks for what the command names.
    review = Folder(tmp_path_factory.mktemp("review"), folder.site)
    shutil.copytree(folder.path / "results", review.path / "results")
    alone = review.jmle("verify", "my-pipeline")
    assert alone.returncode == 2
    assert "Ask the file's author for the folder cassettes/sample/my-pipeline" in alone.stdout
    shutil.copytree(folder.path / "cassettes/sample/my-pipeline", review.path / "sent/sample/run")
    (review.path / "sent/sample/run").rename(review.path / "sent/sample/my-pipeline")
    for named in ("my-pipeline", "results/sample/my-pipeline.json"):
        verified = review.jmle("verify", named, "--cassettes=sent")
        assert verified.returncode == 0, verified.stdout
        assert "made again: 40 marks" in verified.stdout
    assert review.jmle("verify", "sent/sample/my-pipeline").returncode == 0
    assert review.jmle("show", "sample/my-pipeline").returncode == 0


@pytest.mark.long
def test_a_repository_of_ones_own_gates_and_a_reviewer_verifies_what_the_gate_decided(
    folder: Folder,
) -> None:
    folder.jmle("init")
    workflow = yaml.safe_load((folder.path / ".github/workflows/exam.yml").read_text("utf-8"))
    (gate,) = (
        step["run"]
        for step in workflow["jobs"]["gate"]["steps"]
        if step.get("run", "").startswith("pytest")
    )
    sat = folder.pytest("tests_exam", "--exam=sample", "--run=scripted-resident", "--offline")
    assert sat.returncode == 0, sat.stdout
    command = gate.replace("jmle120", "sample").replace("old.json", "scripted-resident.json")
    for run, status in (("scripted-attending", 0), ("scripted-intern", 1)):
        ran = folder.pytest(*shlex.split(command.replace("--run=new", f"--run={run}"))[1:])
        assert ran.returncode == status, ran.stdout
        assert "gate significant: " in ran.stdout
        assert (folder.path / "exam.xml").exists()

    against = ("verify", "sample/scripted-intern", "--baseline=scripted-resident")
    verified = folder.jmle(*against)
    assert verified.returncode == 0, verified.stdout
    assert "the comparison with scripted-resident with its gate significant" in verified.stdout
    file = folder.path / "results/sample/scripted-intern.json"
    polished = file.read_text("utf-8").replace('"decision": "fail"', '"decision": "pass"')
    file.write_text(polished, "utf-8")
    found = folder.jmle(*against)
    assert found.returncode == 1
    assert "gate significant: pass" in found.stdout


def _content(site: Path) -> dict[str, bytes]:
    return {
        file.relative_to(site).as_posix(): file.read_bytes()
        for file in site.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
