"""A model asked with another project's prompt stands beside that project's own runs.

Needs the published data (JMLE_DATA), of which stand-ins for the words' files are made.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jmle_plugin.ask import messages
from jmle_plugin.ask.importing import import_all
from jmle_plugin.cli.leaderboard import read_entries
from jmle_plugin.compare.leaderboard import leaderboard
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.report.sheet import notes
from jmle_plugin.results.soundness import find_mismatches
from tests.conftest import ROOT
from tests.integration.conftest import MODES, Project
from tests.published_prompts import write_prompts, write_words

pytestmark = pytest.mark.data

CLIENT = """
import pytest
from pathlib import Path
from jmle_plugin.ask import messages
from jmle_plugin.ask.reply import Reply

messages.PROMPTS = Path({prompts!r})


class Scripted:
    def ask(self, request):
        return Reply("【回答】a", finish_reason="stop")


@pytest.fixture(scope="session")
def model_client():
    return Scripted()
"""
SOME = "-k=120A-1] or 120A-2] or 120A-16]"


@pytest.fixture
def words(data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the questions and the words; prompts have the words' pins."""
    root = tmp_path / "data"
    write_words(data_root, root)
    for name in ("jmle2026_dataset.json", "images"):
        (root / "jmle2026-bench" / name).symlink_to(data_root / "jmle2026-bench" / name)
    for name in ("data", "baseline_results"):
        (root / "igakuqa" / name).symlink_to(data_root / "igakuqa" / name)
    write_prompts(root, tmp_path / "prompts")
    monkeypatch.setattr(messages, "PROMPTS", tmp_path / "prompts")
    return root


@pytest.mark.parametrize("mode", MODES[::2])
def test_asked_with_the_benchs_prompt_a_model_stands_in_the_benchs_table(
    project: Project, words: Path, data_root: Path, tmp_path: Path, mode: tuple[str, ...]
) -> None:
    exam = load_exam(ROOT / "data" / "jmle120" / "exam.toml", data_root=words)
    [source] = (data_root / "jmle2026-bench" / "results").glob("openai_gpt-5.2.json")
    [imported] = import_all([source], exam, project.path / "cassettes")
    said = [f"--exam-data={words}", "--exam=jmle120", "--gate=none", SOME]
    said += ["--extraction=published"]
    project.run(f"--run={imported.run.run}", *said)
    project.conftest(CLIENT.format(prompts=str(tmp_path / "prompts")))
    project.run("--model=scripted/a", "--run=as-they", "--prompt=jmle2026-bench", *said, *mode)
    project.run("--model=scripted/a", "--run=as-we", *said)
    files = {
        name: str(project.path / "results" / "jmle120" / f"{name}.partial.json")
        for name in (imported.run.run, "as-they", "as-we")
    }
    theirs, asked, ours = (entry.results for entry in read_entries(list(files.values())))
    assert asked.provenance.prompt == theirs.provenance.prompt
    assert find_mismatches(theirs, asked).keys() == {"partial"}
    assert "prompt" in find_mismatches(theirs, ours)
    tables = leaderboard([theirs, asked, ours], {}).tables
    assert sorted(sorted(row.run for row in table.unranked) for table in tables) == sorted(
        [sorted([imported.run.run, "as-they"]), ["as-we"]]
    )


def test_a_prompt_without_its_words_is_a_usage_error(project: Project, data_root: Path) -> None:
    done = project.run(
        "--exam=jmle120", f"--exam-data={data_root}", "--model=m", "--prompt=jmle2026-bench"
    )
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*jmle fetch jmle2026-bench*"])


def test_runs_of_igakuqa_name_the_prompt_that_left_out_cases(project: Project, words: Path) -> None:
    exam = load_exam(ROOT / "data" / "jmle113" / "exam.toml", data_root=words)
    cassettes = project.path / "cassettes"
    files = sorted((words / "igakuqa" / "baseline_results" / "2019").glob("*_gpt[34].jsonl"))
    runs = {one.run.run: one.run for one in import_all(files, exam, cassettes)}
    assert runs["gpt3"].prompt is None
    named = runs["gpt4"].prompt
    assert named is not None
    assert named.name == "igakuqa-3shot"
    done = project.run(
        "--exam=jmle113", f"--exam-data={words}", "--run=gpt4", "--run=gpt3", "--gate=none",
        "--extraction=published", "-k=113A1] or 113A2]",
    )  # fmt: skip
    folder = project.path / "results" / "jmle113"
    written = [str(folder / f"{name}.partial.json") for name in ("gpt4", "gpt3")]
    gpt4, gpt3 = (entry.results for entry in read_entries(written))
    assert gpt4.provenance.without_case == 30
    said = "The prompt igakuqa-3shot asks 30 questions without the case that belongs to it."
    assert said in notes(gpt4)
    assert gpt3.provenance.without_case == 0
    assert "prompt" in find_mismatches(gpt4, gpt3)
    done.stdout.fnmatch_lines(["*prompt igakuqa-3shot*"])
