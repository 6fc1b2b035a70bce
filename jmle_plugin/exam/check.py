"""`jmle check`: what can be wrong with an exam that loads.

Loading refuses what cannot be used at all, and reads no more of an image than its header.
This looks for the slips of a pack's author. Each problem names its place and the remedy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from jmle_plugin.errors import DataMissingError, PackError
from jmle_plugin.exam.images import decode
from jmle_plugin.exam.keys import points_counted, share_of
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.model import Criterion, Exam, KeyEntry, Question
from jmle_plugin.exam.pack import load_exam

_MANY = 3
"""More questions with the same defect than this share a line."""
_FIGURE = re.compile(r"別冊|別に示す|(?:下|右|次の|下の|右の)図|図[をに]示す")
"""What a paper says of a figure that the candidate is given."""


def check_paper(exam: Exam) -> list[str]:
    """Problems of questions and figures, whatever the key state: a line each.

    What the pack itself tells of a question as a defect of its data set is none of these.
    """
    return [*_licence(exam), *_images(exam), *_doubles(exam), *_questions(exam)]


def notes(exam: Exam) -> list[str]:
    """What has to be known of an exam, and cannot be mended here."""
    notes = [*_defects(exam), *exam.notes]
    if exam.source:
        notes.append(f"the questions are read from {exam.source}, one of several data sets")
    if exam.no_verdict:
        notes.append(f"no verdict: {exam.no_verdict}; every question counts one")
    notes += [
        f"question {name} is not in the data set: there is no verdict without it"
        for name in exam.lacking
    ]
    if exam.credited:
        names = ", ".join(one.id for one in exam.credited)
        notes.append(f"not in the data set, and credited to everybody: {names}")
    if missing := [one.id for one in exam.questions.values() if one.figures_missing]:
        notes.append(
            f"figures of {len(missing)} questions are not in the data set (first: {missing[0]}): "
            "they are asked without"
        )
    return notes


def _defects(exam: Exam) -> Iterator[str]:
    """A line for each defect, or for one that many questions share."""
    alike: dict[str, list[str]] = {}
    for name, defect in exam.defects.items():
        alike.setdefault(defect, []).append(name)
    for defect, names in alike.items():
        if len(names) > _MANY:
            yield f"{len(names)} questions, {', '.join(names)}: {defect}"
        else:
            yield from (f"question {name}: {defect}" for name in names)


def check_key(exam: Exam) -> list[str]:
    """Problems of one key state and its thresholds, a line each."""
    found = [problem for rule in exam.key.criteria for problem in _criterion(exam, rule)]
    return [f"key {exam.key.state}, {problem}" for problem in (*found, *_prohibited(exam))]


def key_differences(pack: Path, data_root: Path) -> Iterator[str]:
    """A sentence for each question that two of the pack's data sets have with another key.

    Compared are the default keys, decisions of the examiners included, of questions that both
    data sets have and mark. Raises PackError for a data set that is here and cannot be read.
    """
    exams: list[Exam] = []
    for one in read_manifest(pack).by_source():
        try:
            exams.append(load_exam(pack, data_root=data_root, source=one.source.folder))
        except DataMissingError:
            continue
    for first, second in combinations(exams, 2):
        for name in first.questions:
            if name not in second.questions:
                continue
            theirs = [exam.key.entries[name] for exam in (first, second)]
            if all(entry.accepted for entry in theirs) and _differ(first, second, name):
                ours, others = map(_written, theirs)
                yield (
                    f"question {name}: the key is {ours} in {first.source}, "
                    f"{others} in {second.source}"
                )


def _differ(first: Exam, second: Exam, name: str) -> bool:
    return _answers(first, name) != _answers(second, name)


def _answers(exam: Exam, name: str) -> set[object]:
    return {exam.questions[name].kind.rules.value(one) for one in exam.key.entries[name].accepted}


def _written(entry: KeyEntry) -> str:
    return " or ".join(",".join(answer) for answer in entry.accepted)


def _licence(exam: Exam) -> Iterator[str]:
    if not exam.licence.strip():
        yield "licence: none is named; say under which terms the questions may be used"


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
                yield f"{error.where}: {error.problem}; replace the file"


def _questions(exam: Exam) -> Iterator[str]:
    for question in exam.questions.values():
        if question.id in exam.defects:
            continue
        if not question.has_figures and _FIGURE.search(question.text):
            yield (
                f"question {question.id}: speaks of a figure but has none; name its file, or "
                "take the question out of the scoring"
            )
        texts = [" ".join(text.split()) for text in question.options.values() if text.strip()]
        if len(set(texts)) != len(texts) and not question.has_figures:
            yield f"question {question.id}: two options have the same text; correct one of them"


def _doubles(exam: Exam) -> Iterator[str]:
    first: dict[str, str] = {}
    for question in exam.questions.values():
        original = first.setdefault(_read(question), question.id)
        if original != question.id and question.id not in exam.defects:
            yield (
                f"question {question.id} has the same text as question {original}; "
                "take one of them out, or correct its text"
            )


def _read(question: Question) -> str:
    """What is read, whatever its spacing and width.

    Serial questions may ask the same of two cases, others the same of two figures.
    """
    context = question.serial.text if question.serial else ""
    figures = [image.sha256 for image in question.images] or question.figures_missing
    return "".join(unicodedata.normalize("NFKC", f"{context}{question.text}{figures}").split())


def _criterion(exam: Exam, rule: Criterion) -> Iterator[str]:
    """A criterion's maximum is the points of its questions, less those excluded for all."""
    counted = filter(rule.counts, (*exam.questions.values(), *exam.absent))
    points = points_counted(counted, exam.key.entries)
    place = f"criterion {rule.name}"
    if points != rule.maximum:
        yield (
            f"{place}: the questions that count add up to {points} points, the stated "
            f"maximum is {rule.maximum}; correct 'max', the points of a block, or the exclusions"
        )
    if rule.threshold > points:
        yield (
            f"{place}: the threshold {rule.threshold} is out of reach with {points} points; "
            "correct 'threshold', or the points of a block"
        )
    if rule.ratio and rule.threshold != (share := share_of(rule.ratio, rule.maximum)):
        yield (
            f"{place}: the threshold is {rule.threshold}, but {rule.ratio[0]}/{rule.ratio[1]} of "
            f"{rule.maximum} points are {share}; correct 'threshold' or 'ratio'"
        )


def _prohibited(exam: Exam) -> Iterator[str]:
    rule = exam.key.prohibited
    named = [one.id for one in exam.questions.values() if one.prohibited]
    if rule is not None and rule.listed and not named:
        yield (
            "prohibited choices are said to be listed, but no question names any; "
            "name them, or set listed = false"
        )
    if named and rule is not None and not rule.listed:
        yield (
            f"prohibited choices are named in {len(named)} questions (first: {named[0]}), but "
            "are not counted; set listed = true"
        )
    for question in exam.questions.values():
        if question.prohibited and not question.kind.rules.prohibits:
            yield (
                f"question {question.id}: prohibited choices of a {question.kind} question never "
                "count; take them out"
            )
