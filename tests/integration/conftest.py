"""Sessions as a user starts them: a project folder, a command line, an exit status."""

from __future__ import annotations

import gc
import json
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fontTools.subset
import pytest
import syrupy
import vcr
import xdist.dsession

import jmle_plugin.compare.verdict
import jmle_plugin.session.aggregator
import jmle_plugin.session.hooks
import jmle_plugin.session.live_hooks
from jmle_plugin.gateway import launch
from jmle_plugin.gateway.library import load_litellm
from tests.conftest import ROOT
from tests.integration import forked

LOADED = (
    fontTools.subset,
    vcr,
    xdist.dsession,
    jmle_plugin.compare.verdict,
    jmle_plugin.session.live_hooks,
    jmle_plugin.session.aggregator,
    jmle_plugin.session.hooks,
)
"""Modules of every sitting: pytester forgets what is loaded first in a session of its own."""

MODES = [
    pytest.param((), id="plain"),
    pytest.param(("-n0",), id="n0"),
    pytest.param(("-n2",), id="n2"),
]


BARE = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:randomly")
"""hypothesis would be imported at the end of every session, which is a fifth of its time."""


def timeless(results: dict[str, Any]) -> dict[str, Any]:
    """Results without what replies took when they were asked, which no two askings share."""
    untimed = {"seconds": None, "tokens_per_second": None}
    marks = [mark | untimed for mark in results["marks"]]
    return results | {"marks": marks, "sheet": results["sheet"] | {"latency": None}}


@dataclass
class Project:
    """A user's project with the exam test and the sample's recorded runs."""

    pytester: pytest.Pytester
    apart: bool = False
    """Whether sessions run in processes of their own: for what they load, change or leave there."""

    @property
    def path(self) -> Path:
        return self.pytester.path

    def sit(self, *arguments: str) -> pytest.RunResult:
        """Run pytest on the sample exam."""
        return self.run("--exam=sample", *arguments)

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest, by default in this process, which takes a third of the time.

        Workers, gateways and whatever is killed are processes of their own all the same.
        """
        if self.apart:
            return self.pytester.runpytest_subprocess(*BARE, *arguments)
        # syrupy notes what tests came to in one place for all sessions of a process.
        ours = syrupy._syrupy  # noqa: SLF001
        # What other tests left open would be collected in this session, and be an error there.
        gc.freeze()
        try:
            return self.pytester.runpytest_inprocess(*BARE, *arguments)
        finally:
            gc.unfreeze()
            syrupy._syrupy = ours  # noqa: SLF001

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


@pytest.fixture(scope="session")
def _litellm() -> None:
    """Loaded before `pytester` begins, which forgets what is loaded after it."""
    load_litellm()


@pytest.fixture
def _forked_gateways(_litellm: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions in this process start their gateways as copies of it."""
    monkeypatch.setattr(launch, "subprocess", forked)


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """What was started in the background ignores Ctrl-C, and so would everything it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    """A fresh project; the committed runs are copied, so that they may be damaged."""
    shutil.copytree(ROOT / "tests_exam", pytester.path / "tests_exam")
    shutil.copytree(ROOT / "cassettes" / "sample", pytester.path / "cassettes" / "sample")
    pytester.makeini(
        "[pytest]\ntestpaths = tests_exam\naddopts = --strict-markers\nfilterwarnings = error\n"
    )
    return Project(pytester)
