"""Prompts that other projects published: their messages come out, from files that are pinned.

Needs the published data (JMLE_DATA), of which stand-ins for those files are made.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jmle_plugin.ask.messages import DEFAULT_MARKER, PROMPTS
from jmle_plugin.ask.prompt import Prompt, load_prompt, prompt_source
from jmle_plugin.ask.reply import Reply
from jmle_plugin.ask.run import PromptRef, RunSpec
from jmle_plugin.ask.sitting import Sitting, as_asked
from jmle_plugin.errors import DataMissingError, SettingsError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Exam, Question, Treatment
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.extraction import check_rule
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import mark_reply
from tests.builders import FIGURE, make_exam, make_question
from tests.conftest import ROOT
from tests.published_prompts import PUBLISHED, write_prompts, write_words

pytestmark = pytest.mark.data


class Published(NamedTuple):
    """The folder with the words, and the prompts under their pins."""

    root: Path
    files: dict[str, Path]

    def load(self, name: str, exam: Exam) -> Prompt:
        return load_prompt(self.files[name], replace(exam, data_root=self.root))


@pytest.fixture(scope="module")
def published(data_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published")
    write_words(data_root, folder / "words")
    return Published(folder / "words", write_prompts(folder / "words", folder / "prompts"))


@cache
def exam_of(edition: int, data_root: Path) -> Exam:
    return load_exam(ROOT / "data" / f"jmle{edition}" / "exam.toml", data_root=data_root)


def digest(messages: list[dict[str, Any]]) -> str:
    """As the published digests are made: images by their sha256."""
    told = [
        one
        if isinstance(one["content"], str)
        else one | {"content": [_by_digest(part) for part in one["content"]]}
        for one in messages
    ]
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _by_digest(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] == "text":
        return part
    return {"type": "image_sha256", "sha256": part["image_url"]["url"].removeprefix("sha256:")}


def test_the_120th_is_asked_as_its_bench_asked_it(published: Published, data_root: Path) -> None:
    exam = exam_of(120, data_root)
    prompt = published.load("jmle2026-bench", exam)
    told = json.loads((data_root / "jmle2026-bench" / "messages.json").read_text("utf-8"))
    made = {
        name: {
            mode: digest(prompt.messages(exam, question, images=mode == "vision"))
            for mode in ("vision", "blind")
        }
        for name, question in exam.questions.items()
    }
    assert len(made) == 400
    assert made == told["messages"]


@pytest.mark.parametrize("edition", range(112, 117))
def test_five_exams_are_asked_as_igakuqa_asked_them(
    edition: int, published: Published, data_root: Path
) -> None:
    exam = exam_of(edition, data_root)
    prompt = published.load("igakuqa-3shot", exam)
    told = json.loads((data_root / "igakuqa" / "messages.json").read_text("utf-8"))["messages"]
    made = {
        name: digest(prompt.messages(exam, question, images=False))
        for name, question in exam.questions.items()
    }
    assert len(made) == 400
    assert made == {name: told[name] for name in exam.questions}
    assert sum(map(prompt.leaves_out_case, exam.questions.values())) == 30


def jmedqa_text(published: Published, question: Question, *, images: bool) -> Any:
    prompt = published.load("jmedqa", make_exam())
    [message] = prompt.messages(make_exam(), question, images=images)
    return message["content"]


def test_jmedqa_asks_as_its_evaluation_did(published: Published, data_root: Path) -> None:
    told = json.loads((data_root / "jmedqa-prompt.json").read_text("utf-8"))
    heads = told["constants"]
    heading, listing = told["user"].split('"')[1:4:2]
    question = make_question(stem="What?", options={"a": "one", "b": "two"})
    assert jmedqa_text(published, question, images=False) == (
        f"{heads['ANSWER_LINE_OPTION_SINGLE']}\n\n{heading}\nWhat?\n\n{listing}\na. one\nb. two"
    )
    numeric = make_question(stem="How many?", options={}, kind=QuestionKind.NUMERIC)
    assert listing not in jmedqa_text(published, numeric, images=False)
    figures = replace(question, images=(FIGURE, FIGURE), references=("No.1", "No.2"), select=2)
    blind = jmedqa_text(published, figures, images=False)
    assert blind.startswith(
        f"{heads['ANSWER_LINE_OPTION_MULTI']}\n\n{heads['IMAGE_NOTICE']}\n\n{heading}"
    )
    parts = jmedqa_text(published, figures, images=True)
    assert [part["type"] for part in parts] == ["text", "image_url"] * 2 + ["text"]
    assert [part["text"] for part in parts if part["type"] == "text"][:2] == ["[No.1]", "[No.2]"]
    assert heads["IMAGE_NOTICE"] not in parts[-1]["text"]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("jmle2026-bench", "jmle2026-bench/benchmark.py"),
        ("igakuqa-3shot", "igakuqa/scripts/generation/chatgpt.py"),
        ("igakuqa-3shot", "igakuqa/scripts/prompts/prompt.jsonl"),
        ("jmedqa", "jmedqa-eval/src/infer_jmedqa.py"),
    ],
)
def test_a_changed_file_of_words_is_refused(
    name: str, file: str, data_root: Path, tmp_path: Path
) -> None:
    write_words(data_root, tmp_path / "words")
    found = Published(tmp_path / "words", write_prompts(tmp_path / "words", tmp_path / "prompts"))
    assert found.load(name, make_exam()).name == name
    changed = found.root / file
    text = changed.read_text("utf-8")
    changed.write_text(text.replace("。", "."), encoding="utf-8")
    with pytest.raises(SettingsError, match="is not the file") as refused:
        found.load(name, make_exam())
    assert refused.value.where == str(changed)
    assert f"jmle fetch {name}" in refused.value.remedy


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_prompt_without_its_words_names_the_command_that_brings_them(
    name: str, tmp_path: Path
) -> None:
    exam = replace(make_exam(), data_root=tmp_path)
    with pytest.raises(DataMissingError, match="not on this machine") as missing:
        load_prompt(PROMPTS / f"{name}.toml", exam)
    assert f"jmle fetch {name}" in missing.value.remedy
    source = prompt_source(name)
    assert source is not None
    assert source.folder is not None


def test_words_are_read_and_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    words = tmp_path / "words" / "mine.py"
    words.parent.mkdir()
    words.write_text(
        f"from pathlib import Path\nPath({str(ran)!r}).touch()\nASK = 'Answer $5 {{n}} {{}}!'\n"
    )
    sha256 = hashlib.sha256(words.read_bytes()).hexdigest()
    file = tmp_path / "own.toml"
    file.write_text(
        f"""
        name = "own"
        user = "$question|$instruction"
        instruction = {{ single = "$ask", multi_select = "$ask", numeric = "$ask" }}
        [source]
        folder = "words"
        url = "https://example.org/{{path}}"
        files = {{ "mine.py" = "{sha256}" }}
        [words.ask]
        file = "mine.py"
        constant = "ASK"
        fill = {{ "{{n}}" = "$select", "{{}}" = "of $exam" }}
        """
    )
    prompt = load_prompt(file, replace(make_exam(), data_root=tmp_path))
    [message] = prompt.messages(make_exam(), make_question(), images=True)
    assert message["content"].endswith("|Answer $5 1 of Tiny exam!")
    assert not ran.exists()


@pytest.mark.parametrize(
    ("name", "edition"), [("jmle2026-bench", 120), ("igakuqa-3shot", 113), ("jmedqa", 120)]
)
def test_an_echo_earns_nothing_and_one_letter_earns_its_questions(
    name: str, edition: int, published: Published, data_root: Path
) -> None:
    exam = exam_of(edition, data_root)
    prompt = published.load(name, exam)
    run = RunSpec(
        exam=exam.id,
        run="echo",
        model="m",
        prompt=PromptRef(name=name, sha256=prompt.sha256),
        marker=prompt.marker,
        answer_of=prompt.answer_of or None,
    )
    letter = 0
    for question in exam.questions.values():
        body = {"messages": prompt.messages(exam, question, images=False)}
        texts = as_asked(Reply(""), run, body).asked
        whole = "\n".join(texts)
        echoes = [whole, "\n".join(reversed(texts)), texts[-1], texts[0], whole[-160:]]
        replies = [Reply(echo, finish_reason="stop") for echo in echoes]
        replies += [Reply("", echo, finish_reason="stop") for echo in echoes]
        marks = [mark_reply(question, exam.key, as_asked(one, run, body)) for one in replies]
        assert [mark.points for mark in marks] == [0] * len(marks), question.id
        said = as_asked(Reply("【回答】a", finish_reason="stop"), run, body)
        letter += mark_reply(question, exam.key, said).points
    entries = exam.key.entries
    assert letter == sum(
        one.points
        for one in exam.questions.values()
        if one.options
        and entries[one.id].treatment is Treatment.STANDARD
        and ("a",) in entries[one.id].accepted
    )
    assert letter > 0


def test_no_published_rule_is_taken_for_another_projects(published: Published) -> None:
    exam = make_exam()
    for name, refused in (("jmle2026-bench", False), ("igakuqa-3shot", False), ("jmedqa", True)):
        prompt = published.load(name, exam)
        run = RunSpec(
            exam=exam.id,
            run="mine",
            model="m",
            prompt=PromptRef(name=name, sha256=prompt.sha256),
            marker=prompt.marker if prompt.marker != DEFAULT_MARKER else None,
            answer_of=prompt.answer_of or None,
        )
        sitting = Sitting(exam, run, prompt, Path())
        check_rule(sitting, Extraction.STANDARD)
        with pytest.raises(SettingsError, match="no published rule") if refused else nullcontext():
            check_rule(sitting, Extraction.PUBLISHED)


@pytest.mark.parametrize("key", ["official", "author"])
def test_igakuqas_rule_counts_every_answer_to_116a71_and_points_stay(
    key: str, data_root: Path
) -> None:
    exam = load_exam(ROOT / "data" / "jmle116" / "exam.toml", data_root=data_root, key=key)
    for label in "abcde":
        reply = Reply(label, answer_of="IgakuQA")
        read = [
            mark_reply(exam.questions["116A71"], exam.key, reply, extraction=rule)
            for rule in (Extraction.PUBLISHED, Extraction.STANDARD)
        ]
        assert read[0].outcome is Outcome.CORRECT
        assert [(one.points, one.max) for one in read] == [(1, 1), (1, 1)]
