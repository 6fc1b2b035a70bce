"""The forms of other projects' files, and how they are told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from jmle_plugin.ask.importing import bench2026, igakuqa, igakuqa119
from jmle_plugin.ask.importing.foreign import ForeignRun, parse_json, read_bytes
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.errors import ImportFileError

Reader = Callable[[Sequence[Path], ImageMode | None], list[ForeignRun]]


class Form(StrEnum):
    """Whose files, and which of them."""

    BENCH2026 = "jmle2026-bench"
    IGAKUQA = "igakuqa"
    IGAKUQA119 = "igakuqa119"
    IGAKUQA119_TABLE = "igakuqa119-table"


FORMS: Mapping[Form, Reader] = {
    Form.BENCH2026: bench2026.read,
    Form.IGAKUQA: igakuqa.read,
    Form.IGAKUQA119: igakuqa119.read_answers,
    Form.IGAKUQA119_TABLE: igakuqa119.read_tables,
}
_SUFFIX = {
    Form.BENCH2026: ".json",
    Form.IGAKUQA: ".jsonl",
    Form.IGAKUQA119: ".json",
    Form.IGAKUQA119_TABLE: ".csv",
}
_EXAMS = {Form.BENCH2026: "jmle120", Form.IGAKUQA119: "jmle119", Form.IGAKUQA119_TABLE: "jmle119"}


def recognise(files: Sequence[Path]) -> Form:
    """The form of the first file, by its name's ending and, for JSON, its first keys."""
    first = _first(files)
    if first.suffix == _SUFFIX[Form.IGAKUQA]:
        return Form.IGAKUQA
    if first.suffix == _SUFFIX[Form.IGAKUQA119_TABLE]:
        return Form.IGAKUQA119_TABLE
    content = parse_json(read_bytes(first), first)
    theirs = isinstance(content, dict) and "experiment_id" in content
    return Form.IGAKUQA119 if theirs else Form.BENCH2026


def expand(files: Sequence[Path], form: Form) -> list[Path]:
    """The files, each folder replaced by the files of that form in it, in order of names."""
    found: list[Path] = []
    for path in files:
        if path.is_dir():
            inside = sorted(path.glob(f"*{_SUFFIX[form]}"))
            if not inside:
                raise ImportFileError(f"holds no file that ends in {_SUFFIX[form]}", where=path)
            found += inside
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def default_exam(form: Form, files: Sequence[Path]) -> str:
    """The exam that such files belong to, where nobody names another."""
    if form in _EXAMS:
        return _EXAMS[form]
    name = igakuqa.FILE_NAME.fullmatch(_first(files).name)
    return f"jmle{name['edition']}" if name else "jmle112"


def _first(files: Sequence[Path]) -> Path:
    """The first file, or the first known one in a folder."""
    path = files[0]
    if not path.is_dir():
        return path
    for suffix in dict.fromkeys(_SUFFIX.values()):
        for file in sorted(path.glob(f"*{suffix}")):
            return file
    raise ImportFileError("holds no files of replies", where=path)
