"""Asking that was stopped on purpose: one line for the rest, and an incomplete sheet."""

from __future__ import annotations

import pytest

from tests.integration.conftest import MODES, Project

SIT = ("--model=my/pipeline", "--record-mode=once")
STOPPED_CLIENT = """
import pytest
from jmle_plugin.ask.reply import Reply
from jmle_plugin.errors import NotAskedError

class Pipeline:
    def ask(self, request):
        if request.question.startswith("000A"):
            return Reply(text="【回答】a")
        raise NotAskedError("the cap of $1.00 was reached")

@pytest.fixture(scope="session")
def model_client():
    return Pipeline()
"""
STOPPED_SESSION = """
import pytest
from jmle_plugin.ask.reply import Reply

class Pipeline:
    def ask(self, request):
        return Reply(text="【回答】a")

@pytest.fixture(scope="session")
def model_client():
    return Pipeline()

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    if "000B-1" in report.nodeid and report.when == "teardown":
        SESSIONS[0].shouldfail = "the cap was reached"
        controller = SESSIONS[0].config.pluginmanager.getplugin("jmle-session")
        if controller and REASON:
            controller.not_asked(REASON)

SESSIONS = []

def pytest_sessionstart(session):
    SESSIONS.append(session)
"""


@pytest.mark.parametrize("mode", MODES)
def test_questions_that_were_not_asked_are_errors_in_a_line(
    project: Project, mode: tuple[str, ...]
) -> None:
    project.conftest(STOPPED_CLIENT)
    result = project.sit(*SIT, "-rs", *mode)
    sheet = project.results("my-pipeline")["sheet"]
    assert result.ret == 1
    assert (sheet["verdict"], len(sheet["errors"])) == ("incomplete", 34)
    text = result.stdout.str()
    assert "ERRORS" not in text
    assert "34 skipped" in result.outlines[-1]
    assert text.count("the cap of $1.00 was reached") == 2
    result.stdout.fnmatch_lines(
        ["SKIPPED [[]34[]] tests_exam/test_exam.py:*: the cap of $1.00 was reached"]
    )
    result.stdout.fnmatch_lines(
        [
            "Errors (34): 000B-1..000B-8 000C-1..000C-6 000D-1..000D-6 000E-1..000E-8",
            "             000F-1..000F-6",
            "Without a reply (34): the cap of $1.00 was reached",
            "*34 questions have no reply (first: 000B-1)",
        ]
    )
    errors = [mark for mark in project.results("my-pipeline")["marks"] if mark["error"]]
    assert {mark["error"] for mark in errors} == {"the cap of $1.00 was reached"}


@pytest.mark.parametrize("mode", MODES)
def test_a_session_that_ends_for_a_reason_leaves_an_incomplete_sheet(
    project: Project, mode: tuple[str, ...]
) -> None:
    project.conftest(f"REASON = 'asking was stopped'\n{STOPPED_SESSION}")
    result = project.sit(*SIT, *mode)
    results = project.results("my-pipeline")
    left = [mark for mark in results["marks"] if mark["error"] == "asking was stopped"]
    assert result.ret != 0
    assert (results["sheet"]["verdict"], results["sheet"]["asked"]) == ("incomplete", 40)
    assert results["sheet"]["errors"] == [mark["question"] for mark in left]
    assert 0 < len(left) < 40


def test_a_session_that_just_ends_leaves_a_partial_sheet(project: Project) -> None:
    project.conftest(f"REASON = ''\n{STOPPED_SESSION}")
    project.sit(*SIT)
    sheet = project.results("my-pipeline.partial")["sheet"]
    assert (sheet["verdict"], sheet["asked"], sheet["errors"]) == ("partial", 7, [])
