"""The exam as a page shows it: questions, options, serial contexts, figures."""

from __future__ import annotations

import base64
import os
import string
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from jmle_plugin.exam.model import Exam, Image, Question
from jmle_plugin.results.file import QuestionFacts, Results

Images = Literal["link", "embed", "off"]
"""Figures as files beside the page, inside it, or only named."""
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


def figures_data(exam: Exam | None, images: Images, base: Path) -> Any:
    """Figure name -> its size and where it is; links are relative to `base`, the page's folder."""
    questions = exam.questions.values() if exam is not None else ()
    figures = {image.name: image for one in questions for image in one.images}
    return {name: _figure(image, images, base) for name, image in figures.items()}


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


def _figure(image: Image, images: Images, base: Path) -> dict[str, Any]:
    known = {"width": image.width, "height": image.height, "size": image.size}
    if images == "off":
        return known
    if images == "link":
        return known | {"source": _link(image.path, base)}
    try:
        raw = base64.b64encode(image.path.read_bytes()).decode()
    except OSError as error:
        return known | {"missing": f"{image.path} cannot be read ({error.strerror})"}
    return known | {"source": f"data:{image.media_type};base64,{raw}"}


def _link(file: Path, base: Path) -> str:
    try:
        return quote(Path(os.path.relpath(file, base)).as_posix())
    except ValueError:  # on another drive
        return file.absolute().as_uri()
