"""Whole sessions that ask a scripted provider: what it is asked, what it answers."""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.prompt import load_prompt
from jmle_plugin.exam.model import Exam
from tests.builders import journalled, sample_exam
from tests.conftest import ROOT
from tests.integration.conftest import BARE, Project, timeless
from tests.scripted.candidates import MISTAKES, RESIDENT, candidate
from tests.scripted.provider import Answer, Call, Provider, Script, completion

MODEL = "some-model"


class Paper:
    """The sample exam as a provider sees it."""

    def __init__(self, exam: Exam) -> None:
        prompt = load_prompt()
        self.questions = list(exam.questions)
        self.figures = {name: one.images for name, one in exam.questions.items()}
        self._resident = candidate(exam, RESIDENT)
        self._named = {
            prompt.messages(exam, question, images=False)[-1]["content"]: name
            for name, question in exam.questions.items()
        }

    def question(self, call: Call) -> str:
        """Which question a call asks, whatever the provider's dialect."""
        (name,) = {self._named[text] for text in _texts(call.body) if text in self._named}
        return name

    def text(self, name: str) -> str:
        """A passing candidate's reply."""
        made = self._resident(name, 1, {"messages": []})
        return str(made["choices"][0]["message"]["content"])

    def mistaken(self, name: str) -> bool:
        """Whether the candidate itself gives another answer than the right one."""
        return name in MISTAKES[RESIDENT]

    def script(
        self, first: Mapping[str, Sequence[Answer]] | None = None, *, delay: float = 0.0
    ) -> Script:
        """Answers every question, after `first` what is said there to its first calls."""
        asked: Counter[str] = Counter()
        lock = threading.Lock()

        def answer(call: Call) -> Answer:
            name = self.question(call)
            with lock:
                asked[name] += 1
                before = asked[name] - 1
            special = (first or {}).get(name, ())
            if before < len(special):
                return special[before]
            return Answer(completion(self.text(name)), delay=delay)

        return answer

    def asked(self, served: Provider) -> Counter[str]:
        """How often each question was asked."""
        return Counter(self.question(call) for call in served.calls)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


@dataclass
class Room:
    """A project in which nothing is recorded yet, and the exam to sit there."""

    project: Project
    paper: Paper
    model: str = MODEL
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where the run's replies are kept."""
        return self.project.path / "cassettes" / "sample" / self.model.replace("/", "-")

    @property
    def recorded(self) -> set[str]:
        """Questions with a cassette."""
        return {file.stem for file in self.folder.glob("*.yaml")}

    def kept(self) -> set[str]:
        """Questions whose reply is on disk, in the journal or as a cassette."""
        return self.recorded | set(journalled(self.folder / ".journal"))

    def sent(self, served: Provider, until: float = math.inf) -> set[str]:
        """Questions whose reply had gone out whole at that time (`time.monotonic`)."""
        return {self.paper.question(call) for at, call in served.sent if at <= until}

    def sit(self, served: Provider, *arguments: str) -> pytest.RunResult:
        """A session from its beginning to its end."""
        return self.project.sit(*self._asking(served), *arguments)

    def begin(self, served: Provider, *arguments: str) -> subprocess.Popen[bytes]:
        """A session under way, in a process group and session of its own."""
        command = [sys.executable, "-m", "pytest", *BARE, "--exam=sample"]
        with (self.project.path / "output").open("wb") as output:
            process = subprocess.Popen(
                [*command, *self._asking(served), *arguments],
                cwd=self.project.path,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                start_new_session=True,
            )
        self._started.append(process)
        return process

    @property
    def output(self) -> str:
        """What the session last begun has printed."""
        return (self.project.path / "output").read_text("utf-8")

    def results(self, name: str = "") -> dict[str, Any]:
        """The run's results, without what differs between two sessions."""
        read = self.project.results(name or self.folder.name)
        del read["provenance"]["run"]
        read["provenance"].pop("sight", None)  # a word drawn at random
        return timeless(read)

    def end(self) -> None:
        """Nothing that a test began outlives it: the gateways neither."""
        for process in self._started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _asking(self, served: Provider) -> tuple[str, ...]:
        return (f"--model={self.model}", f"--api-base={served.base}")


@pytest.fixture(scope="session")
def paper() -> Paper:
    return Paper(sample_exam())


@pytest.fixture
def room(
    _forked_gateways: None,
    _interruptible: None,
    project: Project,
    paper: Paper,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Room]:
    shutil.rmtree(project.path / "cassettes")
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    made = Room(project, paper)
    yield made
    made.end()
