"""The paper of an exam: read from its first source that is here, placed in its blocks, sound.

What must hold for the questions of every exam, whatever layout they come in, is checked here;
what a data set lacks that its pack speaks of is found here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from jmle_plugin.errors import DataMissingError, PackError
from jmle_plugin.exam.fetch import check_source
from jmle_plugin.exam.keys import KeySpec, ProhibitedSpec
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.manifest import Manifest
from jmle_plugin.exam.model import Question, Treatment
from jmle_plugin.exam.sources import Paper, PaperQuestion, answered_with, folded, read_paper
from jmle_plugin.exam.spec import BlockSpec, OtherSource

_QUESTION_ID = re.compile(r"(?!.*-e[0-9]+$)[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What names a test and a file; an ending of `-e2` names the second asking of a question."""
_SETTLED = (Treatment.STANDARD, Treatment.EXCLUDE)
"""Treatments that leave a question the same for everybody, whatever it counts."""


def read_source(
    manifest: Manifest, pack: Path, data_root: Path, source: str | None = None
) -> tuple[Manifest, Paper, Path]:
    """Read the first of the exam's sources that is here: the exam by it, paper and folder.

    With `source`, the folder of one of them, that one alone is looked for.
    Raises DataMissingError when none is here, and PackError for one that is, but is not what
    its layout or the pack says: another is then not taken in its place.
    """
    missing: list[DataMissingError] = []
    for one in manifest.by_source():
        if source not in (None, one.source.folder):
            continue
        try:
            folder = source_folder(one, pack, data_root)
            return one, _read_paper(one, folder), folder
        except DataMissingError as error:
            missing.append(error)
    raise missing[0]


def source_folder(manifest: Manifest, pack: Path, data_root: Path) -> Path:
    """Where the questions are; DataMissingError when they are not."""
    if manifest.source.folder is None:
        return pack.parent
    folder = data_root / manifest.source.folder
    if not folder.is_dir():
        raise _missing(manifest, folder)
    return folder


def _missing(manifest: Manifest, where: object) -> DataMissingError:
    sources = [manifest.source, *manifest.other_sources.values()]
    download = f"Download them with `jmle fetch {manifest.id}`"
    if not any(one.url for one in sources):
        owners = " or ".join(one.repository or "their owner" for one in sources)
        download = f"Get them from {owners} yourself"
    folders = " or ".join(repr(one.folder) for one in sources)
    return DataMissingError(
        f"the questions of {manifest.id} are not on this machine",
        where=where,
        remedy=f"{download}, or name a folder that holds {folders} with "
        "--exam-data DIR (or JMLE_DATA, or the ini key jmle_exam_data).",
    )


def _read_paper(manifest: Manifest, folder: Path) -> Paper:
    try:
        paper = read_paper(manifest.source.format, folder, manifest.source.part or "")
    except PackError as error:
        # An empty folder, or a fetch that was interrupted before the questions came.
        if manifest.source.folder and isinstance(error.__cause__, FileNotFoundError):
            raise _missing(manifest, error.where) from error
        raise
    named = manifest.source.options
    if unknown := sorted(named.keys() - {one.id for one in paper.questions}):
        raise PackError(f"'options' names question {unknown[0]!r}, which is not in {paper.file}")
    listed = (
        answered_with(one, named[one.id], paper.file) if one.id in named else one
        for one in paper.questions
    )
    paper = replace(paper, questions=tuple(_placed(one, manifest) for one in listed))
    check_source(manifest, paper, folder)
    return paper


def _placed(one: PaperQuestion, manifest: Manifest) -> PaperQuestion:
    """The question in the exam's block, and called by it."""
    source = manifest.source
    blocks = source.blocks if isinstance(source, OtherSource) else {}
    if not blocks and not manifest.question_ids:
        return one
    if isinstance(blocks, dict):
        block = blocks.get(one.block, one.block)
    else:
        holding = (spec.id for spec in manifest.blocks if one.number in spec.numbers)
        block = next(holding, one.block)
    serial = one.serial
    if serial is not None:
        serial = replace(serial, id=block + serial.id.removeprefix(one.block))
    return replace(one, id=manifest.question_id(block, one.number), block=block, serial=serial)


def check_structure(blocks: Mapping[str, BlockSpec], paper: Paper) -> None:
    """PackError unless each question stands once, in its block, answerable, and none is missing."""
    for name, times in Counter(one.id for one in paper.questions).items():
        if times > 1:
            raise PackError(f"question {name} stands {times} times", where=paper.file)
    numbers: dict[str, list[int]] = {name: [] for name in blocks}
    for one in paper.questions:
        if one.block not in blocks:
            raise PackError(
                f"question {one.id}: block {one.block!r} is not one of {list(blocks)}",
                where=paper.file,
            )
        numbers[one.block].append(one.number)
        _check_question(one, paper.file)
    for name, block in blocks.items():
        there, due = Counter(numbers[name]), Counter(block.numbers)
        wrong = {
            "missing": [] if paper.gaps else sorted(due - there),
            "not due": sorted(there.keys() - due.keys()),
            "twice": sorted(number for number, times in there.items() if times > 1),
        }
        if any(wrong.values()):
            detail = ", ".join(f"{what}: {which}" for what, which in wrong.items() if which)
            raise PackError(
                f"block {name} must have the questions {block.first} to {block.numbers[-1]} once "
                "each, but "
                f"has {there.total()} ({detail})",
                where=paper.file,
            )


def _check_question(one: PaperQuestion, file: Path) -> None:
    right = one.human_accuracy
    problem = ""
    if not _QUESTION_ID.fullmatch(one.id):
        problem = (
            "an id has at most 100 letters, digits and . _ - only, and does not end like -e2: "
            "it names a test and a file, to which -e2 is added where it is asked again"
        )
    elif right is not None and not 0 <= right <= 1:
        problem = f"human_accuracy {right:g} is no share; write it as 0 to 1"
    else:
        problem = one.kind.rules.wrong_question(one) or _wrong_labels(one.options)
    if problem:
        raise PackError(f"question {one.id}: {problem}", where=file)


def _wrong_labels(labels: Iterable[str]) -> str:
    named = list(labels)
    for label in named:
        if not label or set(label) & set(", "):
            return f"the label {label!r} cannot be written in an answer"
    if len(set(map(folded, named))) < len(named):
        return f"of the labels {', '.join(named)} two are read as the same"
    return ""


def serials(paper: Paper) -> dict[str, list[str]]:
    """Serial -> its questions; PackError when they do not share one context."""
    first: dict[str, PaperQuestion] = {}
    members: dict[str, list[str]] = {}
    for one in paper.questions:
        if one.serial is None:
            continue
        if first.setdefault(one.serial.id, one).serial != one.serial:
            raise PackError(
                f"question {one.id}: serial {one.serial.id!r} has another context than in "
                f"question {first[one.serial.id].id}",
                where=paper.file,
            )
        members.setdefault(one.serial.id, []).append(one.id)
    return members


def applicable(
    spec: KeySpec, manifest: Manifest, questions: Mapping[str, Question], *, pointless: bool
) -> KeySpec:
    """The key state, without the criteria that this data set has no facts for."""
    update: dict[str, object] = {}
    if pointless:
        update["criteria"] = {}
        update["changes"] = [change for change in spec.changes if change.treatment in _SETTLED]
    rule = spec.prohibited
    if isinstance(manifest.source, OtherSource) and rule is not None and rule.listed:
        # The list is an annotation of the first data set.
        listed = any(one.prohibited for one in questions.values())
        update["prohibited"] = rule if listed else ProhibitedSpec(limit=rule.limit)
    return spec.model_copy(update=update)


def absent_questions(manifest: Manifest, paper: Paper) -> dict[str, Question]:
    """The questions that the paper should have and, as its layout may, lacks."""
    there = {(one.block, one.number) for one in paper.questions}
    return {
        one.id: one
        for block in manifest.blocks
        for number in block.numbers
        if paper.gaps and (block.id, number) not in there
        for one in [
            Question(
                id=manifest.question_id(block.id, number),
                block=block.id,
                number=number,
                section=block.section_of(number),
                kind=QuestionKind.CHOICE,
                text="",
                points=block.points_of(number) or 0,
            )
        ]
    }
