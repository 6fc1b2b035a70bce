from __future__ import annotations

import json
import re
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.integration.conftest import MODES, Project


@pytest.mark.parametrize("mode", MODES)
def test_the_resident_passes(project: Project, mode: tuple[str, ...]) -> None:
    result = project.sit("--model=scripted/resident", "--offline", *mode)
    assert result.ret == 0
    assert project.results("scripted-resident")["sheet"]["verdict"] == "pass"


@pytest.mark.parametrize("mode", MODES)
def test_the_intern_fails_the_required_section_only(
    project: Project, mode: tuple[str, ...]
) -> None:
    result = project.sit("--model=scripted/intern", "--offline", *mode)
    sheet = project.results("scripted-intern")["sheet"]
    assert result.ret == 1
    assert sheet["verdict"] == "fail"
    assert [sheet["sections"][name]["passed"] for name in ("required", "general")] == [False, True]
    assert sheet["prohibited"]["passed"] is True


@pytest.mark.long
@pytest.mark.parametrize("many", ["4", pytest.param("16", marks=pytest.mark.slow)])
def test_the_same_cassettes_give_the_same_bytes_whatever_the_workers(
    project: Project, many: str
) -> None:
    sheets = []
    for workers in ("0", "2", many):
        project.sit("--run=scripted-intern", "-n", workers)
        results = project.results("scripted-intern")
        assert results["provenance"].pop("run")["workers"] == workers
        sheets.append(json.dumps(results))
    assert sheets[0] == sheets[1] == sheets[2]


@pytest.mark.parametrize("run", ["scripted-resident", "scripted-intern"])
def test_the_sheet_in_the_terminal(
    project: Project, run: str, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = project.sit(f"--run={run}").outlines
    start = next(i for i, line in enumerate(lines) if line.startswith("===") and run in line)
    text = "\n".join(lines[start:]).replace(str(project.path), "PROJECT")
    assert re.sub(r"=+ (.*) in [\d.]+s =+", r"== \1 in TIME ==", text) == snapshot


def test_quiet_gives_one_line(project: Project) -> None:
    lines = project.sit("--run=scripted-resident", "-q").outlines
    assert [line for line in lines if "sample" in line] == [
        line for line in lines if line.startswith("sample scripted-resident: PASS")
    ]


def test_scripted_replies_are_labelled_everywhere(project: Project) -> None:
    result = project.sit("--run=scripted-resident")
    label = "scripted/resident (scripted replies, not a model)"
    assert label in result.stdout.str()
    run = project.results("scripted-resident")["run"]
    assert (run["scripted"], run["title"]) == (True, label)
    quiet = project.sit("--run=scripted-resident", "-q")
    assert "scripted replies" in quiet.stdout.str()


@pytest.mark.parametrize("mode", MODES)
def test_several_runs_sit_side_by_side(project: Project, mode: tuple[str, ...]) -> None:
    result = project.sit("--run=scripted-resident", "--run=scripted-intern", "-v", *mode)
    assert "[scripted-intern-000A-1]" in result.stdout.str()
    assert project.results("scripted-resident")["sheet"]["verdict"] == "pass"
    assert project.results("scripted-intern")["sheet"]["verdict"] == "fail"
    assert result.ret == 1


def test_wrong_answers_are_neither_tracebacks_nor_failures_in_the_summary(
    project: Project,
) -> None:
    result = project.sit("--run=scripted-intern")
    text = result.stdout.str()
    assert "Traceback" not in text
    assert "FAILURES" not in text
    assert re.search(r"\d+ wrong", result.outlines[-1])


def test_provenance_says_what_the_figures_are_figures_of(project: Project) -> None:
    project.sit("--run=scripted-resident")
    origin: dict[str, Any] = project.results("scripted-resident")["provenance"]
    assert origin["exam"]["id"] == "sample"
    assert len(origin["exam"]["hash"]) == len(origin["prompt"]["sha256"]) == 64
    assert origin["key"]["state"] == "official"
    assert origin["requested_model"] == "scripted/resident"
    assert origin["returned_models"] == ["scripted/resident"]
    assert {"pytest", "vcrpy", "litellm", "jmle"} <= set(origin["packages"])


def test_marks_carry_no_text_of_the_reply(project: Project) -> None:
    project.sit("--run=scripted-resident")
    marks = project.results("scripted-resident")["marks"]
    assert len(marks) == 40
    assert all(len(answer) < 10 for mark in marks for answer in mark["answer"])
    assert all("text" not in mark and "reply" not in mark for mark in marks)
    assert all(mark["tokens"]["completion"] > 0 for mark in marks)
