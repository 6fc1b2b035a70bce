"""JSON and lines of JSON, with errors that name the file and the line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jmle_plugin.errors import PackError
from jmle_plugin.files import read_json, read_regular

DAMAGED = "The file is damaged or cut off: delete it and run `jmle fetch` again."


def read_text(file: Path) -> str:
    """The text of a source's file; PackError where it cannot be read or is no UTF-8."""
    try:
        return read_regular(file).decode("utf-8-sig")
    except OSError as error:
        raise PackError(f"cannot be read ({error.strerror})", where=file) from error
    except UnicodeDecodeError as error:
        raise PackError(f"is not UTF-8 text ({error})", where=file, remedy=DAMAGED) from error


def read_lines(file: Path) -> Iterator[tuple[int, Any]]:
    """Line number and value of each line that is not blank."""
    # Not splitlines: a text may hold other separators than the line feed.
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if line.strip():
            yield number, parsed(line, file, f"line {number} ")


def parsed(text: str, file: Path, place: str = "") -> Any:
    """The value `text` is the JSON of; a name given twice in an object would lose an option."""
    try:
        return read_json(text)
    except ValueError as error:
        raise PackError(f"{place}is not valid JSON: {error}", where=file, remedy=DAMAGED) from error


def json_files(below: Path) -> list[Path]:
    """The files `NAME_*.json` in order, `NAME` and its folder being those of `below`."""
    try:
        beside = sorted(below.parent.iterdir())
    except OSError:
        return []
    # Not glob: a name may hold what is a pattern there.
    return [
        file
        for file in beside
        if file.name.startswith(f"{below.name}_") and file.name.endswith(".json")
    ]
