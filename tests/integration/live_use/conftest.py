"""Sessions that ask a scripted provider, as a user starts them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.prompt import load_prompt
from jmle_plugin.exam.model import Exam
from tests.builders import sample_exam
from tests.integration.conftest import Project
from tests.scripted.provider import Answer, Call, Provider, completion, provider

RUN = "some-model"
"""A name nobody knows, behind an address of one's own; also the name of its run."""


@dataclass
class Live:
    """A project and the provider that it asks, which knows which question it is asked."""

    project: Project
    exam: Exam
    answer: Callable[[str, int, Call], Answer]
    """(question, how often it was asked so far, call) -> answer; right answers by default."""
    provider: Provider = field(init=False)
    asked: list[str] = field(default_factory=list)
    """Questions in the order in which they arrived."""
    times: Counter[str] = field(default_factory=Counter)
    """How often each was asked."""

    def ask(self, *arguments: str, model: str = RUN) -> pytest.RunResult:
        """Sit the sample exam with the provider as the model's server."""
        return self.project.sit(f"--model={model}", f"--api-base={self.provider.base}", *arguments)

    def forget(self) -> None:
        """Begin anew what the provider saw."""
        self.asked.clear()
        self.times.clear()
        self.provider.calls.clear()

    def folder(self, run: str = RUN) -> Path:
        """Where the run's cassettes lie."""
        return self.project.path / "cassettes" / "sample" / run

    def recorded(self, run: str = RUN) -> set[str]:
        """Names of the run's cassettes."""
        return {file.stem for file in self.folder(run).glob("*.yaml")}

    def traces(self) -> set[str]:
        """What a session left in the project, below the folders of cassettes and results."""
        found = (self.project.path / "cassettes").rglob("*")
        new = (str(file.relative_to(self.project.path)) for file in found)
        left = {name for name in new if "scripted-" not in name}
        left |= {str(file) for file in (self.project.path / "results").rglob("*")}
        return left - {"cassettes/sample"}

    def marks(self, run: str = RUN) -> dict[str, dict[str, Any]]:
        """The marks of the results file by question; epochs after the first as `A-1-e2`."""
        return {
            mark["question"] + (f"-e{mark['epoch']}" if mark["epoch"] > 1 else ""): mark
            for mark in self.project.results(run)["marks"]
        }

    def right(self, question: str) -> str:
        """A reply with the right answer."""
        return f"【回答】{','.join(self.exam.key.entries[question].accepted[0])}"


WRONG = "わかりません。"
"""A reply that no question of the sample accepts."""


def answered(text: str, **usage: Any) -> Answer:
    """A completion with other token counts; None takes one away."""
    body = completion(text)
    body["usage"] = {k: v for k, v in (body["usage"] | usage).items() if v is not None}
    return Answer(body)


def describe(project: Project, served: Provider, models: Sequence[str]) -> None:
    """Write `runs.toml`: one run of each model, in two groups."""
    rows = [
        f'[[run]]\nmodel = "{name}"\napi_base = "{served.base}"\n'
        f'group = "{"medical" if n % 2 else "general"}"\n'
        for n, name in enumerate(models)
    ]
    (project.path / "runs.toml").write_text("\n".join(rows), "utf-8")


@pytest.fixture(scope="session")
def sample() -> Exam:
    return sample_exam()


@pytest.fixture(scope="session")
def texts(sample: Exam) -> dict[str, str]:
    """What a provider reads -> which question it is."""
    prompt = load_prompt()
    found = {}
    for question in sample.questions.values():
        message = prompt.messages(sample, question, images=False)[-1]
        found[message["content"]] = question.id
    assert len(found) == len(sample.questions)
    return found


@pytest.fixture
def live(
    _forked_gateways: None,
    project: Project,
    sample: Exam,
    texts: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Live]:
    """A project and its provider; no key of whoever runs the tests."""
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")

    made = Live(project, sample, lambda question, *_: answered(made.right(question)))

    def script(call: Call) -> Answer:
        content = call.body["messages"][-1]["content"]
        question = texts[content if isinstance(content, str) else content[0]["text"]]
        made.asked.append(question)
        made.times[question] += 1
        return made.answer(question, made.times[question], call)

    with provider(script) as made.provider:
        yield made
