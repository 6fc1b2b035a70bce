"""Reports of whole sessions: which files there are, and what JUnit's readers get."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import xmlschema

from tests.conftest import ROOT
from tests.integration.conftest import Project

SCHEMA = ROOT / "docs" / "junit.xsd"
TOLD = ["exam", "run", "question", "epoch", "outcome", "points", "max", "answer", "key", "cost"]
TROUBLE = """
import os, signal
import pytest
from jmle_plugin.ask.reply import Reply
from jmle_plugin.errors import NotAskedError

class Pipeline:
    def ask(self, request):
        if request.question == "000A-2":
            raise RuntimeError("no reply\\x1b[31m\\ud800")
        if request.question == "000A-3":
            raise NotAskedError("asking was stopped")
        if request.question == "000A-4" and "PYTEST_XDIST_WORKER" in os.environ:
            os.kill(os.getpid(), signal.SIGKILL)
        return Reply(text="【回答】a", cost=0.01)

@pytest.fixture(scope="session")
def model_client():
    return Pipeline()

@pytest.fixture(autouse=True)
def trouble(question):
    yield
    assert question.id != "000A-6", "the teardown failed"
"""


def properties(element: ET.Element) -> list[tuple[str, str]]:
    return [
        (one.attrib["name"], one.attrib["value"]) for one in element.findall("properties/property")
    ]


def read(file: Path) -> tuple[dict[str, str], dict[str, list[ET.Element]]]:
    """The suite's properties, and the cases by question; the file is valid."""
    xmlschema.XMLSchema(SCHEMA).validate(file)
    suite = ET.parse(file).getroot().find("testsuite")  # noqa: S314 - our own file
    assert suite is not None
    cases: dict[str, list[ET.Element]] = {}
    for case in suite.findall("testcase"):
        name = case.attrib["name"].partition("[")[2].removesuffix("]")
        cases.setdefault(name, []).append(case)
    return dict(properties(suite)), cases


@pytest.mark.parametrize("workers", ["0", "2"])
def test_junit_tells_every_question_and_the_totals(project: Project, workers: str) -> None:
    project.sit("--run=scripted-intern", "--junitxml=report.xml", "-n", workers)
    suite, cases = read(project.path / "report.xml")
    results = project.results("scripted-intern")
    total = results["sheet"]["total"]
    assert suite == {
        "exam": "sample",
        "run": "scripted-intern",
        "verdict": "fail",
        "points": str(total["points"]),
        "max": str(total["max"]),
        "correct": str(total["correct"]),
        "asked": "40",
        "questions": "40",
        "errors": "0",
        "cost": "unknown",
        "gate.official": "fail",
        "gate.official.sentence": results["gates"][0]["sentence"],
    }
    assert len(cases) == 40
    for mark in results["marks"]:
        (case,) = cases[mark["question"]]
        told = properties(case)
        assert [name for name, _ in told] == TOLD
        assert dict(told)["points"] == str(mark["points"])
        assert dict(told)["outcome"] == mark["outcome"]
        assert dict(told)["answer"] == ",".join(mark["answer"])
        assert (case.find("failure") is None) == (mark["outcome"] == "correct")


@pytest.mark.parametrize(("workers", "family"), [("0", "xunit1"), ("2", "xunit2")])
def test_junit_counts_no_trouble_as_a_pass(
    project: Project, workers: str, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # it is the session's, not ours
    project.conftest(TROUBLE)
    project.sit(
        "--model=my/pipeline", "--record-mode=once", "--junitxml=report.xml", "-n", workers,
        "-k", "000A", "-o", f"junit_family={family}",
    )  # fmt: skip
    suite, cases = read(project.path / "report.xml")
    results = project.results("my-pipeline.partial")
    errors = {"000A-2", "000A-3", "000A-6"} | ({"000A-4"} if workers == "2" else set())
    assert set(results["sheet"]["errors"]) == errors
    assert (suite["verdict"], suite["errors"]) == ("partial", str(len(errors)))
    for name in errors:
        told = [dict(properties(case)) for case in cases[name] if properties(case)]
        assert [(one["outcome"], one["points"]) for one in told] == [("error", "0")]
        tags = {child.tag for case in cases[name] for child in case}
        assert tags & {"error", "skipped"}
    (asked_for_nothing,) = cases["000A-3"]
    assert [child.tag for child in asked_for_nothing] == ["properties", "skipped"]
    assert dict(properties(cases["000A-1"][0]))["cost"] == "0.01"


def test_every_kind_of_report_and_the_jobs_summary(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = project.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    runs = ("--run=scripted-resident", "--run=scripted-intern")
    result = project.sit(*runs, "--report=html,markdown,csv")
    folder = project.path / "results" / "sample"
    assert {file.name for file in folder.iterdir()} == {
        f"{run}{suffix}"
        for run in ("scripted-resident", "scripted-intern")
        for suffix in (".json", ".html", ".md", ".csv")
    }
    assert f"Report: {folder / 'scripted-intern.html'}" in result.outlines
    sections = summary.read_text("utf-8")
    first, second, *_ = sections.lstrip().splitlines()
    assert first == "- ✅ gate official: sample scripted-resident passed"
    assert second.startswith("- ❌ gate official: sample scripted-intern failed")
    assert sections.index("✅ PASS") < sections.index("❌ FAIL")
    assert (folder / "scripted-intern.md").read_text("utf-8") in sections


def test_a_report_that_cannot_be_written_fails_the_session(project: Project) -> None:
    (project.path / "results" / "sample" / "scripted-resident.html").mkdir(parents=True)
    result = project.sit("--run=scripted-resident", "--report=html,csv")
    assert result.ret == 1
    assert project.results("scripted-resident")["sheet"]["verdict"] == "pass"
    assert (project.path / "results" / "sample" / "scripted-resident.csv").is_file()
    said = result.stdout.str()
    assert "a report could not be written: " in said
    assert "scripted-resident.html: cannot be written (Is a directory)" in said
    assert "?" not in said  # as a line break is shown where there must be none


@pytest.mark.parametrize("workers", ["0", "2"])
def test_verbosity_shows_replies_of_wrong_answers_alone(project: Project, workers: str) -> None:
    result = project.sit("--run=scripted-intern", "-v", "-k", "000A-1 or 000A-2", "-n", workers)
    lines = result.outlines
    start = lines.index("000A-2 (1 pt): answered b,c, key a,c")
    assert lines[start + 1].startswith("    | ")
    assert any(line.startswith("    | 【回答】") for line in lines[start:])
    assert "000A-1 (1 pt)" not in result.stdout.str()
    assert "\x1b" not in result.stdout.str()
    # The page is written unless something else is asked for, and holds the replies.
    page = project.path / "results" / "sample" / "scripted-intern.partial.html"
    reply = json.dumps("【回答】b,c", ensure_ascii=False).strip('"')
    assert reply in page.read_text("utf-8")


def test_colours_are_for_terminals(project: Project) -> None:
    coloured = project.sit("--run=scripted-intern", "-v", "-k", "000A-2", "--color=yes")
    assert "\x1b[33m000A-2 (1 pt): answered b,c, key a,c\x1b[0m" in coloured.stdout.str()


@pytest.mark.parametrize("silent", ["-q", "--tb=no"])
def test_wrong_answers_are_not_listed_where_nobody_wants_lists(
    project: Project, silent: str
) -> None:
    result = project.sit("--run=scripted-intern", "-k", "000A-2", silent)
    assert "answered b,c" not in result.stdout.str()
