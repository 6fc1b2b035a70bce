"""Files appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


def write_whole(path: Path, data: str | bytes, *, first: bool = False) -> None:
    """Write `data` so that a reader sees the old file or the new one, never a part.

    The folder is made where it is missing. Raises OSError, in which case the old file
    is untouched and no temporary file is left behind. With `first` a file that is there stays,
    which is FileExistsError, also where another process writes the same file meanwhile.
    """
    raw = data.encode() if isinstance(data, str) else data
    with whole_file(path, first=first) as file:
        file.write(raw)


@contextlib.contextmanager
def whole_file(path: Path, *, first: bool = False) -> Iterator[BinaryIO]:
    """A file to be written in pieces that appears whole when the block ends, as `write_whole`'s.

    Where the block raises, the old file is untouched and nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; results are meant to be shared like any other file.
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        if first and _linked(name, path):
            Path(name).unlink()
        else:
            Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _linked(name: str, path: Path) -> bool:
    """Give a file a second name, which is free; False where no disk there can."""
    try:
        os.link(name, path)
    except FileExistsError:
        raise
    except OSError:
        if path.exists():
            raise FileExistsError(errno.EEXIST, "it is there", str(path)) from None
        return False
    return True


MAX_BYTES = 64 * 1024 * 1024
"""No file that is read here comes near this."""


def read_regular(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file.

    Raises OSError with a `strerror` for people; also for a pipe or a device, which could be
    read for ever, and for a file of more than `limit` bytes.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    if status.st_size > limit:
        problem = f"it has {status.st_size:,} bytes, more than {limit:,}"
        raise OSError(errno.EFBIG, problem, str(path))
    return path.read_bytes()


def canonical_json(value: Any) -> bytes:
    """One byte string per JSON value: sorted keys, no spaces, ASCII (so any text survives).

    Raises ValueError for NaN and infinities, which JSON does not have.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode()


def digest(value: Any) -> str:
    """Sha256 of a JSON value in its canonical form, as hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def read_json(raw: str | bytes) -> Any:
    """The value of strict JSON; ValueError for NaN, repeated names and the like."""
    try:
        return json.loads(raw, parse_constant=_no_number, object_pairs_hook=_each_once)
    except RecursionError as error:
        raise ValueError("it nests without end") from error


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name given twice, two readers may see two files."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{max(names, key=names.count)!r} stands twice in one object")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")
