from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.integration.conftest import MODES, Project

USAGE = 4


def errors(result: pytest.RunResult) -> str:
    return result.stderr.str() + result.stdout.str()


@pytest.mark.parametrize("mode", MODES)
def test_nobody_is_examined_unless_named(project: Project, mode: tuple[str, ...]) -> None:
    result = project.run(*mode)
    assert result.ret == USAGE
    assert "--model=NAME" in errors(result)
    assert "exam sample: scripted-attending, scripted-intern, scripted-resident" in errors(result)
    assert "exams without runs here: " in errors(result)


def test_other_tests_run_without_an_exam(project: Project) -> None:
    project.pytester.makepyfile(test_other="def test_other(): pass")
    assert project.run("test_other.py").ret == 0
    assert not (project.path / "results").exists()


def test_options_stand_in_one_group_with_environment_and_ini(project: Project) -> None:
    text = project.run("--help").stdout.str()
    group = text.partition("medical licensing examination:")[2].partition("\n\n")[0]
    for flag in ("--model", "--run", "--exam-data", "--key", "--extraction", "--gate"):
        assert flag in group
    assert "JMLE_DATA" in group


@pytest.mark.parametrize("mode", [MODES[0]])
@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["--exam=sampel", "--run=x"], ["unknown exam 'sampel'", "sample"]),
        (["--exam=sample", "--run=scripted-residnet"], ["unknown run", "scripted-resident"]),
        (["--exam=sample", "--model=gpt-5.2", "--offline"], ["unknown run", "jmle import"]),
        (["--exam=sample", "--run=scripted-intern", "--key=author"], ["unknown key state"]),
        (
            ["--exam=sample", "--model=scripted/intern", "--run=scripted-resident"],
            ["is a run of scripted/resident", "run.json"],
        ),
        (["--exam=sample", "--run=scripted-intern", "--prompt=none.toml"], ["none.toml"]),
        (["--exam=sample", "--run=scripted-intern", "--run=scripted-intern"], ["twice"]),
    ],
)
def test_mistakes_are_usage_errors_that_say_what_there_is(
    project: Project, mode: tuple[str, ...], arguments: list[str], messages: list[str]
) -> None:
    result = project.run(*arguments, *mode)
    assert result.ret == USAGE
    for message in messages:
        assert message in errors(result)
    assert "Traceback" not in errors(result)
    assert "INTERNALERROR" not in errors(result)


def test_missing_questions_say_both_ways_to_get_them(project: Project) -> None:
    result = project.run("--exam=jmle120", "--run=x", "--exam-data=nowhere")
    assert result.ret == USAGE
    assert "jmle fetch jmle120" in errors(result)
    assert "--exam-data" in errors(result)


def test_an_exam_can_be_given_by_path(project: Project) -> None:
    result = project.run(f"--exam={ROOT / 'data' / 'sample'}", "--run=scripted-resident")
    assert result.ret == 0


def test_settings_come_from_the_environment_and_the_ini_file(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JMLE_EXAM", "sample")
    project.pytester.makeini("[pytest]\ntestpaths = tests_exam\njmle_run = scripted-resident\n")
    assert project.run().ret == 0
