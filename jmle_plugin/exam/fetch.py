"""`jmle fetch`: what a pack pins is downloaded once, and is what a source is checked against.

Here it is decided what has to come and from where; `download` brings it. A source
that is here is the pack's where checksums, points and the questions named agree.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from jmle_plugin.errors import FetchError, PackError
from jmle_plugin.exam.download import (
    Item,
    download,
    file_sha256,
    public,
    reason,
    shown_size,
    wrong_file,
)
from jmle_plugin.exam.manifest import Manifest, read_manifest
from jmle_plugin.exam.model import Treatment
from jmle_plugin.exam.sources import Paper
from jmle_plugin.exam.spec import PinnedFiles


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a fetch did; ``str(report)`` is one line for a person."""

    folder: Path
    files: int
    downloaded: int
    kept: int
    """Files that were there already, with the right checksum."""
    bytes: int
    """Size of what was downloaded."""
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.folder}: {self.files} files, {self.downloaded} downloaded "
            f"({shown_size(self.bytes)} in {self.seconds:.1f} s), {self.kept} already there"
        )


def fetch_exam(
    pack: Path, root: Path, *, base_url: str | None = None, report: Callable[[str], None]
) -> FetchReport:
    """Download the files the pack names into `root` / its source folder.

    `base_url` names a mirror that has the same paths. `report` gets one line a file. A
    file that is there and right is not asked for again; one that is there and wrong is
    never overwritten. Raises PackError for an unusable `exam.toml` and FetchError, which
    names file and URL, for everything else; nothing partial is left behind.
    """
    manifest = read_manifest(pack)
    if manifest.source.folder is not None:
        # Of several data sets the first that can be had.
        pinned = (one for one in manifest.by_source() if one.source.files or one.source.unverified)
        manifest = next(pinned, manifest)
    source = manifest.source
    if source.folder is None:
        report(f"nothing to fetch: the exam {manifest.id} is part of the suite")
        return FetchReport(pack.parent, 0, 0, 0, 0, 0.0)
    if not (source.files or source.unverified):
        raise FetchError(
            f"nothing to fetch: the exam {manifest.id} pins no files",
            where=pack,
            remedy=f"Put its questions into {_by_hand(manifest, root)} by hand.",
        )
    if any(key.measures for key in manifest.keys.values()):
        # A bench's may keep some of its sections from commercial use.
        report(f"licence: {manifest.licence}")
    look = f"Look at them with `jmle check {manifest.id}`."
    return fetch_files(source, root, base_url=base_url, report=report, look=look)


def fetch_files(
    source: PinnedFiles,
    root: Path,
    *,
    base_url: str | None = None,
    report: Callable[[str], None],
    look: str = "",
) -> FetchReport:
    """Download the files of a source that has a folder below `root`, as `fetch_exam` does.

    `look` is what is said of files that no checksum pins.
    """
    started = time.monotonic()
    folder = root.absolute() / str(source.folder)
    files: dict[str, list[str]] = {**source.files, **{name: [] for name in source.unverified}}
    urls = _urls(source, files, base_url)
    missing = _missing(folder, files)
    kept = len(files) - len(missing)
    if kept:
        report(f"{kept} of {len(files)} files are already there")
    items = [
        Item(number, name, folder / name, next(iter(pinned), None), urls[name])
        for number, (name, pinned) in enumerate(files.items(), start=1)
        if name in missing
    ]
    sizes = download(items, total=len(files), report=report)
    if source.unverified:
        report(
            f"not checked: {len(source.unverified)} files, whose checksums are not recorded; the "
            f"commit {source.commit[:7]} alone says which they are. {look}".rstrip()
        )
    if source.incomplete:
        report(f"not fetched: {source.incomplete}")
    return FetchReport(
        folder=folder,
        files=len(files),
        downloaded=len(sizes),
        kept=len(files) - len(sizes),
        bytes=sum(sizes),
        seconds=time.monotonic() - started,
    )


def _by_hand(manifest: Manifest, root: Path) -> str:
    folders = (one.source.folder for one in manifest.by_source() if one.source.folder)
    return " or ".join(str(root.absolute() / folder) for folder in folders)


def _urls(source: PinnedFiles, files: Iterable[str], base_url: str | None) -> dict[str, str]:
    template = source.url if base_url is None else base_url.rstrip("/") + "/{path}"
    try:
        parts = urlsplit(template)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise FetchError(
            f"{public(template)!r} is no address to download from",
            remedy="Give an http:// or https:// address; for a folder on this machine, use "
            "--exam-data DIR (or JMLE_DATA) when the exam is run.",
        )
    # The path comes last, so that nothing in it is taken for a placeholder.
    fixed = template.replace("{commit}", source.commit) if base_url is None else template
    return {path: fixed.replace("{path}", quote(path)) for path in files}


def _missing(folder: Path, files: Mapping[str, Sequence[str]]) -> set[str]:
    """The files to download; FetchError when something else stands in the place of one."""
    missing: set[str] = set()
    wrong: list[str] = []
    for name, pinned in files.items():
        path = folder / name
        try:
            # The manifest's paths are plain; links on this machine may still lead elsewhere.
            if not path.resolve().is_relative_to(folder.resolve()):
                raise FetchError(
                    "is a link, or below one, that leads out of the exam's folder",
                    where=path,
                    remedy="Delete it or move it away, then run the same command again.",
                )
            if not path.exists():
                missing.add(name)
            elif not path.is_file() or (pinned and file_sha256(path) not in pinned):
                wrong.append(name)
        except (OSError, RuntimeError) as error:
            raise FetchError(
                f"is there already, but cannot be read ({reason(error)})",
                where=path,
                remedy="Make it readable or move it away, then run the same command again.",
            ) from error
    if wrong:
        pinned = files[wrong[0]]
        raise wrong_file(folder / wrong[0], pinned[0] if pinned else "unknown", wrong[1:])
    return missing


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
