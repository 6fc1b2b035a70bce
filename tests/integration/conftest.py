"""Sessions as a user starts them: a project folder, a command line, an exit status."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

MODES = [
    pytest.param((), id="plain"),
    pytest.param(("-n0",), id="n0"),
    pytest.param(("-n2",), id="n2"),
]


@dataclass
class Project:
    """A user's project with the exam test and the sample's recorded runs."""

    pytester: pytest.Pytester

    @property
    def path(self) -> Path:
        return self.pytester.path

    def sit(self, *arguments: str) -> pytest.RunResult:
        """Run pytest on the sample exam."""
        return self.run("--exam=sample", *arguments)

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest."""
        return self.pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    def results(self, run: str, exam: str = "sample") -> dict[str, Any]:
        """A results file."""
        file = self.path / "results" / exam / f"{run}.json"
        return dict(json.loads(file.read_text(encoding="utf-8")))

    def cassette(self, question: str, run: str = "scripted-resident") -> Path:
        """A recorded reply of the sample exam."""
        return self.path / "cassettes" / "sample" / run / f"{question}.yaml"

    def conftest(self, source: str) -> None:
        """The user's conftest."""
        self.pytester.makeconftest(source)


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """A fresh project; the committed runs are copied, so that they may be damaged."""
    shutil.copytree(ROOT / "tests_exam", pytester.path / "tests_exam")
    shutil.copytree(ROOT / "cassettes" / "sample", pytester.path / "cassettes" / "sample")
    pytester.makeini(
        "[pytest]\ntestpaths = tests_exam\naddopts = --strict-markers\nfilterwarnings = error\n"
    )
    return Project(pytester)
