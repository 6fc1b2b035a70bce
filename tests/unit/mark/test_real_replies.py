"""The recorded replies of fifteen runs of the 120th exam, read by both rules."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Question
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How, Reading, read_answer

RUNS = 15
QUESTIONS = 400

# What the standard rule reads where the published rule reads something else or nothing.
DIFFERENCES = {
    ("Claude Sonnet 4.6", "120D-75"): ("28",),
    ("Qwen3-32B (no-think)", "120D-75"): ("28",),
    ("Qwen3.5-122B-A10B", "120D-30"): ("c",),
    ("gpt-oss-120b (medium)", "120A-75"): ("315",),
    ("gpt-oss-20b (medium)", "120A-74"): ("1.200",),
}


@dataclass(frozen=True, slots=True)
class Reply:
    model: str
    question: Question
    text: str
    reasoning: str
    predicted: tuple[str, ...]


@pytest.fixture(scope="module")
def replies(data_root: Path) -> list[Reply]:
    folder = data_root / "jmle2026-bench"
    questions = {
        entry["question_id"]: _question(entry)
        for entry in json.loads((folder / "jmle2026_dataset.json").read_text(encoding="utf-8"))
    }
    found = []
    for path in sorted((folder / "results").glob("*.json")):
        run = json.loads(path.read_text(encoding="utf-8"))
        found += [
            Reply(
                run["metadata"]["display_name"],
                questions[result["question_id"]],
                result["raw_response"] or "",
                result.get("reasoning") or "",
                tuple(result["predicted"] or ()),
            )
            for result in run["results"]
        ]
    assert len(found) == RUNS * QUESTIONS
    return found


def _question(entry: dict[str, str]) -> Question:
    numeric = entry["question_type"] == "calculation"
    return Question(
        entry["question_id"],
        entry["block"],
        int(entry["number"]),
        "",
        QuestionKind.NUMERIC if numeric else QuestionKind.CHOICE,
        entry["question_text"],
        1,
        select=int(entry["num_choices_to_select"]),
        options={} if numeric else dict.fromkeys("abcde", ""),
    )


@pytest.fixture(scope="module")
def readings(replies: list[Reply]) -> list[Reading]:
    """What the standard rule reads from each."""
    return [read_answer(reply.question, reply.text, reply.reasoning) for reply in replies]


def test_published_reads_what_the_benchmark_read(replies: list[Reply]) -> None:
    wrong = [
        (reply.model, reply.question.id)
        for reply in replies
        if read_answer(
            reply.question, reply.text, reply.reasoning, extraction=Extraction.PUBLISHED
        ).answer
        != reply.predicted
    ]
    assert wrong == []


def test_standard_differs_from_published_in_exactly_these(
    replies: list[Reply], readings: list[Reading]
) -> None:
    found = {
        (reply.model, reply.question.id): reading.answer
        for reply, reading in zip(replies, readings, strict=True)
        if reading.answer != reply.predicted
    }
    assert found == DIFFERENCES


def test_standard_reads_every_recorded_reply(readings: list[Reading]) -> None:
    counts = Counter(reading.how for reading in readings)
    assert counts == {How.EXACT: 5814, How.TOLERANT: 186}


def test_text_before_the_answer_line_does_not_matter(replies: list[Reply]) -> None:
    for reply in replies:
        lines = reply.text.splitlines()
        cut = next((at for at, line in enumerate(lines) if "【回答】" in line), None)
        if cut is not None and reply.text.count("【回答】") == 1:
            alone = "\n".join(lines[cut:])
            assert read_answer(reply.question, alone) == read_answer(reply.question, reply.text)
