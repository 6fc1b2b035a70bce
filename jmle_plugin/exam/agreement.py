"""Whether a source is the one its pack speaks of: checksums, points, questions named."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jmle_plugin.errors import PackError
from jmle_plugin.exam.manifest import Manifest
from jmle_plugin.exam.model import Treatment
from jmle_plugin.exam.sources import Paper


def check_source(manifest: Manifest, paper: Paper, folder: Path) -> None:
    """PackError where `paper`, read below `folder`, is not what the pack says."""
    _check_files(manifest, paper, folder)
    _check_points(manifest, paper)
    named = {one.id for one in paper.questions}
    if stray := sorted(manifest.defects.keys() - named):
        raise PackError(
            f"defects names question {stray[0]!r}, which is not in this exam", where=paper.file
        )


def _check_files(manifest: Manifest, paper: Paper, folder: Path) -> None:
    """The files read have their pinned checksums; pinned figures are there."""
    source = manifest.source
    again = f"delete it and run `jmle fetch {manifest.id}`."
    for file in paper.parts or (paper.file,):
        pinned = source.files.get(file.relative_to(folder).as_posix())
        if pinned is None:
            continue
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        if found != pinned:
            raise PackError(
                f"has sha256 {found[:12]}…, but the pack pins {pinned[:12]}… "
                f"(upstream commit {source.commit[:7]})",
                where=file,
                remedy=f"It was changed, or is another version: {again}",
            )
    for name in source.files:
        # A figure that is left out would make its question a blind one.
        if paper.images in (folder / name).parents and not (folder / name).exists():
            raise PackError(
                "this figure is pinned, but it is not there",
                where=folder / name,
                remedy=f"Run `jmle fetch {manifest.id}`.",
            )


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
