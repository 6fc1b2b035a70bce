"""How a session that asks is heard while its tests run."""

from __future__ import annotations

import os
import sys
from typing import Any


class Voice:
    """Says lines where pytest writes, from any thread and at any time.

    Make it while nothing is captured: during a test, pytest's own way to the terminal leads
    into what that test has printed.
    """

    def __init__(self, reporter: Any) -> None:
        self._reporter = reporter
        reporter.flush()
        try:
            out = os.dup(sys.stdout.fileno())
        except (OSError, ValueError):  # a stream without a file: then no file is captured
            self._file = None
        else:
            self._file = os.fdopen(out, "w", encoding=sys.stdout.encoding, errors="replace")

    def say(self, line: str) -> None:
        """Write a line of its own."""
        if self._file is None:
            self._reporter.ensure_newline()
            self._reporter.write_line(line)
            return
        # What `ensure_newline` does, there.
        begun = "\n" if self._reporter.currentfspath else ""
        self._reporter.currentfspath = None
        self._file.write(f"{begun}{line}\n")
        self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
