"""The journal: every finished reply, on disk before a client receives it.

JSON lines, each with a sha256 over the rest of it. Only the process that holds the file's
lock may write; a line cut by a crash can only be the last, and is dropped. A sync takes 3 to
50 ms, so that replies are written at once, synced together and handed out after that.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from jmle_plugin.errors import JournalError
from jmle_plugin.files import canonical_json, digest, read_json
from jmle_plugin.gateway.protocol import Key

_PATIENCE = 1.0
"""Seconds: what was killed a moment ago keeps its files until its last thread has ended."""
_FIELDS: dict[str, type] = {"question": str, "epoch": int, "digest": str, "response": dict}


@dataclass(frozen=True, slots=True)
class Entry:
    """One reply: the chat completion, and which request (by digest of its body) it answers."""

    question: str
    epoch: int
    digest: str
    response: dict[str, Any]

    @property
    def key(self) -> Key:
        """What its reply is known by."""
        return (self.question, self.epoch, self.digest)


class Journal:
    """An open journal, locked until it is closed."""

    def __init__(self, path: Path) -> None:
        """Open for writing, and make the file where there is none.

        Raises JournalError where another process has it open or the file is damaged; a
        damaged file is left as it is.
        """
        self.path = path
        # Apart, so that a line can be written while earlier ones are being synced.
        self._guard = threading.Lock()
        self._syncing = threading.Lock()
        self._file = _locked(path)
        _ending(path).unlink(missing_ok=True)  # left by one that was killed
        try:
            raw = self._file.read()
            self._entries, sound = _parsed(raw, path)
            # A cut tail goes now: what is appended must begin on a line of its own.
            self._file.truncate(sound)
            self._file.seek(sound)
        except BaseException:
            self._file.close()
            raise

    @property
    def entries(self) -> list[Entry]:
        """The replies that were there when the file was opened, in order."""
        return list(self._entries)

    def write(self, entry: Entry) -> None:
        """Hand one reply to the system: it survives this process, not yet a loss of power.

        OSError when it could not be written whole; then nothing of it stays.
        """
        line = _line(entry)
        with self._guard:
            start = self._file.tell()
            try:
                written = 0
                while written < len(line):
                    written += self._file.write(line[written:])
            except OSError:
                # Half a line in the middle would be damage; at the end it is only cut.
                self._file.truncate(start)
                self._file.seek(start)
                raise

    def sync(self) -> None:
        """Bring what was written to the disk itself; takes milliseconds, OSError on failure."""
        with self._syncing:
            os.fsync(self._file.fileno())

    def append(self, entry: Entry) -> None:
        """Write one reply and bring it to the disk."""
        self.write(entry)
        self.sync()

    def clear(self) -> None:
        """Forget everything: for who has put the replies somewhere safe, on disk."""
        with self._guard:
            self._file.truncate(0)
            self._file.seek(0)
            self._entries = []
        self.sync()

    def remove(self) -> None:
        """Delete the file, and close: for who has put the replies somewhere safe, on disk."""
        self.path.unlink(missing_ok=True)
        self.close()

    def announce_end(self) -> None:
        """Say that this process only waits for its last replies: others wait until it is gone."""
        with suppress(OSError):  # then others are refused meanwhile
            _ending(self.path).touch()

    def close(self) -> None:
        """Finish the line being written, and let others write."""
        with self._guard, self._syncing:
            if not self._file.closed:
                _ending(self.path).unlink(missing_ok=True)
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _parsed(raw: bytes, path: Path) -> tuple[list[Entry], int]:
    """The entries, and how many bytes of the file they take."""
    sound = raw.rfind(b"\n") + 1
    entries = [
        _entry(line, f"{path}:{number}")
        for number, line in enumerate(raw[:sound].split(b"\n")[:-1], start=1)
    ]
    return entries, sound


def _line(entry: Entry) -> bytes:
    content = {name: getattr(entry, name) for name in _FIELDS}
    return canonical_json({**content, "sha256": digest(content)}) + b"\n"


def _entry(line: bytes, where: str) -> Entry:
    try:
        content = read_json(line)
    except ValueError as error:
        raise _damaged(where, f"is no JSON ({error})") from error
    if not isinstance(content, dict) or set(content) != {*_FIELDS, "sha256"}:
        raise _damaged(where, "is not what is written here")
    recorded = content.pop("sha256")
    if recorded != digest(content):
        raise _damaged(where, "was changed after it was written (its sha256 does not fit)")
    for name, kind in _FIELDS.items():
        if type(content[name]) is not kind:
            raise _damaged(where, f"has {name} = {content[name]!r}, which is no {kind.__name__}")
    return Entry(**content)


def _damaged(where: str, problem: str) -> JournalError:
    return JournalError(
        f"this line of the journal {problem}",
        where=where,
        remedy="Restore the file, or remove that line to have its question asked again.",
    )


def is_ending(path: Path) -> bool:
    """Whether the writer of the journal at `path` only waits for its last replies."""
    return _ending(path).exists()


def _ending(path: Path) -> Path:
    """The file beside the journal at `path` that is there while its writer is ending."""
    return path.with_name(f"{path.name}.ending")


def _locked(path: Path) -> BinaryIO:
    """The open file, locked; waits while its writer says that it is ending."""
    given_up = time.monotonic() + _PATIENCE
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise JournalError(
                f"cannot be opened ({error.strerror})",
                where=path,
                remedy="Make the folder writable, or name another with --cassettes.",
            ) from error
        file: BinaryIO = os.fdopen(descriptor, "r+b", buffering=0)
        try:
            _lock(file)
            # Between opening and locking, the one before us may have removed the file.
            if path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor)):
                return file
        except (BlockingIOError, PermissionError) as error:
            file.close()
            if is_ending(path):
                given_up = time.monotonic() + _PATIENCE
            if time.monotonic() < given_up:
                time.sleep(_PATIENCE / 50)
                continue
            raise JournalError(
                "another session is asking for this run right now",
                where=path,
                remedy="Wait until it has ended, or ask under another --run name.",
            ) from error
        except OSError as error:
            file.close()
            raise JournalError(
                f"cannot be locked against other sessions ({error.strerror})",
                where=path,
                remedy="Name a folder on another disk with --cassettes.",
            ) from error
        file.close()


if sys.platform == "win32":

    def _lock(file: BinaryIO) -> None:
        import msvcrt  # noqa: PLC0415 - exists there alone

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:

    def _lock(file: BinaryIO) -> None:
        import fcntl  # noqa: PLC0415 - does not exist on Windows

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


Kept = Callable[[str | None], None]
"""Called in the loop once a reply is on disk (None), or with why it cannot be."""


class Keeper:
    """Keeps replies in a journal, in the order given."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._unsynced: list[Kept] = []
        self._wake = asyncio.Event()
        self._ended = False

    def keep(self, entry: Entry, kept: Kept) -> None:
        """Have a reply written, and `kept` called when it is safe."""
        try:
            # Here and now: what is handed to the system outlives a killed process.
            self._journal.write(entry)
        except (OSError, ValueError) as error:  # ValueError: it is closed, we are leaving
            kept(self._problem(error))
            return
        self._unsynced.append(kept)
        self._wake.set()

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """Sync until the block ends and nothing is left to sync."""
        syncing = asyncio.create_task(self._sync())
        try:
            yield
        finally:
            self._ended = True
            self._wake.set()
            await syncing

    async def _sync(self) -> None:
        while self._unsynced or not self._ended:
            await self._wake.wait()
            self._wake.clear()
            batch, self._unsynced = self._unsynced, []
            problem = await asyncio.to_thread(self._synced) if batch else None
            for kept in batch:
                kept(problem)
            if self._unsynced or self._ended:
                self._wake.set()

    def _synced(self) -> str | None:
        try:
            self._journal.sync()
        except (OSError, ValueError) as error:
            return self._problem(error)
        return None

    def _problem(self, error: Exception) -> str:
        return f"{self._journal.path} cannot be written ({error})"
