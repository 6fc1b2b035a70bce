"""An exam in which a wrong answer costs points: sat, read, and compared with nothing."""

from __future__ import annotations

import pytest

from jmle_plugin.cli import main
from tests.integration.conftest import MODES, Project
from tests.packs import write_rules

MIR = {
    "blocks": [{"id": "A", "section": "general", "questions": 4, "points": 3, "wrong": -1}],
    "key": {"title": "the key", "criteria": {"general": {"threshold": 3, "max": 12}}},
}
CANDIDATE = """
import pytest
from jmle_plugin.ask.reply import Reply


class Candidate:
    def ask(self, request):
        asked = request.body["messages"][-1]["content"]
        return Reply(text="".join(
            reply for number, reply in {replies!r}.items() if f"question {{number}}?" in asked
        ))


@pytest.fixture(scope="session")
def model_client():
    return Candidate()
"""


def take(project: Project, replies: str, run: str, *arguments: str) -> pytest.RunResult:
    """Sit with one letter for each question; `-` is no answer."""
    answers = {n: f"【回答】{one}" if one != "-" else "" for n, one in enumerate(replies, 1)}
    project.conftest(CANDIDATE.format(replies=answers))
    return project.run("--exam=mir", "--model=some/model", f"--run={run}", *arguments)


@pytest.fixture
def mir(project: Project) -> Project:
    """A project with an exam of four questions, 3 points each, whose answer is a."""
    questions = [
        {
            "id": f"A-{number}",
            "block": "A",
            "number": number,
            "text": f"This is question {number}?",
            "options": {"a": "one", "b": "two", "c": "three", "d": "four"},
            "answer": ["a"],
        }
        for number in range(1, 5)
    ]
    write_rules(project.path / "data", "mir", MIR, questions)
    return project


@pytest.mark.parametrize("mode", MODES)
def test_a_wrong_answer_costs_and_no_answer_costs_nothing(
    mir: Project, mode: tuple[str, ...]
) -> None:
    result = take(mir, "aab-", "first", *mode)
    assert result.ret == 0
    text = result.stdout.str()
    assert "A wrong answer costs points: -1 in block A; no answer costs none." in text
    sheet = mir.results("first", "mir")["sheet"]
    assert (sheet["verdict"], sheet["total"]["points"], sheet["total"]["max"]) == ("pass", 5, 12)
    marks = mir.results("first", "mir")["marks"]
    assert [(mark["points"], mark["min"]) for mark in marks] == [
        (3, -1),
        (3, -1),
        (-1, -1),
        (0, -1),
    ]


def test_a_sum_below_nothing_is_a_result_like_any_other(
    mir: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert take(mir, "bbb-", "low").ret == 1
    assert take(mir, "aaaa", "high").ret == 0
    assert mir.results("low", "mir")["sheet"]["total"]["points"] == -3
    monkeypatch.chdir(mir.path)
    low = "results/mir/low.json"
    for command in (["show", low], ["report", "low"], ["leaderboard", low, "high"]):
        assert main(command) == 0
    shown = capsys.readouterr().out
    assert "-3/12" in shown
    assert main(["compare", "low", "high"]) == 1
    assert "wrong answers cost points in this exam" in capsys.readouterr().err


def test_a_gate_on_such_an_exam_is_refused_before_anything_is_asked(mir: Project) -> None:
    assert take(mir, "aaaa", "first").ret == 0
    refused = take(mir, "aaaa", "second", "--baseline=first", "--baseline-gate=significant")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    assert "wrong answers cost points in this exam" in refused.stderr.str()
    assert not (mir.path / "results" / "mir" / "second.json").exists()


@pytest.mark.parametrize(
    "rule", ["Score(-1, 1)", "Score(2, 1)", "Score(0, 1) if outcome == 'correct' else Score(0, 0)"]
)
def test_a_rule_that_gives_points_no_mark_may_have_makes_no_result_that_passes(
    mir: Project, rule: str
) -> None:
    mir.apart = True
    mir.pytester.makepyfile(
        broken=f"""
        import jmle_plugin.mark.marks
        from jmle_plugin.mark.grading import Outcome, Score

        def score(question, entry, outcome):
            return Score(0, 1) if outcome == Outcome.ERROR else {rule}

        jmle_plugin.mark.marks.score = score
        """
    )
    result = take(mir, "aaaa", "first", "-p", "broken")
    assert result.ret == 1
    sheet = mir.results("first", "mir")["sheet"]
    assert (sheet["verdict"], len(sheet["errors"])) == ("incomplete", 4)
    result.stdout.fnmatch_lines(["*is unsound*"])
