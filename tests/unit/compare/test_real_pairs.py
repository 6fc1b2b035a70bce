"""Pairs of recorded runs of the 120th exam, counted here without the code under test."""

from __future__ import annotations

import json
from math import comb
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.reply import Reply
from jmle_plugin.ask.run import ImportedFrom, RunSpec
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.pairing import Place, places
from jmle_plugin.errors import UnlikeResultsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark.marks import mark_reply
from jmle_plugin.report.results import Results
from jmle_plugin.report.wording import headline
from tests.builders import make_results
from tests.conftest import ROOT

pytestmark = pytest.mark.data

# Display names -> points of each, questions only the second got right, only the first.
# Counted from the answers that the benchmark itself read and the official key.
PAIRS = {
    ("Gemini 3.1 Pro Preview", "GPT-5.2"): (493, 486, 4, 11),
    ("Qwen3.5-27B", "Qwen3.5-27B (no-think)"): (475, 463, 4, 20),
    ("Qwen3.5-397B-A17B", "GPT-5.2"): (480, 486, 10, 6),
    ("gpt-oss-120b (high)", "gpt-oss-20b (medium)"): (468, 429, 9, 40),
}


@pytest.fixture(scope="module")
def exam(data_root: Path) -> Exam:
    return load_exam(ROOT / "data" / "jmle120" / "exam.toml", data_root=data_root)


@pytest.fixture(scope="module")
def raw(data_root: Path) -> dict[str, dict[str, Any]]:
    """Display name -> recorded run."""
    files = sorted((data_root / "jmle2026-bench" / "results").glob("*.json"))
    runs = [json.loads(file.read_text("utf-8")) for file in files]
    return {run["metadata"]["display_name"]: run for run in runs}


@pytest.fixture(scope="module")
def runs(exam: Exam, raw: dict[str, dict[str, Any]]) -> dict[str, Results]:
    return {name: marked(exam, run, name) for name, run in raw.items()}


@pytest.fixture(scope="module")
def where(exam: Exam) -> dict[str, Place]:
    return places(exam)


def marked(exam: Exam, run: dict[str, Any], name: str) -> Results:
    marks = {
        one["question_id"]: mark_reply(
            exam.questions[one["question_id"]],
            exam.key,
            Reply(one["raw_response"] or "", one.get("reasoning") or ""),
        )
        for one in run["results"]
    }
    spec = RunSpec(
        exam=exam.id,
        run=name.translate(str.maketrans(" ()", "___")).strip("_"),
        model=run["metadata"]["model"],
        display_name=name,
        images=run["metadata"]["image_mode"],
        imported=ImportedFrom(project="JMLE2026-Bench", file="run.json", sha256="3" * 64),
    )
    return make_results(exam, marks, run=spec)


@pytest.mark.parametrize("pair", PAIRS, ids=" - ".join)
def test_pairs_come_out_as_counted(
    pair: tuple[str, str], runs: dict[str, Results], where: dict[str, Place]
) -> None:
    before, after, gained, lost = PAIRS[pair]
    found = compare(runs[pair[0]], runs[pair[1]], where)
    assert (found.old.points, found.new.points) == (before, after)
    assert (len(found.gained), len(found.lost)) == (gained, lost)
    fewer, pairs = min(gained, lost), gained + lost
    exact = 2 * sum(comb(pairs, k) for k in range(fewer + 1)) / 2**pairs
    assert found.tests.mcnemar == pytest.approx(min(exact, 1))
    assert found.interval.low <= after - before <= found.interval.high
    assert found.groups == 370


def test_gemini_against_gpt_is_noise(runs: dict[str, Results], where: dict[str, Place]) -> None:
    found = compare(runs["Gemini 3.1 Pro Preview"], runs["GPT-5.2"], where)
    assert found.tests.mcnemar == pytest.approx(0.118, abs=0.0005)
    assert headline(found) == "The difference of 7 points is within noise (p = 0.12)."
    assert (found.detectable.questions, found.detectable_at_best.questions) == (14, 7)
    # Block F was lost 6 to 0: p = 2/2^6, by Holm six times that.
    assert {part.name: part.p_holm for part in found.blocks}["F"] == pytest.approx(6 / 32)
    assert [one.doubt and str(one.doubt.another_exam) for one in (found.old, found.new)] == [
        "> 0.9999",
        "> 0.9999",
    ]


def test_blind_and_vision_runs_are_unlike(runs: dict[str, Results]) -> None:
    vision, blind = runs["GPT-5.2"], runs["gpt-oss-120b (high)"]
    with pytest.raises(UnlikeResultsError, match="images \\(vision against blind\\)"):
        compare(vision, blind)
    assert compare(vision, blind, allow={"images"}).allowed == {"images": "vision against blind"}
