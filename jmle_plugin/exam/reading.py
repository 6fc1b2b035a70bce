"""Which of an exam's sources is on this machine, and its paper in the exam's own blocks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jmle_plugin.errors import DataMissingError, PackError
from jmle_plugin.exam.agreement import check_source
from jmle_plugin.exam.manifest import Manifest
from jmle_plugin.exam.source_spec import OtherSource
from jmle_plugin.exam.sources import ADAPTERS, Paper, PaperQuestion


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
        owners = " or ".join(one.repository or "whoever has them" for one in sources)
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
        paper = ADAPTERS[manifest.source.format](folder, manifest.source.part or "")
    except PackError as error:
        # An empty folder, or a fetch that was interrupted before the questions came.
        if manifest.source.folder and isinstance(error.__cause__, FileNotFoundError):
            raise _missing(manifest, error.where) from error
        raise
    paper = replace(paper, questions=tuple(_placed(one, manifest) for one in paper.questions))
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
