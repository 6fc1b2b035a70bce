"""A terminal of 80 columns: what a session shows there, moment by moment."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyte

COLUMNS, ROWS = 80, 160
"""So many rows that nothing scrolls away; all of them are drawn for each screen."""


@dataclass(frozen=True)
class Capture:
    """What a program wrote to its terminal, and its exit status."""

    written: bytes
    status: int

    def screens(self) -> Iterator[list[str]]:
        """The lines that are there after each return, line feed or run of text between them."""
        return _screens(self.written.replace(b"\r", b"\0\r").replace(b"\n", b"\n\0").split(b"\0"))

    @property
    def lines(self) -> list[str]:
        """The lines that are there at the end."""
        return next(_screens([self.written]))


def _screens(pieces: Iterable[bytes]) -> Iterator[list[str]]:
    """The lines after each piece."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    for piece in pieces:
        stream.feed(piece)
        assert screen.cursor.y < ROWS - 1, "more rows than the terminal has"
        yield [line.rstrip() for line in screen.display[: screen.cursor.y + 1]]


def on_terminal(folder: Path, *arguments: str, path: str) -> Capture:
    """Run pytest in `folder` on a terminal of 80 columns; `path` is for imports."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    unset = ("COLUMNS", "LINES", "CI", "NO_COLOR", "GITHUB_ACTIONS", "PYTEST_ADDOPTS")
    env = {name: value for name, value in os.environ.items() if name not in unset}
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs,
        env={**env, "TERM": "xterm-256color", "PYTHONPATH": path},
    )  # fmt: skip
    os.close(theirs)
    pieces = []
    while True:
        try:
            pieces.append(os.read(ours, 65536))
        except OSError:  # EIO: nobody holds the other end any more
            break
        if not pieces[-1]:
            break
    os.close(ours)
    return Capture(b"".join(pieces), process.wait())
