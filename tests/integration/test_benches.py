"""A bench sat in a session, and every command on it: a made-up one beside an exam."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from jmle_plugin.cli import main
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from tests.integration.conftest import Project
from tests.packs import record_run, write_pack

KEYS = {f"A-{n}": "abcdef"[n % 6] for n in range(1, 13)}
TERMS = {"T-1": ["胃癌", "肺炎"], "T-2": ["失語、失認"], "T-3": ["なし"], "T-4": ["発熱"]}


def write_bench(data: Path) -> Exam:
    """A section of six ordered classes and one of expressions."""
    folder = data / "made-up"
    folder.mkdir(parents=True)
    (folder / "exam.toml").write_text(
        """schema = 1
id = "made-up"
title = "Made-up bench"
edition = 1
profession = "bench"
licence = "CC BY-NC 4.0, not for commercial use"
published_rule = "JMED-LLM"
default_key = "official"
source.format = "jmle"
sections.classes.title = "Classes"
sections.terms.title = "Terms"
blocks = [
  { id = "A", section = "classes", questions = 12 },
  { id = "T", section = "terms", questions = 4 },
]
[keys.official]
title = "the key"
measures.classes = ["kappa-linear", "accuracy"]
measures.terms = ["f1", "f1-overlap"]
""",
        "utf-8",
    )
    options = ", ".join(f'{label} = "class {label}"' for label in "abcdef")
    choices = [
        f'[[questions]]\nid = "{name}"\nblock = "A"\nnumber = {name[2:]}\ntext = "Which?"\n'
        f'options = {{ {options} }}\nanswer = ["{key}"]\n'
        for name, key in KEYS.items()
    ]
    terms = [
        f'[[questions]]\nid = "{name}"\nblock = "T"\nnumber = {name[2:]}\ntext = "Name them."\n'
        f'kind = "terms"\nselect = 0\nanswer = {key!r}\n'
        for name, key in TERMS.items()
    ]
    (folder / "questions.toml").write_text("\n".join(choices + terms), "utf-8")
    return load_exam(folder / "exam.toml", data_root=data)


def replies(*, unreadable: bool = False, short: bool = False) -> dict[str, str]:
    told = {name: f"【回答】{key}" for name, key in KEYS.items()}
    if unreadable:
        told |= {name: "わかりません。" for name, key in KEYS.items() if key == "a"}
    some = {name: key[:1] if short else key for name, key in TERMS.items()}
    return told | {name: "【回答】\n" + "\n".join(key) for name, key in some.items()}


@pytest.fixture
def bench(project: Project) -> Project:
    """Runs `perfect` and `worse` of a bench, and `perfect` of an exam."""
    exam = write_bench(project.path / "data")
    cassettes = project.path / "cassettes"
    record_run(cassettes, exam, "perfect", right=replies())
    record_run(cassettes, exam, "worse", right=replies(unreadable=True, short=True))
    record_run(cassettes, write_pack(project.path / "data", "doctors"), "perfect")
    return project


def test_a_session_with_an_exam_and_a_bench_ends_with_both_sheets(bench: Project) -> None:
    result = bench.run("--exam=doctors,made-up", "--run=perfect", "--gate=official")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "PASS*",
            "bench: no pass mark",
            "Classes *linear kappa*1.000*",
            "Terms *F1, exact*1.000*",
            "gate official: doctors perfect passed; made-up perfect complete, without a pass mark",
        ]
    )
    sheet = bench.results("perfect", "made-up")["sheet"]
    assert (sheet["verdict"], list(sheet["measures"])) == ("none", ["classes", "terms"])
    assert "measures" not in bench.results("perfect", "doctors")["sheet"]
    assert not {"credit", "published"} & set(bench.results("perfect", "doctors")["marks"][0])


def test_every_command_works_on_a_bench(
    bench: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench.path)
    for run in ("perfect", "worse"):
        junit = f"--junitxml={run}.xml"
        assert bench.run("--exam=made-up", f"--run={run}", "--report=html,csv", junit).ret == 0
    file = "results/made-up/{}.json"
    worse = bench.results("worse", "made-up")
    assert worse["sheet"]["measures"]["classes"]["unreadable"] == 2
    marks = {mark["question"]: mark for mark in worse["marks"]}
    assert marks["T-1"]["credit"] == pytest.approx(2 / 3, abs=1e-5)
    assert marks["T-3"]["credit"] == 1

    for command, expected in {
        f"show {file.format('worse')}": "bench: no pass mark",
        "compare perfect worse": "linear kappa: paired bootstrap test",
        f"leaderboard {file.format('perfect')} {file.format('worse')}": "Terms: F1, exact",
        f"verify {file.format('worse')}": "",
        "rescore worse --exam=made-up": "",
    }.items():
        assert main(command.split()) == 0, command
        assert expected in capsys.readouterr().out
    properties = ET.parse(bench.path / "worse.xml").iter("property")  # noqa: S314 - ours
    told = {one.get("name"): one.get("value") for one in properties}
    assert float(told["measure.terms.f1"] or 0) < 1
    text = (bench.path / "results/made-up/worse.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert {row["question"]: row["credit"] for row in rows}["T-3"] == "1.0"
    assert "measures" in (bench.path / "results/made-up/worse.html").read_text("utf-8")


def test_a_worse_bench_fails_against_its_baseline_only_beyond_noise(bench: Project) -> None:
    assert bench.run("--exam=made-up", "--run=perfect").ret == 0
    gated = ("--baseline=perfect", "--baseline-gate=significant")
    result = bench.run("--exam=made-up", "--run=worse", *gated)
    result.stdout.fnmatch_lines(["gate significant: *than by perfect*(paired tests, Holm, alpha*"])
    refused = bench.run(
        "--exam=made-up", "--run=worse", *gated[:1], "--baseline-gate=noninferior", "--margin=1"
    )
    assert refused.ret == 4


def test_a_part_of_a_bench_takes_no_section_from_the_leaderboard_and_epochs_count_questions(
    bench: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench.path)
    exam = load_exam(bench.path / "data" / "made-up" / "exam.toml", data_root=bench.path)
    record_run(bench.path / "cassettes", exam, "often", right=replies(), epochs=2)
    record_run(bench.path / "cassettes", exam, "a-part", right=replies(unreadable=True))
    for run, chosen in (("a-part", ["-k", "A-1 or A-2"]), ("perfect", [])):
        bench.run("--exam=made-up", f"--run={run}", "--gate=none", "--offline", *chosen)
    files = [f"results/made-up/{name}.json" for name in ("a-part.partial", "perfect")]
    assert main(["leaderboard", *files]) == 0
    told = capsys.readouterr().out
    assert "Classes: linear kappa" in told
    assert "Terms: F1, exact" in told
    assert main(["rescore", "often", "--exam=made-up", "--write"]) == 0
    assert main(["show", "results/made-up/often.json"]) == 0
    (row, *_) = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith("Classes ")
    ]
    assert row.split()[:2] == ["Classes", "12"]
