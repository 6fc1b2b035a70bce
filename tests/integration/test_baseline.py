"""A session that is compared with an earlier result."""

from __future__ import annotations

import json
from typing import Any

import pytest
import scipy.stats  # noqa: F401 - before pytester, which forgets what its tests load

from jmle_plugin.ask.run import read_run
from jmle_plugin.cli import main
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.store import write_results
from tests.builders import make_epochs, make_run, sample_exam
from tests.conftest import ROOT
from tests.integration.conftest import MODES, Project

INTERN, RESIDENT = "--run=scripted-intern", "--run=scripted-resident"


@pytest.fixture
def after_intern(project: Project) -> Project:
    """A project in which the intern has sat: its results are there."""
    assert main(["rescore", "scripted-intern", "--exam=sample", "--write"]) == 0
    return project


def edit(project: Project, run: str, change: Any) -> None:
    """Change a results file as a user never would."""
    file = project.path / "results" / "sample" / f"{run}.json"
    data = json.loads(file.read_text("utf-8"))
    change(data)
    file.write_text(json.dumps(data), "utf-8")


@pytest.mark.parametrize("mode", MODES)
def test_a_better_run_passes_and_says_so(after_intern: Project, mode: tuple[str, ...]) -> None:
    result = after_intern.sit(
        RESIDENT, "--baseline=scripted-intern", "--baseline-gate=significant", *mode
    )
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "The gain of 14 points is significant (p = 0.008).",
            "Total*38 -> 52*28 -> 36*8*0*0.008",
            "000B-5 (3): a -> c, key c",
            "gate official: sample scripted-resident passed",
            "gate significant: pass: no loss against scripted-intern*",
        ]
    )
    compared = after_intern.results("scripted-resident")["comparison"]
    assert (compared["difference"], len(compared["gained"]), compared["lost"]) == (14, 8, [])
    assert compared["serial_known"]
    assert (compared["ruling"]["decision"], compared["ruling"]["passed"]) == ("pass", True)
    official, significant = after_intern.results("scripted-resident")["gates"]
    assert (official["name"], official["decision"]) == ("official", "pass")
    assert official["sentence"] == "gate official: sample scripted-resident passed"
    assert significant == {
        "name": "significant",
        "decision": "pass",
        "sentence": compared["ruling"]["sentence"],
        "p": compared["tests"]["loss"],
        "bound": None,
        "margin": None,
    }


def test_a_worse_run_fails_even_where_nothing_else_is_gated(project: Project) -> None:
    project.sit(RESIDENT, "-q")
    worse = (INTERN, "--baseline=results/sample/scripted-resident.json", "--gate=none")
    assert project.sit(*worse).ret == 0
    result = project.sit(*worse, "--baseline-gate=significant")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["gate significant: fail: a significant loss against scripted-resident*"]
    )
    quiet = project.sit(*worse, "--baseline-gate=significant", "-q").stdout.str()
    assert "against scripted-resident: The loss of 14 points is significant" in quiet
    assert "gate significant: fail: a significant loss against scripted-resident" in quiet


def test_show_tells_the_comparison_too(
    after_intern: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    after_intern.sit(RESIDENT, "--baseline=scripted-intern")
    capsys.readouterr()
    file = after_intern.path / "results" / "sample" / "scripted-resident.json"
    assert main(["show", str(file)]) == 0
    assert "The gain of 14 points is significant (p = 0.008)." in capsys.readouterr().out


def test_a_margin_decides_by_what_can_be_excluded(after_intern: Project) -> None:
    gate = (RESIDENT, "--baseline=scripted-intern", "--baseline-gate=noninferior")
    assert "needs a margin" in after_intern.sit(*gate).stderr.str()
    assert after_intern.sit(*gate, "--margin=5").ret == 0
    same = (INTERN, "--baseline=scripted-intern", "--baseline-gate=noninferior", "--gate=none")
    result = after_intern.sit(*same, "--margin=5")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "The two runs gave the same answers.",
            "gate noninferior: inconclusive: a loss of 5 points*cannot be*",
        ]
    )


def test_newly_wrong_needs_a_steady_baseline(after_intern: Project) -> None:
    result = after_intern.sit(RESIDENT, "--baseline=scripted-intern", "--baseline-gate=newly-wrong")
    assert result.ret == 4
    assert "needs a baseline of 3 or more epochs; scripted-intern has 1" in result.stderr.str()


def test_a_question_that_was_always_right_and_is_now_wrong_fails(project: Project) -> None:
    exam = sample_exam()
    gate = (RESIDENT, "--baseline=steady", "--baseline-gate=newly-wrong", "--offline")
    prompt = read_run(ROOT / "cassettes" / "sample" / "scripted-resident").prompt
    once = dict.fromkeys(("000A_3", "000B_2", "000D_5", "000F_2"), Outcome.INCORRECT)
    # The resident misses these four: a baseline that missed one of them once is steady in three.
    for missed, status, told in (
        ({"000A_3": Outcome.INCORRECT}, 1, "fail: steady got 000B-2, 000D-5, 000F-2 right in all"),
        (once, 0, "pass: every question that steady got right in all of its epochs is right"),
    ):
        run = make_run(exam="sample", run="steady", prompt=prompt)
        baseline = make_epochs(exam, {}, missed, {}, run=run)
        write_results(project.path / "results", baseline)
        result = project.sit(*gate)
        result.stdout.fnmatch_lines(["gate official: * passed", f"gate newly-wrong: {told}*"])
        assert result.ret == status


def other_prompt(data: dict[str, Any]) -> None:
    data["provenance"]["prompt"]["sha256"] = "0" * 64


@pytest.mark.parametrize("mode", [MODES[0]])
def test_unlike_results_are_refused_before_anything_runs(
    after_intern: Project, mode: tuple[str, ...]
) -> None:
    edit(after_intern, "scripted-intern", other_prompt)
    gate = (RESIDENT, "--baseline=scripted-intern", "--baseline-gate=significant", *mode)
    result = after_intern.sit(*gate)
    assert result.ret == 4
    assert "prompt (ja-1 000000000000 against ja-1" in result.stderr.str()
    assert "--allow-mismatch prompt" in result.stderr.str()
    assert not (after_intern.path / "results" / "sample" / "scripted-resident.json").exists()
    allowed = after_intern.sit(*gate, "--allow-mismatch=prompt")
    assert allowed.ret == 0
    assert "Unlike by permission: prompt" in allowed.stdout.str()


@pytest.mark.parametrize("gate", [(), ("--baseline-gate=significant",)])
def test_a_partial_sitting_is_compared_only_by_permission(
    after_intern: Project, gate: tuple[str, ...]
) -> None:
    some = (RESIDENT, "--baseline=scripted-intern", "-k", "000A", *gate)
    result = after_intern.sit(*some)
    assert result.ret == 1
    assert "partial (the new run is partial)" in result.stdout.str()
    result = after_intern.sit(*some, "--allow-mismatch=partial")
    result.stdout.fnmatch_lines(
        [
            "Unlike by permission: partial (the new run is partial).",
            "Left out, answered by only one of the two: 34 questions.",
            "Difference +1 of 6 points; no interval, since only * differ.",
            "000A-2 (1): b,c -> a,c, key a,c",
        ]
    )
    # No gate makes a verdict of it: the wrong answer still fails.
    assert result.ret == 1
    assert ("gate significant: pass: no loss" in result.stdout.str()) == bool(gate)


def test_an_incomplete_sitting_is_never_compared_unasked(after_intern: Project) -> None:
    after_intern.cassette("000A-1").unlink()
    result = after_intern.sit(RESIDENT, "--baseline=scripted-intern")
    assert result.ret == 1
    assert "incomplete (the new run is incomplete)" in result.stdout.str()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--baseline=nobody"], "unknown run 'nobody'"),
        (["--baseline=none.json"], "none.json: cannot be read"),
        (["--baseline=run.json"], "run.json: is no results file"),
        (["--baseline-gate=significant"], "without a baseline"),
        (["--baseline=scripted-intern", "--allow-mismatch=everything"], "unknown mismatch"),
    ],
)
def test_baselines_that_cannot_serve_are_usage_errors(
    after_intern: Project, arguments: list[str], says: str
) -> None:
    (after_intern.path / "run.json").write_text("{}", "utf-8")
    result = after_intern.sit(RESIDENT, *arguments)
    assert result.ret == 4
    assert says in result.stderr.str()


def test_the_verdicts_doubt_is_in_the_results(after_intern: Project) -> None:
    doubt = after_intern.results("scripted-intern")["doubt"]
    assert doubt["verdict"] == "fail"
    assert 0 < doubt["another_exam"]["passed"] < doubt["another_exam"]["draws"] == 5_000
    assert doubt["this_exam_again"] is None


def test_a_baseline_that_was_cut_by_hand_serves_nobody(after_intern: Project) -> None:
    edit(after_intern, "scripted-intern", lambda data: data["marks"].pop(0))
    result = after_intern.sit(RESIDENT, "--baseline=scripted-intern")
    assert result.ret == 4
    assert "cut or changed by hand" in result.stderr.str()
