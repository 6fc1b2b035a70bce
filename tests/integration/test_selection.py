from __future__ import annotations

import pytest

from tests.integration.conftest import MODES, Project


def collected(project: Project, *arguments: str) -> list[str]:
    result = project.sit("--run=scripted-intern", "--co", "-q", *arguments)
    assert result.ret == 0
    return [
        line.partition("[")[2].removesuffix("]")
        for line in result.outlines
        if line.startswith("tests_exam/test_exam.py::test_question[")
    ]


def test_one_test_per_question_in_the_exams_order(project: Project) -> None:
    ids = collected(project)
    assert len(ids) == 40
    assert ids[:2] == ["000A-1", "000A-2"]
    assert ids[-1] == "000F-6"


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("block_B", 8),
        ("required", 16),
        ("general", 24),
        ("image", 10),
        ("multi_select", 5),
        ("numeric", 2),
        ("serial", 3),
        ("required and image", None),
    ],
)
def test_markers_select(project: Project, expression: str, count: int | None) -> None:
    ids = collected(project, "-m", expression)
    assert ids
    assert count is None or len(ids) == count


def test_names_select_whatever_the_run_is_called(project: Project) -> None:
    run = project.path / "cassettes" / "sample"
    (run / "scripted-intern").rename(run / "gpt-000B")
    file = run / "gpt-000B" / "run.json"
    file.write_text(file.read_text().replace("scripted-intern", "gpt-000B"))
    result = project.sit("--run=gpt-000B", "--co", "-q", "-k", "000B")
    assert len([line for line in result.outlines if "::test_question[" in line]) == 8


@pytest.mark.parametrize("mode", MODES)
def test_a_partial_selection_has_no_verdict_and_leaves_the_full_result_alone(
    project: Project, mode: tuple[str, ...]
) -> None:
    project.sit("--run=scripted-resident", *mode)
    full = project.results("scripted-resident")
    result = project.sit("--run=scripted-resident", "-k", "000A", *mode)
    result.stdout.fnmatch_lines(["partial: 6 of 40 questions were asked; no verdict"])
    assert project.results("scripted-resident") == full
    partial = project.results("scripted-resident.partial")["sheet"]
    assert (partial["verdict"], partial["total"]["questions"]) == ("partial", 6)
    assert partial["sections"]["general"]["passed"] is None


@pytest.mark.parametrize("mode", MODES)
def test_a_partial_selection_exits_like_pytest(project: Project, mode: tuple[str, ...]) -> None:
    assert project.sit("--run=scripted-resident", "-k", "000A-1", *mode).ret == 0
    assert project.sit("--run=scripted-intern", "-k", "000A-2", *mode).ret == 1


def test_a_partial_selection_cannot_pass_a_gate_that_was_asked_for(project: Project) -> None:
    result = project.sit("--run=scripted-resident", "-k", "000A-1", "--gate=official")
    assert result.ret == 1
    assert "only 1 of 40 questions were asked" in result.stdout.str()


def test_last_failed_asks_the_wrong_ones_again(project: Project) -> None:
    # With the cache that `Project.run` does without.
    session = project.pytester.runpytest_subprocess
    session("--exam=sample", "--run=scripted-intern")
    wrong = [
        mark["question"]
        for mark in project.results("scripted-intern")["marks"]
        if mark["outcome"] != "correct"
    ]
    result = session("--exam=sample", "--run=scripted-intern", "--lf", "-v")
    assert f"{len(wrong)} wrong" in result.outlines[-1]


@pytest.mark.parametrize("mode", MODES)
def test_stopping_at_the_first_wrong_answer_gives_no_verdict(
    project: Project, mode: tuple[str, ...]
) -> None:
    result = project.sit("--run=scripted-intern", "-x", *mode)
    assert result.ret in (1, 2)
    assert project.results("scripted-intern.partial")["sheet"]["verdict"] == "partial"


@pytest.mark.parametrize(
    ("gate", "run", "status"),
    [
        ("official", "scripted-resident", 0),
        ("official", "scripted-intern", 1),
        ("all", "scripted-resident", 1),
        ("none", "scripted-intern", 0),
    ],
)
def test_gates(project: Project, gate: str, run: str, status: int) -> None:
    assert project.sit(f"--run={run}", f"--gate={gate}").ret == status


def test_collecting_only_makes_no_results(project: Project) -> None:
    result = project.sit("--run=scripted-intern", "--co", "-q")
    assert result.ret == 0
    assert not (project.path / "results").exists()
    assert "PASS" not in result.stdout.str()
