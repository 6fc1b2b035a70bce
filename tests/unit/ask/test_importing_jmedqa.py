"""Recorded runs of JMedQA's evaluation, made up in the layout it writes."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.cassette import read_cassette
from jmle_plugin.ask.importing import Form, exams_of, find_form, import_all
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.cli import main
from jmle_plugin.errors import ImportFileError
from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.gateway.reply import read_reply
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import How
from jmle_plugin.mark.marks import mark_reply, read_reply_answer
from tests.made_up_jmedqa import write_jmedqa


def line(name: str, variant: str = "original", **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": f"id-{name}",
        "problem_unique_id": name,
        "question_variant": variant,
    }
    plain |= {"prediction_rule": "a", "rule_method": "answer_line", "raw_output": "Answer: a"}
    plain |= {"finish_reason": "stop", "n_reasoning_tokens": 3, "n_content_tokens": 2}
    return plain | {"n_output_tokens": 7} | changes


def write(folder: Path, *lines: dict[str, Any], reasoning: bool = False) -> Path:
    below = folder / "made-up_default_thinking"
    below.mkdir(parents=True)
    file = below / "jmedqa_stage1_full.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    if reasoning:
        more = [
            {"id": one["id"], "question_variant": one["question_variant"], "prompt": "?"}
            | {"reasoning": f"thought of {one['id']}", "raw_output_full": "..."}
            for one in lines
        ]
        beside = below / "jmedqa_stage1_full_reasoning.jsonl"
        beside.write_text("".join(json.dumps(one) + "\n" for one in more), encoding="utf-8")
    return file


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_jmedqa(tmp_path / "data", [112, 120])


def load(edition: int, data: Path) -> Exam:
    return load_exam(find_pack(f"jmle{edition}", pack_folders()), data_root=data)


def test_each_variant_of_each_sitting_is_a_run(tmp_path: Path, data: Path) -> None:
    variants = ("original", "no_image", "original_image")
    file = write(tmp_path, *(line(f"{year}A1", one) for year in (2018, 2026) for one in variants))
    assert find_form([file]) is Form.JMEDQA
    assert exams_of(Form.JMEDQA, [file]) == ["jmle112", "jmle120"]
    for edition, question in ((112, "112A1"), (120, "120A-1")):
        done = import_all([file], load(edition, data), tmp_path / "cassettes")
        assert {one.run.run: one.run.images for one in done} == {
            "made-up_default_thinking-original": ImageMode.BLIND,
            "made-up_default_thinking-no_image": ImageMode.BLIND,
            "made-up_default_thinking-original_image": ImageMode.VISION,
        }
        assert all((one.folder / f"{question}.yaml").is_file() for one in done)
        assert len({one.run.title for one in done}) == 3


def test_a_reply_has_its_reasoning_tokens_and_end(tmp_path: Path, data: Path) -> None:
    file = write(tmp_path, line("2018A1", finish_reason="length"), reasoning=True)
    (done,) = import_all([file.parent], load(112, data), tmp_path / "cassettes")
    reply = read_reply(read_cassette(done.folder / "112A1.yaml").response)
    assert (reply.text, reply.reasoning) == ("Answer: a", "thought of id-2018A1")
    assert reply.finish_reason == "length"
    assert reply.usage is not None
    assert (reply.usage.completion, reply.usage.reasoning) == (7, 3)
    assert done.run.imported is not None
    assert done.run.imported.file == "jmedqa_stage1_full.jsonl and 1 more"


@pytest.mark.parametrize(
    ("recorded", "answer"),
    [("a", ("a",)), ("", ()), ("c,a", ("a", "c")), (None, ())],
)
def test_the_published_answer_is_the_recorded_one(
    tmp_path: Path, data: Path, recorded: str | None, answer: tuple[str, ...]
) -> None:
    told = line("2018A1", prediction_rule=recorded, raw_output="【回答】b")
    exam = load(112, data)
    (done,) = import_all([write(tmp_path, told)], exam, tmp_path / "cassettes")
    reply = read_reply(read_cassette(done.folder / "112A1.yaml").response)
    question = exam.questions["112A1"]
    published = read_reply_answer(question, reply, Extraction.PUBLISHED)
    assert published.answer == answer
    assert (published.how is How.NONE) == (not answer)
    assert mark_reply(question, exam.key, reply).answer == ["b"]


def test_no_output_at_all_is_no_reply(tmp_path: Path, data: Path) -> None:
    file = write(tmp_path, line("2018A1"), line("2018A2", finish_reason="none", raw_output=""))
    (done,) = import_all([file], load(112, data), tmp_path / "cassettes")
    assert done.replies == 1
    assert "112A2" in done.missing


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"problem_unique_id": "1"}, "'1' names no question of JMedQA"),
        ({"question_variant": "other"}, "question_variant"),
        ({"raw_output": ["a"]}, "raw_output"),
    ],
)
def test_a_line_of_another_form_is_refused_with_its_number(
    tmp_path: Path, data: Path, changes: dict[str, Any], problem: str
) -> None:
    file = write(tmp_path, line("2018A1"), line("2018A2", **changes))
    with pytest.raises(ImportFileError, match=problem) as caught:
        import_all([file], load(112, data), tmp_path / "cassettes")
    assert "line 2" in str(caught.value)


def test_the_command_imports_all_sittings_that_are_here(
    tmp_path: Path,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    file = write(tmp_path, line("2018A1"), line("2019A1"), line("2026A1"))
    assert main(["import", str(file), f"--exam-data={data}"]) == 0
    told = capsys.readouterr().out
    assert "left out: jmle113, whose questions are not on this machine" in told
    replays = [
        shlex.split(one.split("replay: ")[1]) for one in told.splitlines() if "replay: " in one
    ]
    assert [one[-4:] for one in replays] == [
        [
            f"--exam={exam}", "--run=made-up_default_thinking-original", "--offline",
            f"--exam-data={data}",
        ]
        for exam in ("jmle112", "jmle120")
    ]  # fmt: skip
