"""The exam beside other plugins of pytest: none changes what a reply is worth."""

from __future__ import annotations

from typing import Any

import pytest

from jmle_plugin.results.file import Results
from tests.integration.conftest import MODES, Project

RESIDENT = "--run=scripted-resident"
FEW = ("-k", "000A-1 or 000A-2 or 000A-3")
WAVERING = """
import pytest
from jmle_plugin.ask.reply import Reply

ASKED = []

class Pipeline:
    recorded = {recorded}

    def ask(self, request):
        ASKED.append(request.question)
        with open({calls!r}, "a") as calls:
            calls.write(request.question + "\\n")
        if ASKED.count(request.question) < {outages}:
            raise OSError("no GPU")
        letter = "abcde"[ASKED.count(request.question) % 5]
        return Reply(text="【回答】" + letter)

@pytest.fixture(scope="session")
def model_client():
    return Pipeline()
"""


def figures(project: Project, run: str = "scripted-resident") -> dict[str, Any]:
    """A results file without what differs between two sessions."""
    read = project.results(run)
    del read["provenance"]["run"]
    return read


@pytest.fixture
def sat(project: Project) -> dict[str, Any]:
    """What the recorded run comes to without any other plugin."""
    project.sit(RESIDENT)
    return figures(project)


@pytest.mark.parametrize("mode", MODES)
def test_wrong_answers_that_are_run_again_are_marked_once(
    project: Project, sat: dict[str, Any], mode: tuple[str, ...]
) -> None:
    pytest.importorskip("pytest_rerunfailures")
    result = project.sit(RESIDENT, "--reruns=2", *mode)
    assert result.ret == 0
    assert figures(project) == sat
    assert "8 rerun" in result.stdout.str()
    assert "twice" not in result.stdout.str()


@pytest.mark.parametrize("recorded", [True, False])
def test_the_first_answer_counts_however_often_the_test_is_run(
    project: Project, recorded: bool
) -> None:
    pytest.importorskip("pytest_rerunfailures")
    calls = project.path / "calls.txt"
    project.conftest(WAVERING.format(recorded=recorded, calls=str(calls), outages=0))
    project.sit("--model=my/pipeline", "--reruns=4", *FEW)
    marks = project.results("my-pipeline.partial")["marks"]
    assert {tuple(mark["answer"]) for mark in marks} <= {("b",), ()}
    assert "error" not in {mark["outcome"] for mark in marks}
    assert len(calls.read_text().splitlines()) == len(marks)


@pytest.mark.parametrize("mode", MODES)
def test_an_outage_may_be_run_again(project: Project, mode: tuple[str, ...]) -> None:
    pytest.importorskip("pytest_rerunfailures")
    calls = project.path / "calls.txt"
    project.conftest(WAVERING.format(recorded=True, calls=str(calls), outages=3))
    project.sit("--model=my/pipeline", "--reruns=4", *FEW, *mode)
    marks = project.results("my-pipeline.partial")["marks"]
    assert "error" not in {mark["outcome"] for mark in marks}
    assert len(calls.read_text().splitlines()) == 3 * len(marks)


@pytest.mark.parametrize("mode", MODES)
def test_groups_of_a_split_suite_are_partial_and_hold_each_question_once(
    project: Project, sat: dict[str, Any], mode: tuple[str, ...]
) -> None:
    pytest.importorskip("pytest_split")
    questions: list[str] = []
    for group in (1, 2):
        project.sit(RESIDENT, "--splits=2", f"--group={group}", *mode)
        read = project.results("scripted-resident.partial")
        assert read["sheet"]["verdict"] == "partial"
        questions += [mark["question"] for mark in read["marks"]]
    assert sorted(questions) == sorted(mark["question"] for mark in sat["marks"])
    assert figures(project) == sat


@pytest.mark.parametrize("mode", MODES)
def test_questions_in_a_random_order_come_to_the_same(
    project: Project, sat: dict[str, Any], mode: tuple[str, ...]
) -> None:
    pytest.importorskip("pytest_randomly")
    result = project.sit(RESIDENT, "-p", "randomly", *mode)
    assert "randomly-seed" in result.stdout.str()
    assert result.ret == 0
    assert figures(project) == sat


def test_workers_by_tx_come_to_the_same(project: Project, sat: dict[str, Any]) -> None:
    result = project.sit(RESIDENT, "--dist=load", "--tx=2*popen")
    assert result.ret == 0
    assert "2 workers" in result.stdout.str()
    assert figures(project) == sat


def test_replies_of_ones_own_client_are_recorded_by_workers_of_tx(project: Project) -> None:
    calls = project.path / "calls.txt"
    project.conftest(WAVERING.format(recorded=True, calls=str(calls), outages=0))
    project.sit("--model=my/pipeline", "--dist=load", "--tx=2*popen")
    first = Results.model_validate(project.results("my-pipeline"))
    assert first.sheet.errors == []
    project.sit("--run=my-pipeline", "--offline", "--dist=load", "--tx=2*popen")
    assert Results.model_validate(project.results("my-pipeline")).sheet == first.sheet
    assert len(calls.read_text().splitlines()) == 40
