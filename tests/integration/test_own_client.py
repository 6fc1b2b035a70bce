"""A model of one's own: its replies are recorded, resumed, replayed and verified like any other."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.cli import main
from tests.integration.conftest import MODES, Project

RUN = "my-pipeline"
SOME = ("-k", "000A-1 or 000A-2 or 000A-3 or 000B-1")
CLIENT = """
import os, pytest
from jmle_plugin.ask.reply import Reply, Usage

class Pipeline:
    version = "1"

    def ask(self, request):
        with open({calls!r}, "a") as calls:
            calls.write(f"{{request.question}} {{request.epoch}}\\n")
        {before}
        return Reply(
            text=f"考えた。{{request.question}}\\n【回答】a", reasoning="hm", model="mine-1",
            finish_reason="stop", usage=Usage(prompt=10, completion=0), cost=0.5,
        )

@pytest.fixture(scope="session")
def model_client():
    {setup}
    return Pipeline()
"""
BARE_CLIENT = """
import pytest
from jmle_plugin.ask.reply import Reply

class Pipeline:
    def ask(self, request):
        return Reply(text="【回答】a")

@pytest.fixture(scope="session")
def model_client():
    return Pipeline()
"""


class Own:
    """A project with a client of its own, which notes what it is asked."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.calls = project.path / "calls.txt"

    def client(self, before: str = "pass", setup: str = "pass", **changed: str) -> None:
        source = CLIENT.format(calls=str(self.calls), before=before, setup=setup)
        for old, new in changed.items():
            source = source.replace(old, new)
        self.project.conftest(source)

    def sit(self, *arguments: str) -> pytest.RunResult:
        return self.project.sit("--model=my/pipeline", *arguments)

    def asked(self) -> Counter[str]:
        """What was asked since the last time, and how often."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return Counter(lines)

    @property
    def folder(self) -> Path:
        return self.project.path / "cassettes" / "sample" / RUN

    @property
    def recorded(self) -> set[str]:
        return {file.stem for file in self.folder.glob("*.yaml")}

    def partial(self) -> dict[str, Any]:
        """The results of a session that asked some questions."""
        return self.project.results(f"{RUN}.partial")


@pytest.fixture
def own(project: Project) -> Own:
    made = Own(project)
    made.client()
    return made


@pytest.mark.parametrize("mode", MODES)
def test_replies_are_recorded_once_and_replayed_without_the_client(
    own: Own, mode: tuple[str, ...]
) -> None:
    own.sit(*mode)
    first = own.project.results(RUN)
    assert len(own.recorded) == 40
    assert set(own.asked().values()) == {1}
    assert first["provenance"]["client"] == {"name": "Pipeline", "version": "1"}

    own.sit(*mode)
    assert own.asked() == Counter()

    own.client(setup="raise OSError('no such model on this machine')")
    replayed = own.project.sit(f"--run={RUN}", "--offline", *mode)
    again = own.project.results(RUN)
    assert (again["sheet"], again["marks"]) == (first["sheet"], first["marks"])
    assert again["sheet"]["errors"] == []
    assert "model_client of one's own: Pipeline, version 1" in replayed.stdout.str()
    page = own.project.path / "results" / "sample" / f"{RUN}.html"
    assert "考えた。000A-1" in page.read_text(encoding="utf-8")
    assert main(["verify", str(page.with_suffix(".json"))]) == 0


def test_a_reply_is_recorded_with_its_figures_and_without_those_it_has_not(own: Own) -> None:
    own.sit(*SOME)
    (mark, *_) = own.partial()["marks"]
    assert (mark["cost"], mark["tokens"]["prompt"], mark["tokens"]["completion"]) == (0.5, 10, 0)
    assert mark["tokens"].get("reasoning") is None
    shutil.rmtree(own.folder)
    own.project.conftest(BARE_CLIENT)
    own.sit(*SOME)
    (mark, *_) = own.partial()["marks"]
    assert mark.get("cost") is None
    assert mark.get("tokens") is None


@pytest.mark.parametrize(
    ("fault", "mode"),
    [
        *(("raise OSError('no GPU')", *mode.values) for mode in MODES),
        ("return None", ()),
        ("return '【回答】a'", ()),
    ],
)
def test_what_gave_no_reply_is_an_error_that_is_asked_again(
    own: Own, fault: str, mode: tuple[str, ...]
) -> None:
    own.client(before=f"if request.question == '000B-1': {fault}")
    own.sit(*SOME, *mode)
    first = own.asked()
    marks = {mark["question"]: mark for mark in own.partial()["marks"]}
    assert marks["000B-1"]["outcome"] == "error"
    assert own.recorded == set(marks) - {"000B-1"}

    own.client()
    own.sit(*SOME, *mode)
    assert own.asked() == Counter({"000B-1 1": 1})
    assert set(first.values()) == {1}
    assert own.recorded == set(marks)


def test_what_was_recorded_before_an_interruption_is_not_asked_again(own: Own) -> None:
    own.client(before="if request.question == '000A-3': raise KeyboardInterrupt")
    own.project.apart = True
    own.sit()
    first = own.asked()
    assert own.recorded == {line.partition(" ")[0] for line in first} - {"000A-3"}
    own.client()
    own.sit()
    assert set((first + own.asked()).values()) <= {1, 2}
    assert len(own.recorded) == 40


@pytest.mark.parametrize(
    ("changed", "mode"),
    [
        *(({'version = "1"': 'version = "2"'}, *mode.values) for mode in MODES),
        ({"Pipeline": "Conveyor"}, ()),
    ],
)
def test_another_client_neither_goes_on_with_a_run_nor_answers_from_it(
    own: Own, changed: dict[str, str], mode: tuple[str, ...]
) -> None:
    own.sit("-k", "000A-1")
    own.asked()
    own.client(**changed)
    result = own.sit(*SOME, *mode)
    assert own.asked() == Counter()
    marks = own.partial()["marks"]
    assert {mark["outcome"] for mark in marks} == {"error"}
    assert "was recorded with Pipeline, version 1 as its model_client" in result.stdout.str()


@pytest.mark.parametrize("mode", MODES)
def test_a_client_may_say_that_it_is_not_recorded(own: Own, mode: tuple[str, ...]) -> None:
    own.client(**{'version = "1"': "recorded = False"})
    own.sit(*SOME, *mode)
    assert not own.folder.exists()
    assert own.asked().total() == len(own.partial()["marks"])


def test_a_cassette_answers_in_its_own_run_alone(own: Own) -> None:
    own.sit(*SOME)
    own.sit("--run=other", "-k", "000A-1")
    shutil.copy(own.folder / "000A-2.yaml", own.folder.with_name("other") / "000A-2.yaml")
    own.asked()
    result = own.sit("--run=other", "-k", "000A-2")
    assert own.asked() == Counter()
    assert "is not of run other" in result.stdout.str()


def test_a_run_of_a_client_is_asked_of_nobody_else(own: Own) -> None:
    own.sit(*SOME)
    (own.project.path / "conftest.py").unlink()
    (own.folder / "000A-1.yaml").unlink()
    result = own.sit(*SOME)
    assert own.partial()["sheet"]["errors"] == ["000A-1"]
    assert "no recorded reply to question 000A-1" in result.stdout.str()


@pytest.mark.parametrize("mode", MODES)
def test_epochs_have_a_reply_each_and_more_may_join(own: Own, mode: tuple[str, ...]) -> None:
    own.sit("-k", "000A-1", *mode)
    first = own.asked()
    own.sit("-k", "000A-1", "--epochs=2", *mode)
    assert all(line.endswith(" 1") for line in first)
    assert own.asked() == Counter({line[:-1] + "2": 1 for line in first})
    run = json.loads((own.folder / "run.json").read_bytes())
    assert (run["epochs"], run["client"]) == (2, {"name": "Pipeline", "version": "1"})


@pytest.mark.parametrize("mode", MODES)
def test_two_tests_of_a_question_hear_one_reply(own: Own, mode: tuple[str, ...]) -> None:
    (own.project.path / "tests_exam" / "test_more.py").write_text(
        "import pytest\n\n@pytest.mark.vcr\ndef test_length(reply):\n    assert reply.text\n"
    )
    own.client(**{"考えた。{request.question}": "{os.getpid()} {os.urandom(8).hex()}"})
    own.sit(*SOME, *mode)
    told = {m["question"]: m for m in own.partial()["marks"]}
    file = own.project.path / "results" / "sample" / f"{RUN}.partial.json"
    assert told
    assert main(["verify", str(file)]) == 0


@pytest.mark.parametrize("mode", MODES)
def test_more_epochs_than_there_are_never_replace_good_results(
    own: Own, mode: tuple[str, ...]
) -> None:
    own.sit()
    (own.project.path / "conftest.py").unlink()
    own.project.sit("--run=scripted-resident")
    for run in (RUN, "scripted-resident"):
        file = own.project.path / "results" / "sample" / f"{run}.json"
        good = file.read_bytes()
        refused = own.project.sit(f"--run={run}", "--epochs=2", *mode)
        assert refused.ret == pytest.ExitCode.USAGE_ERROR
        assert "has 1 epoch" in refused.stderr.str()
        assert file.read_bytes() == good
