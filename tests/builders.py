"""Small, sound values of every kind, for tests to start from."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from jmle_plugin.ask.cassette import Cassette
from jmle_plugin.ask.importing.writing import ForeignRun
from jmle_plugin.ask.prompt import load_prompt
from jmle_plugin.ask.reply import Reply
from jmle_plugin.ask.run import ImageMode, ImportedFrom, PromptRef, RunSpec
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import (
    AnswerKey,
    Block,
    Criterion,
    Exam,
    Image,
    KeyEntry,
    ProhibitedRule,
    Question,
    Section,
    Serial,
    Treatment,
)
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.gateway.protocol import DEFAULT_MAX_EDGE
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.epochs import score_epochs
from jmle_plugin.mark.extraction import How
from jmle_plugin.mark.grading import Outcome, score
from jmle_plugin.mark.marks import Mark, mark_reply
from jmle_plugin.report import document as doc
from jmle_plugin.report.html.questions import RepliesReader
from jmle_plugin.report.terminal import COLUMNS, terminal_lines
from jmle_plugin.results.file import Results, build_results
from jmle_plugin.results.provenance import RunContext
from tests.conftest import ROOT

FIGURE = Image("ecg.png", Path("ecg.png"), "1" * 64, "image/png", 4, 3, 90)
LONG_AGO = RunContext(dt.datetime(2026, 2, 7, tzinfo=dt.UTC), 0.0, "0", None)
CASE = Serial("B-2-3", "One case.", ("B-2", "B-3"))
ANSWERS = {"A-1": "a", "A-2": "ac", "A-3": "0.40", "A-4": "b", "B-1": "c", "B-2": "a", "B-3": "e"}


def make_question(name: str = "A-1", **changes: Any) -> Question:
    """A choice question of five options in the block its name begins with."""
    block, _, number = name.partition("-")
    options = dict(zip("abcde", ("one", "two", "three", "four", "five"), strict=True))
    listed = "\n".join(f"{label} {text}" for label, text in options.items())
    fields: dict[str, Any] = {
        "id": name,
        "block": block,
        "number": int(number),
        "section": "required" if block == "B" else "general",
        "kind": QuestionKind.CHOICE,
        "text": f"Question {name}?\n{listed}",
        "points": 1,
        "options": options,
    }
    if changes.get("kind") is QuestionKind.NUMERIC:
        fields |= {"text": f"Question {name}?", "options": {}}
    return Question(**fields | changes)


def make_questions() -> list[Question]:
    """General: single, two choices, numeric, figure. Required: 1, 3 and 3 points."""
    return [
        make_question("A-1"),
        make_question("A-2", select=2),
        make_question("A-3", kind=QuestionKind.NUMERIC),
        make_question("A-4", images=(FIGURE,)),
        make_question("B-1"),
        make_question("B-2", points=3, serial=CASE, prohibited=frozenset("de")),
        make_question("B-3", points=3, serial=CASE, prohibited=frozenset("a")),
    ]


def make_key(
    treatments: Mapping[str, Treatment] | None = None,
    *,
    criteria: Iterable[Criterion] = (
        Criterion("required", 6, 7, (4, 5)),
        Criterion("general", 3, 4),
    ),
    prohibited: ProhibitedRule | None = ProhibitedRule(1, listed=True),  # noqa: B008 - frozen
) -> AnswerKey:
    """The key to `make_exam`, with the treatments named."""
    treated = treatments or {}
    entries = {
        name: KeyEntry(
            ((answer,) if name == "A-3" else tuple(answer),),
            treated.get(name, Treatment.STANDARD),
        )
        for name, answer in ANSWERS.items()
    }
    return AnswerKey("official", "a key", entries, tuple(criteria), prohibited)


def make_exam(key: AnswerKey | None = None, questions: Iterable[Question] | None = None) -> Exam:
    """Block A (general, 4 points) and block B (required, 7 points), seven questions."""
    chosen = {one.id: one for one in (make_questions() if questions is None else questions)}
    return Exam(
        id="tiny",
        title="Tiny exam",
        edition=1,
        profession="physician",
        language="ja",
        licence="none",
        synthetic=False,
        sections=(Section("required", "必修"), Section("general", "一般・臨床")),
        blocks=tuple(
            Block(name, sum(one.block == name for one in chosen.values())) for name in "AB"
        ),
        questions=chosen,
        key=key or make_key(),
        key_states=("official",),
        hash="2" * 64,
    )


def sample_exam() -> Exam:
    """The exam that comes with the suite."""
    return load_exam(ROOT / "data" / "sample" / "exam.toml", data_root=ROOT)


def make_mark(exam: Exam, name: str, outcome: Outcome = Outcome.CORRECT, **changes: Any) -> Mark:
    """The mark of one question, scored as the exam's key has it."""
    entry = exam.key.entries[name]
    earned = score(exam.questions[name], entry, outcome)
    right = list(entry.accepted[0]) if entry.accepted else []
    fields: dict[str, Any] = {
        "question": name,
        "points": earned.points,
        "max": earned.maximum,
        "min": earned.least,
        "outcome": outcome,
        "answer": right if outcome is Outcome.CORRECT else [],
        "accepted": [list(answer) for answer in entry.accepted],
        "how": How.EXACT if outcome is Outcome.CORRECT else How.NONE,
    }
    return Mark(**fields | changes)


def make_marks(exam: Exam, **outcomes: Outcome) -> dict[str, Mark]:
    """Marks of every question, correct but for those named (`A_1=Outcome.INCORRECT`)."""
    named = {name.replace("_", "-"): outcome for name, outcome in outcomes.items()}
    return {
        name: make_mark(exam, name, named.get(name, Outcome.CORRECT)) for name in exam.questions
    }


def make_run(**changes: Any) -> RunSpec:
    """A run of `tiny` recorded with the suite's own prompt; with `imported`, without one."""
    prompt = load_prompt()
    fields: dict[str, Any] = {"exam": "tiny", "run": "some-model", "model": "some/model"}
    if "imported" not in changes:
        fields["prompt"] = PromptRef(name=prompt.name, sha256=prompt.sha256)
        fields["image_max_edge"] = DEFAULT_MAX_EDGE
    return RunSpec(**fields | changes)


def make_imported_run(**changes: Any) -> RunSpec:
    """A run imported from another project."""
    source = ImportedFrom(project="JMLE2026-Bench", file="some_model.json", sha256="3" * 64)
    return make_run(imported=source, images=ImageMode.BLIND, **changes)


def make_sitting(
    exam: Exam | None = None, run: RunSpec | None = None, folder: Path = Path("cassettes")
) -> Sitting:
    """A sitting of `exam` in `run`."""
    spec = run or make_run()
    return Sitting(exam or make_exam(), spec, load_prompt() if spec.prompt else None, folder)


def make_results(
    exam: Exam | None = None,
    marks: Mapping[Any, Mark] | None = None,
    *,
    asked: Iterable[str] | None = None,
    run: RunSpec | None = None,
    extraction: Extraction = Extraction.STANDARD,
) -> Results:
    """Results of a session long ago, of all questions unless `asked` names some.

    Marks are those of every epoch of the run; their keys say nothing.
    """
    sat, spec = exam or make_exam(), run or make_run()
    made = (make_marks(sat) if marks is None else marks).values()
    names = list(sat.questions if asked is None else asked)
    askings = [(name, 1 + n) for n in range(spec.epochs) for name in names]
    by_asking = {(mark.question, mark.epoch): mark for mark in made}
    return build_results(
        make_sitting(sat, spec),
        score_epochs(sat, by_asking, askings, spec.epochs),
        [by_asking[asking] for asking in askings if asking in by_asking],
        extraction=extraction,
        context=LONG_AGO,
    )


def make_epochs(
    exam: Exam,
    *rounds: Mapping[str, Outcome],
    run: RunSpec | None = None,
    update: Mapping[str, Any] | None = None,
) -> Results:
    """Results of one epoch per round: all correct but for the outcomes named in it."""
    marks = {
        (name, epoch): mark.model_copy(update={"epoch": epoch, **(update or {})})
        for epoch, outcomes in enumerate(rounds, 1)
        for name, mark in make_marks(exam, **outcomes).items()
    }
    spec = (run or make_run()).model_copy(update={"epochs": len(rounds)})
    return make_results(exam, marks, run=spec)


def make_completion(text: str | None = "【回答】a", **message: Any) -> dict[str, Any]:
    """An OpenAI chat completion."""
    return {
        "object": "chat.completion",
        "model": "some/model-2026",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, **message},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    }


def make_cassette(text: str = "【回答】a", **changes: Any) -> Cassette:
    """The cassette of one reply to question A-1."""
    fields: dict[str, Any] = {
        "question": "A-1",
        "epoch": 1,
        "question_sha256": "0" * 64,
        "request": {"model": "some/model", "messages": [{"role": "user", "content": "A-1?"}]},
        "response": make_completion(text),
    }
    return Cassette(**fields | changes)


def no_replies(reason: str) -> RepliesReader:
    """A page's reader of replies that finds none."""
    return lambda _question, _epoch: reason


def journalled(file: Path) -> list[str]:
    """Questions whose reply is in a journal, in order; its last line may be half written."""
    lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    return [json.loads(line)["question"] for line in lines]


def make_bench_file(file: Path, exam: Exam, **changes: Any) -> Path:
    """A result file in the form of JMLE2026-Bench; `changes` go to its top level."""
    content = {
        "metadata": {"model": "some/model", "image_mode": "vision", "timestamp": "20260226"},
        "results": [bench_result(name) for name in exam.questions],
    }
    file.write_text(json.dumps(content | changes), encoding="utf-8")
    return file


def bench_result(name: str, text: str | None = "【回答】a", **changes: Any) -> dict[str, Any]:
    """One result of such a file."""
    return {"question_id": name, "raw_response": text, "error": None, **changes}


def picture_file(picture: Pillow.Image, form: str = "PNG", **options: Any) -> bytes:
    """The bytes of a file with that picture."""
    file = BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def synthetic(exam: Exam) -> Exam:
    """The same exam, written as a sample."""
    return replace(exam, synthetic=True)


def marks_of(run: ForeignRun, exam: Exam, extraction: Extraction) -> dict[str, Mark]:
    """Question -> the mark of its answer in another project's record."""
    return {
        one.question: mark_reply(
            exam.questions[one.question],
            exam.key,
            Reply(one.text or "", answer_of=run.project),
            extraction=extraction,
        )
        for one in run.replies
    }


def lines_of(document: Iterable[doc.Block], columns: int = COLUMNS) -> list[str]:
    """A document as a terminal of so many columns shows it."""
    return [line.text for line in terminal_lines(document, columns)]
