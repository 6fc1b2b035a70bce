"""`jmle export`: recorded runs in other projects' and tools' forms, and back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.importing import import_results
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.cli import main
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.marks import Mark
from jmle_plugin.results.provenance import RunContext
from tests.conftest import ROOT
from tests.integration.conftest import Project

BENCH, INSPECT = "--format=jmle2026-bench", "--format=inspect"
SAMPLE = "--exam=sample"
NO_THINK, GPT = "Qwen_Qwen3-32B_nothink", "openai_gpt-5.2"
RECORDED = [
    NO_THINK,
    GPT,
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in (
            "Qwen_Qwen3-32B",
            "Qwen_Qwen3.5-122B-A10B",
            "Qwen_Qwen3.5-122B-A10B_nothink",
            "Qwen_Qwen3.5-27B",
            "Qwen_Qwen3.5-27B_nothink",
            "anthropic_claude-sonnet-4.6",
            "google_gemini-3.1-pro-preview",
            "openai_gpt-oss-120b_high",
            "openai_gpt-oss-120b_medium",
            "openai_gpt-oss-20b_low",
            "openai_gpt-oss-20b_medium",
            "qwen_qwen3.5-397b-a17b",
            "tokyotech-llm_Qwen3-Swallow-32B-RL-v0.2",
        )
    ),
]

Import = Callable[[str], Path]


@pytest.fixture
def recorded(data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Imports a published run into the current folder and returns upstream's file."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # 400 files need not outlast a cut
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JMLE_DATA", str(data_root))

    def bring(name: str) -> Path:
        file = data_root / "jmle2026-bench" / "results" / f"{name}.json"
        import_results(file, jmle120(data_root), tmp_path / "cassettes")
        return file

    return bring


def jmle120(data_root: Path, key: str | None = None) -> Exam:
    return load_exam(ROOT / "data" / "jmle120" / "exam.toml", data_root=data_root, key=key)


def marks(exam: Exam, run: str, extraction: Extraction = Extraction.STANDARD) -> list[Mark]:
    sitting = open_sitting(exam, Path("cassettes"), Wanted(run=run))
    return remake_results(sitting, extraction, RunContext.outside()).marks


def load(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text("utf-8")))


@pytest.mark.long
@pytest.mark.data
@pytest.mark.parametrize("name", RECORDED)
def test_a_published_run_goes_out_as_it_came_and_comes_back_with_the_same_marks(
    recorded: Import, data_root: Path, name: str
) -> None:
    theirs = load(recorded(name))
    address = f"--api-base={theirs['metadata']['base_url']}"
    arguments = [name, BENCH, "--exam=jmle120", address, "--extraction=published"]
    assert main(["export", *arguments, "--key=author", "--output=author.json"]) == 0
    ours = load(Path("author.json"))
    assert ours["summary"] == theirs["summary"]
    assert ours["results"] == theirs["results"]
    assert ours["metadata"] == theirs["metadata"]

    exam = jmle120(data_root)
    assert main(["export", *arguments, "--output=official.json"]) == 0
    import_results(Path("official.json"), exam, Path("cassettes"), "back")
    for extraction in Extraction:
        assert marks(exam, "back", extraction) == marks(exam, name, extraction)
    gold = {one["question_id"]: one["gold"] for one in load(Path("official.json"))["results"]}
    assert gold == {mark.question: mark.accepted[0] for mark in marks(exam, name)}


@pytest.mark.data
def test_inspect_reads_the_log_of_a_published_run(recorded: Import) -> None:
    logs = pytest.importorskip("inspect_ai.log", reason="needs the extra [inspect]")
    recorded(GPT)
    assert main(["export", GPT, INSPECT, "--exam=jmle120"]) == 0
    log = logs.read_eval_log(f"{GPT}.eval")
    assert (log.status, log.eval.task, log.eval.model) == ("success", "jmle120", "openai/gpt-5.2")
    assert len(log.samples) == 400
    assert sum(one.scores["points"].value for one in log.samples) == 486
    assert [one.scores["correct"].value for one in log.samples].count("C") == 386
    assert all(one.messages[-1].role == "assistant" for one in log.samples)
    assert "not known" in log.eval.metadata["messages"]


def test_inspect_reads_what_was_sent_and_scored(project: Project) -> None:
    logs = pytest.importorskip("inspect_ai.log", reason="needs the extra [inspect]")
    project.cassette("000A-2").unlink()
    assert main(["export", "scripted-resident", INSPECT, SAMPLE]) == 0
    log = logs.read_eval_log("scripted-resident.eval")
    asked = {one.id: one for one in log.samples}
    assert len(asked) == 40
    assert asked["000A-2"].error is not None
    assert not asked["000A-2"].scores
    assert [one.role for one in asked["000A-1"].messages] == ["system", "user", "assistant"]
    assert asked["000A-1"].scores["correct"].answer
    assert "messages" not in log.eval.metadata


@pytest.mark.data
@pytest.mark.slow
def test_every_eval_ever_takes_the_log(recorded: Import) -> None:
    pytest.importorskip("every_eval_ever", reason="needs every_eval_ever (Python 3.12)")
    pytest.importorskip("inspect_ai.log", reason="needs the extra [inspect]")
    recorded(GPT)
    assert main(["export", GPT, INSPECT, "--exam=jmle120"]) == 0
    log = f"{GPT}.eval"
    run_module("every_eval_ever", "convert", "inspect", f"--log_path={log}", "--output_dir=data")
    run_module("every_eval_ever", "validate", "data/*/*/*/*")
    (file,) = Path().glob("data/jmle120/openai/gpt-5.2/*.json")
    scores = {
        one["evaluation_result_id"]: one["score_details"]["score"]
        for one in load(file)["evaluation_results"]
    }
    assert (scores["points:sum"], scores["correct:accuracy"]) == (486, 386 / 400)


def run_module(*command: str) -> None:
    """Run a module of this environment here; it has to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_run_of_the_sample_comes_back_with_the_same_marks(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.cassette("000A-2").unlink()
    assert main(["export", "scripted-resident", BENCH, SAMPLE]) == 0
    assert "Written: scripted-resident.json" in capsys.readouterr().out
    made = load(Path("scripted-resident.json"))
    lost = next(one for one in made["results"] if one["question_id"] == "000A-2")
    assert (lost["raw_response"], lost["correct"], made["summary"]["errors"]) == (None, False, 1)
    assert made["summary"]["required_pass"] is None  # there is no verdict
    assert main(["import", "scripted-resident.json", SAMPLE, "--run=back"]) == 0
    exam = load_exam(ROOT / "data" / "sample" / "exam.toml", data_root=ROOT)
    before, after = marks(exam, "scripted-resident"), marks(exam, "back")
    assert [figures(one) for one in after] == [figures(one) for one in before]


def figures(mark: Mark) -> tuple[Any, ...]:
    return mark.question, mark.outcome, mark.answer, mark.points, mark.max, mark.how


def test_several_epochs_are_no_file_of_one(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    record = project.cassette("000A-1").with_name("run.json")
    record.write_text(json.dumps(load(record) | {"epochs": 2}), "utf-8")
    assert main(["export", "scripted-resident", BENCH, SAMPLE]) == 1
    assert "Export its first epoch with --epochs=1" in capsys.readouterr().err
    assert [*project.path.glob("*.json*")] == []
    assert main(["export", "scripted-resident", BENCH, SAMPLE, "--epochs=1"]) == 0


def test_an_exam_without_their_sections_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = project.path / "other" / "exam.toml"
    text = (ROOT / "data" / "sample" / "exam.toml").read_text("utf-8")
    pack.parent.mkdir()
    for file in (ROOT / "data" / "sample").iterdir():
        if file.name != "exam.toml":
            (pack.parent / file.name).symlink_to(file)
    pack.write_text(text.replace("general", "clinical"), "utf-8")
    assert main(["export", "scripted-resident", BENCH, f"--exam={pack}"]) == 1
    assert "Export it with --format=inspect" in capsys.readouterr().err


def test_what_writes_logs_is_named_where_it_is_not_installed(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "inspect_ai.log", None)
    assert main(["export", "scripted-resident", INSPECT, SAMPLE]) == 1
    assert "pip install 'jmle[inspect]'" in capsys.readouterr().err
    assert [*project.path.glob("*.eval*")] == []
