"""The canonical request: a pure function of run, exam, prompt, question and epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jmle_plugin.ask.prompt import Prompt
from jmle_plugin.ask.run import ImageMode, RunSpec
from jmle_plugin.exam.model import Exam, Question
from jmle_plugin.exam.pack import question_digest
from jmle_plugin.files import canonical_json


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
