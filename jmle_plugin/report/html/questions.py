"""What a page shows of an exam: questions, options, serial contexts, and replies.

Replies are read where they are, and cut, with a note, where they are too long.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jmle_plugin.ask.cassette import SUFFIX, cassette_name, read_cassette
from jmle_plugin.ask.run import RunSpec
from jmle_plugin.ask.sitting import as_asked
from jmle_plugin.errors import JmleError
from jmle_plugin.exam.model import Exam, Question
from jmle_plugin.gateway.protocol import image_digests
from jmle_plugin.gateway.reply import Reply, read_reply
from jmle_plugin.report.html import embedded_size
from jmle_plugin.results.file import QuestionFacts, Results

_AFTER_LABEL = string.whitespace + "\u3000\xa0.．、)）"
"""What may stand between an option's label and its text."""


def exam_data(exam: Exam | None, runs: Iterable[Results]) -> Any:
    """Blocks, questions and serial contexts, as JSON values.

    Without an exam the questions are those that have a mark, and what the results keep of them.
    """
    if exam is None:
        kept: dict[str, Any] = {}
        for one in runs:
            kept |= dict.fromkeys(mark.question for mark in one.marks if mark.question not in kept)
            kept |= one.questions
        blocks = dict.fromkeys(facts.block for facts in kept.values() if facts is not None)
        return {
            "blocks": list(blocks),
            "questions": [_kept(name, facts) for name, facts in kept.items()],
            "serials": {},
        }
    questions = exam.questions.values()
    serials = {one.serial.id: one.serial for one in questions if one.serial is not None}
    return {
        "blocks": [block.id for block in exam.blocks],
        "questions": [_question(exam, one) for one in questions],
        "serials": {
            name: {"text": one.text, "questions": one.questions} for name, one in serials.items()
        },
    }


def _kept(name: str, facts: QuestionFacts | None) -> dict[str, Any]:
    if facts is None:
        return {"id": name}
    return {
        "id": name,
        "block": facts.block,
        "criteria": facts.criteria,
        "form": facts.kind,
        "points": facts.points,
        "subject": facts.subject,
        "image": facts.figures or facts.figures_missing,
        "visual_types": [],
    }


def _question(exam: Exam, question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "block": question.block,
        "criteria": [one.name for one in exam.key.criteria if one.counts(question)],
        "form": question.form,
        "points": question.points,
        "select": question.select,
        "subject": question.subject,
        "dependency": question.image_dependency,
        "visual_types": question.visual_types,
        "text": stem(question),
        "options": list(question.options.items()),
        "prohibited": sorted(question.prohibited),
        "figures": [image.name for image in question.images],
        "figures_missing": question.figures_missing,
        "image": question.has_figures,
        "serial": question.serial.id if question.serial else None,
        "rationale": question.rationale,
        "human": question.human_accuracy,
        "treatment": exam.key.entries[question.id].treatment.value,
    }


def stem(question: Question) -> str:
    """The question's text without its options; all of it where they are no list at its end."""
    if not question.options:
        return question.text
    # From the end, without an expression for each question: making 400 takes longer than all
    # the rest of a page.
    rest = question.text.rstrip()
    for label, option in reversed(list(question.options.items())):
        for part, between in ((option, _AFTER_LABEL), (label, None)):
            if not rest.endswith(part):
                return question.text
            rest = rest.removesuffix(part).rstrip(between)
    return rest


PAGE_BYTES = 4_800_000
"""What the data of a page may take, embedded figures aside: it stays below 5 MB."""
LEAST_BYTES = 200
"""What a reply is shown of, however many there are: the answer in its last line."""
WRAP_BYTES = 130
"""About what a text takes beside itself: names, and the file where it is cut."""
TEXT_BYTES = 300_000
"""What one text may take; reasoning of 30,000 Japanese characters takes 100,000."""


@dataclass(frozen=True, slots=True)
class StoredReply:
    """A reply and the file it was read from."""

    reply: Reply
    where: str


RepliesReader = Callable[[str, int], StoredReply | str]
"""Question and epoch (from 1) -> the reply, or the reason why there is none."""


def cassette_replies(
    folder: Path, lender: Path | None = None, run: RunSpec | None = None
) -> RepliesReader:
    """A reader of the cassettes in `folder`, the run's own; it never raises.

    `lender` is the folder of the run whose text-only replies are this one's too, `run` the run's
    record, where that is there.
    """

    def read(question: str, epoch: int) -> StoredReply | str:
        name = cassette_name(question, epoch) + SUFFIX
        file = folder / name
        try:
            if lender is not None and not file.exists():
                lent = read_cassette(lender / name)
                # What answered a question with its figures is no reply of a blind run.
                file = file if image_digests(lent.request) else lender / name
            cassette = read_cassette(file)
            if (cassette.question, cassette.epoch) != (question, epoch):
                return f"{file} holds the reply to {cassette.question}, epoch {cassette.epoch}"
            reply = read_reply(cassette.response)
            return StoredReply(as_asked(reply, run, cassette.request) if run else reply, str(file))
        except FileNotFoundError:
            return f"there is no cassette {file}"
        except JmleError as error:
            return str(error)

    return read


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as a page shows it: `left_out` characters are missing between head and tail."""

    head: str
    tail: str = ""
    left_out: int = 0


def fit(text: str, limit: int) -> Shown:
    """`text`, cut in the middle where it takes more than about `limit` bytes of a page.

    Both ends stay: a reply's answer is in its last lines.
    """
    size = embedded_size(text)
    if size <= limit:
        return Shown(text)
    kept = len(text) * limit // size
    tail = kept // 2
    head = kept - tail
    return Shown(text[:head], text[len(text) - tail :], len(text) - head - tail)


def fair_limit(sizes: Iterable[int], budget: int, most: int = TEXT_BYTES) -> int:
    """The highest limit, in bytes, under which texts of these sizes together take the budget.

    Short texts stay whole; what they leave is shared by the long ones. Never more than `most`.
    """
    rising = sorted(min(size, most) for size in sizes)
    left = budget
    for number, size in enumerate(rising):
        share = left // (len(rising) - number)
        if size > share:
            return share
        left -= size
    return most


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that one text of a reply, and one of its reasoning, may take."""

    text: int
    reasoning: int


def share_room(replies: Sequence[Reply], taken: int) -> Room:
    """The room in a page of which `taken` bytes are taken; replies come before reasoning."""
    texts = [embedded_size(one.text) for one in replies]
    reasonings = [embedded_size(one.reasoning) for one in replies if one.reasoning]
    budget = PAGE_BYTES - taken - WRAP_BYTES * (len(texts) + len(reasonings))
    budget = max(budget, LEAST_BYTES * len(texts))
    text = fair_limit(texts, budget * 3 // 4)
    left = budget - sum(min(size, text) for size in texts)
    return Room(text, fair_limit(reasonings, left))
