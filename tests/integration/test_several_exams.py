"""Several exams in one session: a sheet, a results file and a verdict each."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

import pytest

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.cli import main
from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.pack import load_exam
from tests.integration.conftest import MODES, Project
from tests.packs import record_run, write_pack

BOTH = "--exam=doctors,nurses"
RUN = "--run=some-model"


@pytest.fixture
def exams(project: Project) -> Project:
    """Two exams with the same question ids; the run passes one of them (4/4), the other not."""
    doctors = write_pack(project.path / "data", "doctors")
    nurses = write_pack(project.path / "data", "nurses", profession="nurse", questions=5)
    cassettes = project.path / "cassettes"
    record_run(cassettes, doctors)
    record_run(cassettes, nurses, wrong=["A-1", "A-2", "A-3"])
    record_run(cassettes, doctors, "other", wrong=["A-2"])
    record_run(cassettes, nurses, "other", wrong=["A-4"])
    return project


def verdicts(project: Project, run: str = "some-model") -> dict[str, str]:
    return {
        exam: project.results(run, exam)["sheet"]["verdict"]
        for exam in ("doctors", "nurses")
        if (project.path / "results" / exam / f"{run}.json").exists()
    }


def collected(project: Project, *arguments: str) -> list[str]:
    result = project.run("--co", "-q", *arguments)
    lines = (line for line in result.outlines if "::test_question[" in line)
    return [line.partition("[")[2].removesuffix("]") for line in lines]


def table(lines: Iterable[str]) -> list[list[str]]:
    """The rows of the table that ends a session, without its header."""
    listed = list(lines)
    start = next(i for i, line in enumerate(listed) if " all exams " in line)
    end = next(i for i, line in enumerate(listed) if line.startswith("Exams differ"))
    return [line.split() for line in listed[start + 2 : end]]


def test_each_question_has_a_test_of_its_own(exams: Project) -> None:
    own = [f"A-{number}" for number in range(1, 6)]
    assert collected(exams, "--exam=nurses", RUN) == own
    both = [f"doctors/{name}" for name in own[:4]] + [f"nurses/{name}" for name in own]
    assert collected(exams, BOTH, RUN) == both
    assert collected(exams, BOTH, RUN, "-k", "nurses and A-3") == ["nurses/A-3"]
    two = collected(exams, BOTH, RUN, "--run=other")
    assert two[:5] == [f"doctors/some-model-{name}" for name in own[:4]] + ["doctors/other-A-1"]
    assert len(set(two)) == 18


@pytest.mark.parametrize("mode", MODES)
def test_each_exam_has_its_sheet_and_one_failure_fails(
    exams: Project, mode: tuple[str, ...]
) -> None:
    result = exams.run(BOTH, RUN, *mode)
    assert result.ret == 1
    assert verdicts(exams) == {"doctors": "pass", "nurses": "fail"}
    assert exams.results("some-model", "nurses")["sheet"]["total"]["correct"] == 2
    result.stdout.fnmatch_lines(
        [
            "*= wrong answers · nurses some-model =*",
            "*= doctors · some-model =*",
            "PASS*",
            "*= nurses · some-model =*",
            "FAIL*",
            "*= all exams =*",
            "gate official: nurses some-model failed (General 2/5, 1 short)",
        ]
    )
    doctors, nurses = table(result.outlines)
    assert doctors[:6] == ["doctors", "physician", "4/4", "4", "of", "4"]
    assert nurses[:6] == ["nurses", "nurse", "2/5", "2", "of", "5"]
    assert (doctors[6:], nurses[6:]) == (["PASS", "some-model"], ["FAIL", "some-model"])
    pages = [exams.path / "results" / exam / "some-model.html" for exam in ("doctors", "nurses")]
    assert all(page.exists() for page in pages)


def test_models_and_exams_multiply_and_a_pass_of_each_passes(exams: Project) -> None:
    record_run(exams.path / "cassettes", write_pack(exams.path / "data", "third"))
    passed = exams.run("--exam=third,doctors", RUN, "-q")
    assert passed.ret == 0
    assert " all exams " not in passed.stdout.str()
    sheets = [line.split(" (")[0] for line in passed.outlines if ": PASS" in line]
    assert sheets == ["third some-model: PASS 4/4", "doctors some-model: PASS 4/4"]
    other = exams.run(BOTH, "--run=other", "-n2")
    assert other.ret == 0
    assert "gate official: doctors other, nurses other passed" in other.stdout.str()
    four = exams.run(BOTH, RUN, "--run=other")
    assert four.ret == 1
    rows = [(row[0], row[7], row[6]) for row in table(four.outlines)]
    assert rows == [
        ("doctors", "some-model", "PASS"),
        ("doctors", "other", "PASS"),
        ("nurses", "some-model", "FAIL"),
        ("nurses", "other", "PASS"),
    ]


@pytest.mark.parametrize("mode", MODES)
def test_what_was_not_asked_passes_no_gate(exams: Project, mode: tuple[str, ...]) -> None:
    one = exams.run(BOTH, "--run=other", "-k", "doctors", *mode)
    assert one.ret == 1  # a wrong answer, and no verdict on the other exam
    assert verdicts(exams, "other") == {"doctors": "pass"}
    assert table(one.outlines)[1][:2] == ["nurses", "nurse"]
    assert table(one.outlines)[1][-3:] == ["not", "asked", "other"]
    asked = exams.run(BOTH, RUN, "-k", "doctors", "--gate=official", *mode)
    assert asked.ret == 1
    assert "gate official: no question of nurses some-model was asked" in asked.stdout.str()


def test_one_exam_may_be_partial_or_incomplete(exams: Project) -> None:
    (exams.path / "cassettes" / "nurses" / "other" / "A-2.yaml").unlink()
    result = exams.run(BOTH, "--run=other", "--offline")
    assert result.ret == 1
    assert verdicts(exams, "other") == {"doctors": "pass", "nurses": "incomplete"}
    assert "nurses other: 1 question has no reply (first: A-2)" in result.stdout.str()
    partial = exams.run(BOTH, RUN, "-k", "nurses or A-2", "--offline")
    assert exams.results("some-model.partial", "doctors")["sheet"]["asked"] == 1
    assert verdicts(exams) == {"nurses": "fail"}
    rows = table(partial.outlines)
    assert [row[6] for row in rows] == ["partial:", "FAIL"]


def test_a_run_is_a_baseline_for_each_exam(exams: Project) -> None:
    assert exams.run(BOTH, RUN, "-q").ret == 1
    gate = ("--baseline=some-model", "--baseline-gate=significant")
    better = exams.run(BOTH, "--run=other", *gate)
    assert better.ret == 0
    better.stdout.fnmatch_lines(
        [
            "doctors: gate significant: inconclusive: a loss within noise against some-model (-1 *",
            "nurses: gate significant: pass: no loss against some-model (+2 points*",
        ]
    )
    compared = {exam: exams.results("other", exam)["comparison"] for exam in ("doctors", "nurses")}
    assert [one["difference"] for one in compared.values()] == [-1, 2]
    assert [one["old"]["name"] for one in compared.values()] == ["some-model"] * 2


def test_usage(exams: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    exams.run("--exam=doctors", RUN, "-q")
    file = "--baseline=results/doctors/some-model.json"
    for arguments, message in [
        ((BOTH, RUN, file), "is one file, and several exams are sat: doctors, nurses"),
        ((BOTH, RUN, "--baseline=some-model"), "unknown exam with results 'nurses'"),
        (("--exam=doctors,nurse", RUN), "unknown exam 'nurse'"),
        (("--exam=doctors,data/doctors", RUN), "--exam names doctors twice"),
        (("--exam=doctors,sample", RUN), "unknown run of sample 'some-model'"),
        (("--exam=doctors,", RUN), "has an exam without a name"),
    ]:
        refused = exams.run(*arguments)
        assert refused.ret == 4
        assert message in refused.stderr.str() + refused.stdout.str()
    monkeypatch.setenv("JMLE_EXAM", "doctors,nurses")
    assert len(collected(exams, RUN)) == 9


def test_reports_and_junit_tell_the_exams_apart(
    exams: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = exams.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    exams.run(BOTH, RUN, "--report=markdown", "--junitxml=exam.xml")
    text = summary.read_text("utf-8")
    assert text.index("## Exam doctors") < text.index("## Exam nurses") < text.index("## All exams")
    assert (exams.path / "results" / "nurses" / "some-model.md").exists()
    suite = ET.parse(exams.path / "exam.xml").getroot()[0]  # noqa: S314 - our own file
    totals = {one.get("name"): one.get("value") for one in suite.findall("properties/property")}
    assert totals["doctors.some-model.verdict"] == "pass"
    assert totals["nurses.some-model.verdict"] == "fail"
    cases = {
        case.get("name"): {one.get("name"): one.get("value") for one in case.iter("property")}
        for case in suite.iter("testcase")
    }
    assert len(cases) == 9
    assert cases["test_question[doctors/A-1]"]["exam"] == "doctors"
    assert cases["test_question[nurses/A-1]"]["outcome"] == "incorrect"


def test_epochs_are_those_of_each_exam(exams: Project) -> None:
    for name in ("doctors", "nurses"):
        exam = write_pack(exams.path / "often" / "data", name)
        record_run(exams.path / "often" / "cassettes", exam, epochs=2)
    often = [f"often/data/{name}" for name in ("doctors", "nurses")]
    # Packs of the project with the same ids would be taken for the same exams.
    for name in ("doctors", "nurses"):
        (exams.path / "data" / name).rename(exams.path / f"away-{name}")
    result = exams.run(f"--exam={','.join(often)}", RUN, "--cassettes=often/cassettes", "-v")
    assert result.ret == 0
    assert "doctors/A-4-e2" in result.stdout.str()
    sheets = [exams.results("some-model", exam)["sheet"] for exam in ("doctors", "nurses")]
    assert [sheet["epochs"]["count"] for sheet in sheets] == [2, 2]


@pytest.mark.long
@pytest.mark.data
def test_five_real_sittings_are_checked_replayed_and_marked_whole(
    project: Project,
    data_root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """IgakuQA's 112th to 116th on their real files; of a run that knows the key."""
    monkeypatch.chdir(project.path)
    maxima = {112: (200, 299), 113: (200, 296), 114: (197, 299), 115: (200, 300), 116: (197, 297)}
    names = [f"jmle{edition}" for edition in maxima]
    data = f"--exam-data={data_root}"
    for name in names:
        assert main(["check", name, data]) == 0
        exam = load_exam(find_pack(name, pack_folders()), data_root=data_root)
        replies = {
            question: f"【回答】{','.join(entry.accepted[0]) if entry.accepted else 'a'}"
            for question, entry in exam.key.entries.items()
        }
        record_run(project.path / "cassettes", exam, right=replies, images=ImageMode.BLIND)
        capsys.readouterr()
        assert main(["rescore", "some-model", f"--exam={name}", "--write", data]) == 0
        assert ": PASS " in capsys.readouterr().out
    for name, (required, general) in zip(names, maxima.values(), strict=True):
        sections = project.results("some-model", name)["sheet"]["sections"]
        found = [(sections[one]["points"], sections[one]["max"]) for one in ("required", "general")]
        assert found == [(required, required), (general, general)]
        assert project.results("some-model", name)["sheet"]["errors"] == []
    # Each block that has required questions, in one session of all five.
    ran = project.run(
        f"--exam={','.join(names)}", RUN, data, "--offline", "-m", "required", "--gate=none", "-q"
    )
    assert ran.ret == 0
    asked = {name: project.results("some-model.partial", name)["sheet"] for name in names}
    assert [one["sections"]["required"]["points"] for one in asked.values()] == [
        required for required, _ in maxima.values()
    ]
