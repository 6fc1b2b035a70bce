"""`jmle verify` and `jmle rescore`: results made again without a test session."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jmle_plugin.cli import main
from tests.conftest import ROOT
from tests.integration.conftest import Project

INTERN = "results/sample/scripted-intern.json"


def rescore(*arguments: str) -> int:
    return main(["rescore", "--exam=sample", *arguments])


@pytest.mark.parametrize("options", [(), ("--extraction=published",)])
def test_rescoring_writes_what_a_session_writes(project: Project, options: tuple[str, ...]) -> None:
    project.sit("--run=scripted-intern", "--offline", *options)
    session = project.results("scripted-intern")
    assert rescore("scripted-intern", "--write", "--results=again", *options) == 0
    again = json.loads((project.path / "again/sample/scripted-intern.json").read_text("utf-8"))
    assert [gate["name"] for gate in session["gates"]] == ["official"]
    for one in (session, again):
        del one["provenance"]["run"], one["gates"]
    assert json.dumps(again) == json.dumps(session)


def test_a_file_of_a_session_agrees(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.sit("--run=scripted-intern")
    project.sit("--run=scripted-intern", "-k", "000B")
    capsys.readouterr()
    assert main(["verify", INTERN]) == 0
    assert capsys.readouterr().out == (
        f"{INTERN} agrees with its cassettes: sample scripted-intern: FAIL 38/56 "
        "(必修 20/32 (needs 26), 一般・臨床 18/24 (needs 17), scripted replies)\n"
        "  made again: 40 marks from exam and recorded replies, the sheet and its verdict, tokens "
        "and cost; gate official\n"
        "  not made again: who ran it, when, and with which packages\n"
    )
    assert main(["verify", INTERN.replace(".json", ".partial.json")]) == 0
    assert "partial: 8 of 40" in capsys.readouterr().out


@pytest.mark.parametrize(
    "named",
    [INTERN, "scripted-intern", "sample/scripted-intern", "cassettes/sample/scripted-intern"],
)
def test_a_run_is_verified_and_shown_by_name_address_folder_and_file(
    project: Project, capsys: pytest.CaptureFixture[str], named: str
) -> None:
    rescore("scripted-intern", "--write")
    capsys.readouterr()
    assert main(["verify", named]) == 0
    assert f"{INTERN} agrees with its cassettes" in capsys.readouterr().out
    assert main(["show", named]) == 0
    assert capsys.readouterr().out.endswith(
        f"The sheet follows from the marks; `jmle verify {INTERN}` makes the marks again.\n"
    )
    if Path(named).is_dir():  # the cassettes in it, wherever others are looked for
        (project.path / "cassettes").rename(project.path / "sent")
        assert main(["verify", named.replace("cassettes", "sent")]) == 0


def test_gates_and_comparison_are_verified_given_the_baseline_alone(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.sit("--run=scripted-intern")
    terms = ("--baseline-gate=noninferior", "--margin=5", "--alpha=0.01")
    project.sit("--run=scripted-resident", "--baseline=scripted-intern", *terms)
    file = project.path / "results/sample/scripted-resident.json"
    capsys.readouterr()
    assert main(["verify", str(file)]) == 0
    assert (
        "not made again: the comparison with scripted-intern with its gate noninferior "
        "(give its results with --baseline)"
    ) in capsys.readouterr().out
    against = ("verify", str(file), "--baseline=scripted-intern")
    assert main([*against]) == 0
    assert (
        "gate official; the comparison with scripted-intern with its gate noninferior\n"
        in capsys.readouterr().out
    )
    assert main([*against, "--gate=official", *terms]) == 0
    whole = file.read_text("utf-8")
    for path, value, told in (
        (("gates", 1, "decision"), "fail", "gate noninferior: fail (gate noninferior: pass: "),
        (("gates", 0, "decision"), "fail", "gate official: fail (gate official: "),
        (("comparison", "tests", "loss"), 0.5, "comparison.tests.loss: 0.5 in the file, "),
        (("comparison", "ruling", "decision"), "fail", "comparison.ruling.decision: fail in the "),
    ):
        data = json.loads(whole)
        place = data
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        file.write_text(json.dumps(data), "utf-8")
        capsys.readouterr()
        assert main([*against]) == 1
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith(told)
    file.write_text(whole, "utf-8")
    capsys.readouterr()
    assert main([*against, "--gate=all"]) == 1
    assert capsys.readouterr().out.startswith("gate all: nothing in the file, fail (gate all: ")
    assert main([*against, "--alpha=0.02"]) == 1
    assert "comparison.tests.alpha: 0.01 in the file, 0.02 recomputed" in capsys.readouterr().out
    assert main(["verify", str(file), "--baseline=scripted-resident"]) == 1
    assert "comparison.old.name" in capsys.readouterr().out
    assert main(["verify", str(file), "--baseline-gate=significant"]) == 2
    assert "--baseline-gate is given without --baseline" in capsys.readouterr().err


def test_what_to_ask_for_is_said_where_cassettes_are_missing(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    rescore("scripted-resident", "--write")
    for name in ("000A-1", "000B-1", "000B-2", "000C-1"):
        project.cassette(name).unlink()
    capsys.readouterr()
    assert main(["verify", "scripted-resident"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "4 cassettes of 40 missing: ask the file's author for 000A-1.yaml, 000B-1.yaml, "
        "000B-2.yaml and 1 more, and put them into cassettes/sample/scripted-resident"
    )
    assert main(["verify", "scripted-resident", "--cassettes=none"]) == 2
    assert (
        "Ask the file's author for the folder none/sample/scripted-resident: run.json and a "
        "cassette for each reply."
    ) in capsys.readouterr().err


def test_a_polished_verdict_is_found(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    rescore("scripted-intern", "--write")
    file = project.path / INTERN
    polished = file.read_text("utf-8").replace('"verdict": "fail"', '"verdict": "pass"', 1)
    file.write_text(polished, "utf-8")
    capsys.readouterr()
    assert main(["verify", INTERN]) == 1
    assert capsys.readouterr().out == "sheet.verdict: pass in the file, fail recomputed\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"schema": 2', '"schema": 99', "schema version 99"),
        ('"schema": 2', '"schema": ', "is not valid JSON"),
        ('"id": "sample"', '"id": "sampel"', "Did you mean sample?"),
        ('"name": "scripted-intern"', '"name": "somebody"', "unknown run of sample 'somebody'"),
        ('"state": "official"', '"state": "mine"', "key state 'mine'"),
    ],
)
def test_what_cannot_be_verified_is_another_status(
    project: Project, capsys: pytest.CaptureFixture[str], old: str, new: str, words: str
) -> None:
    rescore("scripted-intern", "--write")
    file = project.path / INTERN
    assert old in file.read_text("utf-8")
    file.write_text(file.read_text("utf-8").replace(old, new))
    assert main(["verify", INTERN]) == 2
    error = capsys.readouterr().err
    assert error.startswith("jmle: cannot be verified: ")
    assert words in error


@pytest.mark.usefixtures("project")
def test_an_exam_without_its_questions_cannot_be_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rescore("scripted-intern", "--write")
    assert main(["verify", INTERN, "--exam=jmle120", f"--exam-data={tmp_path / 'no'}"]) == 2
    assert "jmle fetch" in capsys.readouterr().err


def test_rescoring_shows_what_changed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert rescore("scripted-resident", "--write") == 0
    assert "there is no results/sample/scripted-resident.json" in capsys.readouterr().out
    before = (project.path / "results/sample/scripted-resident.json").read_bytes()
    assert rescore("scripted-resident", "scripted-intern", "--extraction=published") == 0
    lines = capsys.readouterr().out.splitlines()
    first, *others = [line for line in lines if not line.startswith("sample ")]
    assert first == (
        "  results/sample/scripted-resident.json: extraction standard -> published, "
        "points 52/56 -> 50/56, correct 36 of 40 -> 34 of 40, 2 marks changed"
    )
    assert others == [
        "    000A-4: correct (f), 1 of 1 -> no answer, 0 of 1",
        "    000C-3: correct (g), 1 of 1 -> no answer, 0 of 1",
        "  no results to compare with: there is no results/sample/scripted-intern.json",
    ]
    assert (project.path / "results/sample/scripted-resident.json").read_bytes() == before
    assert rescore("scripted-resident") == 0
    assert "the same figures, no mark changed" in capsys.readouterr().out


def test_a_missing_reply_is_an_error_as_in_a_session(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.cassette("000B-6").unlink()
    assert rescore("scripted-resident", "--write") == 0
    assert "without a reply: 1 question (first: 000B-6)" in capsys.readouterr().out
    assert project.results("scripted-resident")["sheet"]["verdict"] == "incomplete"
    assert main(["verify", "results/sample/scripted-resident.json"]) == 0


def test_a_figure_that_the_pack_is_given_explains_itself_as_in_a_session(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    own = project.path / "data/sample"
    shutil.copytree(ROOT / "data/sample", own)
    questions = own / "questions.toml"
    text = questions.read_text("utf-8")
    without = 'id = "000A-2"\n'
    assert without in text
    questions.write_text(text.replace(without, f'{without}images = ["ecg.png"]\n'), "utf-8")
    assert rescore("scripted-resident") == 0
    (reason,) = re.findall(r"000A-2\.yaml: (.*)", capsys.readouterr().out)
    assert "the images changed (none, now " in reason
    session = project.sit("--run=scripted-resident", "--offline").stdout.str()
    assert "".join(reason.split()) in "".join(session.split())


def test_one_unknown_run_leaves_all_unwritten(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rescore("scripted-resident", "scripted-intren", "--write") == 1
    assert "Did you mean scripted-intern" in capsys.readouterr().err
    assert not (project.path / "results").exists()


def test_results_of_a_later_version_are_neither_compared_nor_overwritten(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project.path / INTERN
    file.parent.mkdir(parents=True)
    file.write_text('{"schema": 99}')
    assert rescore("scripted-intern", "--write") == 1
    told = capsys.readouterr()
    assert "no results to compare with" in told.out
    assert "schema version 99" in told.err
    assert file.read_text() == '{"schema": 99}'


@pytest.mark.parametrize(
    "command",
    [["rescore", "--exam=sample", "scripted-intern", "--write"], ["verify", INTERN]],
    ids=lambda command: command[0],
)
def test_neither_needs_pytest_vcrpy_or_http(project: Project, command: list[str]) -> None:
    rescore("scripted-intern", "--write")
    source = (
        "import sys; from jmle_plugin.cli import main; status = main(sys.argv[1:]); "
        "heavy = {'pytest', '_pytest', 'vcr', 'httpx', 'requests', 'urllib3', 'aiohttp', "
        "'litellm'}; "
        "sys.exit(str(heavy & set(sys.modules) or '') or status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", source, *command],
        cwd=project.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
