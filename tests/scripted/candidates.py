"""Three candidates for the sample exam, played by scripts. None is a model.

The resident passes, and so does the attending, with one point more: nobody could tell the two
apart. The intern knows general medicine but fails the required section.
"""

from __future__ import annotations

from typing import Any

from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Exam, Question
from tests.scripted.server import Script

RESIDENT = "scripted/resident"
INTERN = "scripted/intern"
ATTENDING = "scripted/attending"

# Question -> the answer given instead of the right one.
MISTAKES = {
    RESIDENT: {"000A-3", "000B-2", "000D-5", "000F-2"},
    INTERN: {
        "000A-2", "000A-3", "000B-1", "000B-2", "000B-5", "000B-7", "000C-2", "000D-5",
        "000E-2", "000E-6", "000F-2",
    },
    ATTENDING: {"000B-3", "000C-2", "000F-5"},
}  # fmt: skip

# Answer lines a human examiner reads though they are not quite what was asked for.
FORMS = {
    RESIDENT: {"000A-1": "【回答】**{}**", "000C-1": "**【回答】** {}"},
    INTERN: {"000A-1": "【回答】（{}）", "000C-3": "【回答】{}です。", "000F-1": "【回答】{}】"},
    ATTENDING: dict[str, str](),
}
# Replies in which nobody can find an answer.
SILENT = {RESIDENT: set[str](), INTERN: {"000F-4"}, ATTENDING: set[str]()}


def candidate(exam: Exam, name: str) -> Script:
    """The script of one of them."""

    def answer(question: str, epoch: int, body: dict[str, Any]) -> dict[str, Any]:
        del epoch
        return _completion(name, _reply(exam, exam.questions[question], name), body)

    return answer


def _reply(exam: Exam, question: Question, name: str) -> str:
    if question.id in SILENT[name]:
        return "考えがまとまらないため、解答できません。"
    right = exam.key.entries[question.id].accepted[0]
    if question.id in MISTAKES[name]:
        thought, given = "確信はないが、次のように考えた。", _wrong(question, right)
    else:
        thought, given = question.rationale, ",".join(right)
    line = FORMS[name].get(question.id, "【回答】{}").format(given)
    return f"{thought}\n\n{line}"


def _wrong(question: Question, right: tuple[str, ...]) -> str:
    if question.kind is QuestionKind.NUMERIC:
        return f"{float(right[0]) * 2:g}"
    others = [label for label in question.labels if label not in right]
    safe = [label for label in others if label not in question.prohibited] or others
    return ",".join(sorted([*right[1:], safe[0]]))


def _completion(name: str, text: str, body: dict[str, Any]) -> dict[str, Any]:
    asked = len(str(body["messages"])) // 2
    written = len(text)
    return {
        "id": "scripted",
        "object": "chat.completion",
        "model": name,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": written,
            "total_tokens": asked + written,
        },
    }
