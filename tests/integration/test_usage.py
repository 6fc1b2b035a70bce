from __future__ import annotations

import os
import re
from difflib import ndiff

import pytest

from jmle_plugin.session.option_table import OPTIONS
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


def test_options_stand_in_two_groups_with_environment_and_ini(project: Project) -> None:
    text = project.run("--help").stdout.str()
    everyday, expert = (
        text.partition(f"{title}:\n")[2].partition("\n\n")[0]
        for title in ("medical licensing examination", "medical licensing examination, for experts")
    )
    for option in OPTIONS:
        shown = re.compile(rf"^  {option.flag}(?:[ =]|$)", re.MULTILINE)
        assert bool(shown.search(everyday)) is option.everyday, option.flag
        assert bool(shown.search(expert)) is not option.everyday, option.flag
    assert "JMLE_MODEL" in everyday
    assert "JMLE_DATA" in expert


def test_help_differs_in_nothing_but_these_groups_and_the_ini_keys(project: Project) -> None:
    project.pytester.makeini("[pytest]\n")
    project.conftest("")
    project.apart = True
    with_it, without = (
        project.run(*plugin, "--help").stdout.lines for plugin in ((), ("-p", "no:jmle"))
    )
    added = [line for line in ndiff(without, with_it) if line.startswith(("+ ", "- "))]
    assert not [line for line in added if line.startswith("- ")]
    titles = [line for line in added if line.endswith(":") and not line.startswith("+  ")]
    assert titles == [
        "+ medical licensing examination:",
        "+ medical licensing examination, for experts:",
    ]


OWN_MODEL = """
def pytest_addoption(parser):
    parser.addoption("--model", help="the model of this project")
"""


def test_a_conftest_with_an_option_of_the_same_name_is_named_with_the_remedy(
    project: Project,
) -> None:
    project.conftest(OWN_MODEL)
    project.pytester.makepyfile(
        test_other="def test_other(pytestconfig): assert pytestconfig.getoption('--model') == 'x'"
    )
    result = project.run("test_other.py", "--model=x")
    assert result.ret == USAGE
    said = errors(result)
    assert str(project.path / "conftest.py") in said
    assert "both have the option --model" in said
    assert "-p no:jmle" in said
    assert "Traceback" not in said
    assert project.run("test_other.py", "--model=x", "-p", "no:jmle").ret == 0


def test_a_plugin_that_had_the_option_first_is_spoken_of_too(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.path / "own_plugin.py").write_text(OWN_MODEL, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(project.path), prepend=os.pathsep)
    project.apart = True
    result = project.run("-p", "own_plugin")
    assert result.ret == USAGE
    assert "both have the option --model" in errors(result)
    assert "Traceback" not in errors(result)


def test_other_conflicts_of_options_stay_pytests(project: Project) -> None:
    project.conftest(OWN_MODEL.replace("--model", "--verbose"))
    result = project.run("test_other.py")
    assert "no:jmle" not in errors(result)


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
