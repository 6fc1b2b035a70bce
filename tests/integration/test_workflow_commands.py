"""In a job of GitHub Actions, nothing foreign that is printed is a command."""

from __future__ import annotations

import json

import pytest

from jmle_plugin.cli import main
from tests.integration.conftest import Project
from tests.unit.test_text import commands

HOSTILE = f"::error::{'x' * 60} ::warning::\n  ::add-mask::a\n##[error]x ##[group]\r::notice::x"
CONFTEST = f"""
import pytest
from jmle_plugin.gateway.reply import Reply

TEXT = {HOSTILE!r}


class Hostile:
    def ask(self, request):
        if request.question.endswith("2"):
            raise RuntimeError(TEXT)
        return Reply(text=f"【回答】{{TEXT}}", model=TEXT, finish_reason=TEXT)


@pytest.fixture
def model_client():
    return Hostile()
"""


@pytest.mark.parametrize("workers", ["0", pytest.param("2", marks=pytest.mark.slow)])
def test_foreign_text_in_a_jobs_log_is_no_command(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    workers: str,
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    project.conftest(CONFTEST)
    project.apart = True
    asked = ("--model=::error::", "--run=hostile", "-k", "000A")
    result = project.sit(*asked, "-vv", "-rA", "-n", workers)
    printed = result.stdout.str() + result.stderr.str()
    assert "## [group]" in printed
    assert commands(printed) == []
    assert "##[group]" in json.dumps(project.results("hostile.partial")), "it is kept as it is"
    file = "results/sample/hostile.partial.json"
    for command in (["show", file], ["leaderboard", file, "--format=json"], ["verify", file]):
        main(command)
    main(["show", "::error::"])
    shown = capsys.readouterr()
    assert commands(shown.out + shown.err) == []


def test_a_refusal_to_begin_is_no_command(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    project.apart = True
    result = project.sit("--run=##[error]x")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "## [error]x" in result.stderr.str()
    assert commands(result.stderr.str()) == []
