"""Whether a source is the one its pack speaks of: checksums, points, questions named."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from jmle_plugin.errors import PackError
from jmle_plugin.exam.manifest import Manifest
from jmle_plugin.exam.model import Treatment
from jmle_plugin.exam.sources import Paper

_PLACE = re.compile(r"-[0-9]+$")


def check_source(manifest: Manifest, paper: Paper, folder: Path) -> None:
    """PackError where `paper`, read below `folder`, is not what the pack says."""
    _check_files(manifest, paper, folder)
    _check_points(manifest, paper)
    named = {
        manifest.question_id(block.id, number)
        for block in manifest.blocks
        for number in block.numbers
        if paper.gaps
    } | {one.id for one in paper.questions}
    if stray := sorted(manifest.defects.keys() - named):
        raise PackError(
            f"defects names question {stray[0]!r}, which is not in this exam", where=paper.file
        )


def _check_files(manifest: Manifest, paper: Paper, folder: Path) -> None:
    """The files read have their pinned checksums; none that is pinned is missing."""
    source = manifest.source
    for file in paper.parts or (paper.file,):
        pinned = source.files.get(file.relative_to(folder).as_posix())
        if pinned is None:
            continue
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        if found not in pinned:
            raise _other_version(manifest, paper, file, found, pinned[0])
    without = {one.id for one in paper.questions if not one.images}
    for name in source.files:
        file = folder / name
        figure = paper.images in file.parents
        # A figure that is left out would make its question a blind one, unless that question is
        # said to lack its figures, or to have none.
        if figure and _shown_with(file) in without:
            continue
        if not file.exists():
            raise PackError(
                f"this {'figure' if figure else 'file'} is pinned, but it is not there",
                where=file,
                remedy=f"Run `jmle fetch {manifest.id}`.",
            )


def _shown_with(figure: Path) -> str:
    """The question that a figure is named by: 119C33 for `119C33-2.png`."""
    return _PLACE.sub("", figure.stem)


def _other_version(
    manifest: Manifest, paper: Paper, file: Path, found: str, pinned: str
) -> PackError:
    source, later = manifest.source, manifest.source.later
    problem = (
        f"has sha256 {found[:12]}…, but the pack pins {pinned[:12]}… "
        f"(upstream commit {source.commit[:7]})"
    )
    decided = _decided_already(manifest, paper, later.key) if later else []
    if later is None or not decided:
        return PackError(
            problem,
            where=file,
            remedy="It was changed, or is another version: delete it and run "
            f"`jmle fetch {manifest.id}`.",
        )
    name = next(name for name in source.files if file.as_posix().endswith(f"/{name}"))
    return PackError(
        f"{problem}; it is upstream's newer version (commit {later.commit}), which has the answers "
        f"of the key {later.key!r} already ({', '.join(decided)})",
        where=file,
        remedy="Keep it, and fetch the pinned version into another folder: `jmle fetch "
        f"{manifest.id} --exam-data=DIR`, and the same --exam-data where the exam is run. To use "
        "this one, write its checksum behind the pinned one in the pack's [source.files]: "
        f'"{name}" = ["{pinned}", "{found}"].',
    )


def _decided_already(manifest: Manifest, paper: Paper, state: str) -> list[str]:
    """The questions that a key state changes, where the paper has all of its answers already."""
    given = {
        one.id: {tuple(sorted(answer)) for answer in (one.answer, *one.also)}
        for one in paper.questions
    }
    changed = {
        change.question: {tuple(sorted(one)) for one in change.accept or [change.answer or []]}
        for change in manifest.keys[state].changes
        if change.answer or change.accept
    }
    if any(given.get(name) != answers for name, answers in changed.items()):
        return []
    return list(changed)


def _check_points(manifest: Manifest, paper: Paper) -> None:
    """Where the source says what a question counts, the pack says the same.

    A source's 0 stands for a question that a key state leaves out of the scoring.
    """
    excluded = {
        change.question
        for key in manifest.keys.values()
        for change in key.changes
        if change.treatment is Treatment.EXCLUDE
    }
    blocks = {block.id: block for block in manifest.blocks}
    for one in paper.questions:
        block = blocks.get(one.block)
        if one.points is None or block is None or one.number not in block.numbers:
            continue
        due = block.points_of(one.number)
        if due is not None and one.points != due and not (one.points == 0 and one.id in excluded):
            raise PackError(
                f"question {one.id} counts {one.points} in the source, {due} in the pack",
                where=paper.file,
                remedy="Correct the block's points, or name the question among a key's changes "
                "with the treatment 'exclude'.",
            )
