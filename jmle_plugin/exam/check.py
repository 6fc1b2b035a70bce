"""`jmle check`: what can be wrong with an exam that loads.

Loading refuses what cannot be used at all, and reads no more of an image than its header.
This looks for the slips of whoever writes a pack.
"""

from __future__ import annotations

from collections.abc import Iterator

from jmle_plugin.errors import PackError
from jmle_plugin.exam.images import decode
from jmle_plugin.exam.model import Exam, Question, Treatment


def check_exam(exam: Exam) -> list[str]:
    """Every problem of `exam` under its key state, a line each; empty when it is fine."""
    return [*check_paper(exam), *check_key(exam)]


def check_paper(exam: Exam) -> list[str]:
    """Problems of questions and figures, whatever the key state."""
    return [*_images(exam), *_doubles(exam)]


def check_key(exam: Exam) -> list[str]:
    """Problems of one key state and its thresholds."""
    return [*_criteria(exam), *_prohibited(exam)]


def _images(exam: Exam) -> Iterator[str]:
    seen: set[str] = set()
    for question in exam.questions.values():
        for image in question.images:
            if image.sha256 in seen:
                continue
            seen.add(image.sha256)
            try:
                decode(image, question=question.id)
            except PackError as error:
                yield f"{error.where}: {error.problem}"


def _criteria(exam: Exam) -> Iterator[str]:
    """A criterion's maximum is its section's points, less the questions excluded for all."""
    for criterion in exam.key.criteria:
        points = sum(
            question.points
            for question in exam.questions.values()
            if question.section == criterion.section
            and exam.key.entries[question.id].treatment is not Treatment.EXCLUDE
        )
        place = f"key {exam.key.state}, section {criterion.section}"
        if points != criterion.maximum:
            yield (
                f"{place}: the questions that count add up to {points} points, the stated "
                f"maximum is {criterion.maximum}"
            )
        if criterion.threshold > points:
            yield (
                f"{place}: the threshold {criterion.threshold} is out of reach with {points} points"
            )


def _doubles(exam: Exam) -> Iterator[str]:
    first: dict[str, str] = {}
    for question in exam.questions.values():
        original = first.setdefault(_read(question), question.id)
        if original != question.id:
            yield f"question {question.id} has the same text as question {original}"


def _read(question: Question) -> str:
    """What is read, whatever the spacing; serial questions may ask the same of two cases."""
    context = question.serial.text if question.serial else ""
    return " ".join(f"{context} {question.text}".split())


def _prohibited(exam: Exam) -> Iterator[str]:
    rule = exam.key.prohibited
    listed = any(question.prohibited for question in exam.questions.values())
    if rule is not None and rule.listed and not listed:
        yield (
            f"key {exam.key.state}: prohibited choices are said to be listed, but no question "
            "names any"
        )
