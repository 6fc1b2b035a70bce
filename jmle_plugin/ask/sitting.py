"""A sitting: an exam, a run, the prompt and the folder its cassettes lie in; and what it asks.

The canonical request is a pure function of run, exam, prompt, question and epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jmle_plugin.ask.cassette import SUFFIX, cassette_name
from jmle_plugin.ask.matching import message_parts
from jmle_plugin.ask.prompt import DEFAULT_MARKER, Prompt, load_prompt, recorded_prompt
from jmle_plugin.ask.run import RUN_FILE, ImageMode, RunSpec, read_run
from jmle_plugin.errors import SettingsError
from jmle_plugin.exam.model import Exam, Question
from jmle_plugin.exam.pack import question_digest
from jmle_plugin.files import canonical_json
from jmle_plugin.gateway.reply import Reply


@dataclass(frozen=True, slots=True)
class AskRequest:
    """What is asked: an OpenAI chat body with figures by digest, and which question it is.

    `epoch` tells repeated askings apart, `run` and `exam` those of several runs; none of
    them is ever sent to a provider.
    `question_sha256` is over what the candidate sees, whatever the prompt around it.
    """

    question: str
    question_sha256: str
    body: dict[str, Any]
    epoch: int = 1
    run: str = ""
    exam: str = ""

    @property
    def payload(self) -> bytes:
        """The body as sent and compared: canonical JSON."""
        return canonical_json(self.body)


def build_request(
    run: RunSpec, exam: Exam, prompt: Prompt | None, question: Question, epoch: int = 1
) -> AskRequest:
    """The request for one question.

    Imported runs have no prompt of ours (`prompt` is None): their body holds the model
    alone and their cassettes are matched by the question's digest.
    """
    body: dict[str, Any] = {"model": run.model}
    if prompt is not None:
        body["messages"] = prompt.messages(exam, question, images=run.images is ImageMode.VISION)
        body.update(run.parameters)
    return AskRequest(question.id, question_digest(question), body, epoch, run.run, run.exam)


@dataclass(frozen=True, slots=True)
class Sitting:
    """One exam sat in one run. `prompt` is None for imported replies."""

    exam: Exam
    run: RunSpec
    prompt: Prompt | None
    folder: Path
    recorded_epochs: int = 1
    """Epochs that the run was recorded with, or is about to be; `run.epochs` are those sat."""

    half: bool = False
    """True for the blind half of an audit, whose text-only questions the other half asks."""

    part: frozenset[str] | None = None
    """The questions that a shard asks; None where all are asked."""

    @property
    def marker(self) -> str:
        """What the prompt asked answer lines to begin with."""
        return self.run.marker or DEFAULT_MARKER

    @property
    def without_case(self) -> int:
        """Questions that the prompt asks without the case they belong to, words known or not."""
        prompt, ref = self.prompt, self.run.prompt
        if prompt is None and ref is not None and (file := recorded_prompt(ref.sha256)) is not None:
            prompt = load_prompt(file)
        return sum(map(prompt.leaves_out_case, self.exam.questions.values())) if prompt else 0

    def request(self, question: Question, epoch: int = 1) -> AskRequest:
        """The canonical request for one question."""
        return build_request(self.run, self.exam, self.prompt, question, epoch)

    def cassette(self, question: Question, epoch: int = 1) -> Path:
        """Where the reply is, or would be, recorded."""
        folder = self.folder
        if self.run.text_only_from is not None and self.borrows(question):
            folder = folder.parent / self.run.text_only_from
        return folder / (cassette_name(question.id, epoch) + SUFFIX)

    def borrows(self, question: Question) -> bool:
        """Whether the reply is recorded in another run, which `run.json` names."""
        return self.run.text_only_from is not None and not question.images

    def as_kept(self) -> Sitting:
        """With what its session found out and `run.json` says: who was asked, and what it sees.

        RunError where that file is damaged.
        """
        if not (self.folder / RUN_FILE).exists():
            return self
        kept = read_run(self.folder)
        found = {"client": kept.client, "sight": kept.sight}
        return replace(self, run=self.run.model_copy(update=found))

    def seats(self) -> Iterator[Seat]:
        """All that is asked, epoch by epoch, in the exam's order.

        Where figures are skipped, questions with figures have no seat, be they here or not;
        nor have those that the other half of an audit asks.
        """
        for epoch in range(1, self.run.epochs + 1):
            for question in self.exam.questions.values():
                skipped = question.has_figures and self.run.images is ImageMode.SKIP
                elsewhere = self.part is not None and question.id not in self.part
                if not (skipped or elsewhere or (self.half and self.borrows(question))):
                    yield Seat(self, question, epoch)


def as_asked(reply: Reply, run: RunSpec, body: Mapping[str, Any]) -> Reply:
    """`reply` with all that reading it takes: what its run's prompt asked for, and in which words.

    `body` is that of the request that it answers.
    """
    texts, _ = message_parts(body)
    return replace(
        reply,
        marker=run.marker or DEFAULT_MARKER,
        answer_of=reply.answer_of or run.answer_of or "",
        asked=tuple(texts),
    )


@dataclass(frozen=True, slots=True)
class Seat:
    """One question of one sitting: what one test is about."""

    sitting: Sitting
    question: Question
    epoch: int = 1

    @property
    def request(self) -> AskRequest:
        """The canonical request that asks it."""
        return self.sitting.request(self.question, self.epoch)

    @property
    def cassette(self) -> Path:
        """Where its reply is, or would be, recorded."""
        return self.sitting.cassette(self.question, self.epoch)


def shard(exam: Exam, number: int, of: int) -> frozenset[str]:
    """The questions of the `number`-th of `of` parts: whole cases, figures and questions balanced.

    A function of the exam alone. Raises SettingsError where there are fewer cases than parts.
    """
    cases: dict[str, list[Question]] = {}
    for question in exam.questions.values():
        cases.setdefault(question.case, []).append(question)
    if len(cases) < of:
        raise SettingsError(
            f"{exam.id} cannot be cut into {of} parts: it has {len(cases)} cases",
            where="--shard",
            remedy="Take fewer parts.",
        )
    # Cases with figures first, the largest first, each to the part that has least.
    figures = {case: sum(len(one.images) for one in asked) for case, asked in cases.items()}
    shown, parts = [0] * of, [list[str]() for _ in range(of)]
    for case in sorted(cases, key=lambda name: (-figures[name], -len(cases[name]))):
        weights = shown if figures[case] else [0] * of
        loads = [(weights[place], len(parts[place]), place) for place in range(of)]
        *_, least = min(loads)
        shown[least] += figures[case]
        parts[least] += [one.id for one in cases[case]]
    return frozenset(parts[number - 1])
