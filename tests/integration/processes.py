"""Waiting for processes, and finding them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def until(what: Callable[[], object]) -> None:
    """Wait for `what`, and not for ever: a bound that no busy machine reaches."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < 300.0
        time.sleep(0.005)


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return _stat(Path(f"/proc/{pid}"))[0] == "Z"
    except OSError:
        return True


def family(session: int) -> dict[int, str]:
    """Living processes of a session (as in `setsid`), by id, and their command lines."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state, _, _, member = _stat(folder)[:4]
            command = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # it ended meanwhile
        if int(member) == session and state != "Z":
            found[int(folder.name)] = command
    return found


def members(session: int, word: str) -> list[int]:
    """Those of them with `word` in their command line."""
    return [pid for pid, command in family(session).items() if word in command]


def _stat(folder: Path) -> list[str]:
    """State, parent, group, session and more; the name before them may hold anything."""
    return (folder / "stat").read_text().rpartition(") ")[2].split()
