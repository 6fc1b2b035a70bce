"""`jmle compare`: result files against each other, without running anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import scipy.stats  # noqa: F401 - before pytester, which forgets what its tests load

from jmle_plugin.cli import main
from tests.integration.conftest import Project


@pytest.fixture
def both(project: Project, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sample's two results files; the current folder is the project."""
    monkeypatch.chdir(project.path)
    # What a session writes, as test_rescore.py shows.
    runs = ("scripted-intern", "scripted-resident")
    assert main(["rescore", *runs, "--exam=sample", "--write"]) == 0
    return [f"results/sample/scripted-{name}.json" for name in ("intern", "resident")]


def replace(files: list[str], old: str, new: str) -> None:
    """Put `new` in the place of `old` in every file."""
    for file in map(Path, files):
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")


def forget_questions(files: list[str]) -> None:
    """Make of each file one that keeps nothing of its questions, as those of schema 1."""
    for file in map(Path, files):
        data = json.loads(file.read_text("utf-8"))
        del data["questions"]
        file.write_text(json.dumps(data, indent=1), "utf-8")


def test_text_markdown_and_json_say_the_same(
    both: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *both]) == 0
    text = capsys.readouterr().out
    assert "The gain of 14 points is significant" in text
    assert max(map(len, text.splitlines())) <= 78
    assert main(["compare", *both, "--format=markdown"]) == 0
    assert "**The gain of 14 points is significant" in capsys.readouterr().out
    assert main(["compare", *both, "--format=json", "--margin=3"]) == 0
    (data,) = json.loads(capsys.readouterr().out)
    assert (data["difference"], data["margin"]["points"]) == (14, 3)


def test_the_first_is_compared_with_each_other(
    both: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", both[0], *both, "--format=json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["same_answers"], one["difference"]) for one in found] == [(True, 0), (False, 14)]


def test_results_are_compared_alike_with_and_without_their_exam(
    both: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *both, "--exam=sample", "--margin=5"]) == 0
    with_exam = capsys.readouterr().out
    replace(both, '"id": "sample"', '"id": "elsewhere"')
    assert main(["compare", *both, "--margin=5"]) == 0
    assert capsys.readouterr().out == with_exam


def test_without_the_exam_serial_groups_of_an_old_file_are_unknown(
    both: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    forget_questions(both)
    replace(both, '"id": "sample"', '"id": "elsewhere"')
    assert main(["compare", *both]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Serial groups unknown: every question counts" in text
    assert "Why: unknown exam 'elsewhere'." in text


def test_the_remedy_is_named_where_the_exams_data_is_missing(
    both: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    forget_questions(both)
    replace(both, '"id": "sample"', '"id": "jmle120"')
    assert main(["compare", *both, "--exam-data=none"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert (
        "may be lower. Why: the questions of jmle120 are not on this machine. Download them with "
        "`jmle fetch jmle120`, or name a folder"
    ) in text
    assert main(["compare", *both, "--exam-data=none", "--format=json"]) == 0
    assert "jmle fetch jmle120" in json.loads(capsys.readouterr().out)[0]["serial_problem"]


@pytest.mark.parametrize("command", ["compare", "leaderboard"])
def test_an_exam_that_was_not_sat_is_refused(
    both: list[str], capsys: pytest.CaptureFixture[str], command: str
) -> None:
    replace(both, '"id": "sample"', '"id": "elsewhere"')
    assert main([command, *both, "--exam=sample"]) == 1
    said = capsys.readouterr()
    assert "sample is not the exam that was sat: the results are of elsewhere" in said.err
    assert "Leave --exam out" in said.err
    assert said.out == ""


def test_an_exam_that_changed_since_says_nothing_of_serial_groups(
    both: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    sat = json.loads(Path(both[0]).read_text("utf-8"))["provenance"]["exam"]["hash"]
    forget_questions(both)
    replace(both, sat, "9" * 64)
    assert main(["compare", *both, "--format=json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["serial_known"], found["groups"]) == (False, 40)
    assert found["serial_problem"] == (
        f"sample is here with other questions or rules than were sat ({sat[:12]})"
    )


def test_runs_are_found_by_name(both: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    runs = [Path(file).stem for file in both]
    told = []
    for named in (both, runs, [runs[0], both[1]]):
        assert main(["compare", *named]) == 0
        told.append(capsys.readouterr().out)
    assert told[1:] == told[:1] * 2
    Path("results").rename("elsewhere")
    assert main(["compare", *runs, "--results=elsewhere", "--exam=sample"]) == 0
    assert capsys.readouterr().out == told[0]


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("command", ["compare", "audit", "leaderboard"])
def test_a_name_that_is_none_is_told_the_near_ones(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([command, "scripted-intern", "scripted-residnet"]) == 1
    told = capsys.readouterr().err
    assert "unknown run 'scripted-residnet'" in told
    assert "Did you mean scripted-resident, " in told


def test_a_ranking_finds_runs_by_name(both: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", *both, "--format=csv"]) == 0
    of_files = capsys.readouterr().out
    assert main(["leaderboard", "scripted-intern", both[1], "--format=csv"]) == 0
    assert capsys.readouterr().out == of_files


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none.json"], "none.json: cannot be read"),
        (["empty.json"], "empty.json: is no results file"),
        (["--allow-mismatch=all"], "unknown mismatch 'all'"),
        (["--exam=other"], "unknown exam 'other'"),
    ],
)
def test_what_cannot_be_compared_is_an_error(
    both: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    with open("empty.json", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("{}")
    assert main(["compare", *both, *arguments]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argument", "says"),
    [("--alpha=5", "'5' is more than 0.5"), ("--margin=-3", "'-3' is no number of 0 or more")],
)
def test_values_are_judged_as_in_a_session(
    both: list[str], capsys: pytest.CaptureFixture[str], argument: str, says: str
) -> None:
    with pytest.raises(SystemExit):
        main(["compare", *both, argument])
    assert says in capsys.readouterr().err


def test_unlike_files_are_refused_with_the_difference(
    both: list[str], capsys: pytest.CaptureFixture[str], project: Project
) -> None:
    project.sit("--run=scripted-intern", "-k", "000A", "-q")
    partial = "results/sample/scripted-intern.partial.json"
    assert main(["compare", partial, both[1]]) == 1
    assert "partial (the old run is partial)" in capsys.readouterr().err
    assert main(["compare", partial, both[1], "--allow-mismatch=partial"]) == 0
    assert "of 6 points" in capsys.readouterr().out


def test_it_loads_nothing_of_a_session(both: list[str], project: Project) -> None:
    code = (
        "import sys; from jmle_plugin.cli import main; main(sys.argv[1:]); "
        "print([one for one in ('pytest', 'vcr', 'litellm', 'httpx') if one in sys.modules])"
    )
    done = project.pytester.run(sys.executable, "-c", code, "compare", *both)
    assert done.outlines[-1] == "[]"
