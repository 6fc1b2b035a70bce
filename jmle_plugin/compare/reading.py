"""The results files of a leaderboard."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jmle_plugin.ask.run import EARLIER
from jmle_plugin.compare.leaderboard import identity
from jmle_plugin.errors import ResultError
from jmle_plugin.results.file import Results
from jmle_plugin.results.soundness import read_sound_results


@dataclass(frozen=True, slots=True)
class Entry:
    """Results and the file they stand in."""

    file: Path
    results: Results


def read_entries(names: Sequence[str], *, say: Callable[[str], object] = str) -> list[Entry]:
    """Read every file; a pattern that no shell has expanded stands for what it matches.

    `<run>.earlier.json` is left out, of which `say` is told, where `<run>.json` is there too
    and is a result of the same sitting. Raises ResultError for a file that holds no sound
    results, a pattern that matches nothing, and a run that stands there twice.
    """
    entries = [Entry(file, read_sound_results(file)) for name in names for file in _files(name)]
    given = {(entry.file, identity(entry.results)) for entry in entries}
    seen: dict[tuple[str, ...], Path] = {}
    for entry in list(entries):
        since = entry.file.with_name(entry.file.name.replace(f"{EARLIER}.json", ".json"))
        if since != entry.file and (since, identity(entry.results)) in given:
            entries.remove(entry)
            say(f"Left out: {entry.file} (its run was sat again: {since.name})")
            continue
        before = seen.setdefault(identity(entry.results), entry.file)
        if before is not entry.file:
            raise ResultError(
                f"the run {entry.results.run.name} stands in {before} as well",
                where=entry.file,
                remedy="Name each run once.",
            )
    return entries


def _files(name: str) -> Iterator[Path]:
    file = Path(name)
    if file.exists() or not glob.has_magic(name):
        yield file
        return
    found = sorted(glob.glob(name))  # noqa: PTH207 - a pattern may begin anywhere
    if not found:
        raise ResultError(
            "no file is called like this",
            where=name,
            remedy="Results are written to results/<exam>/<run>.json by a session, or by "
            "`jmle rescore --write`.",
        )
    yield from map(Path, found)
