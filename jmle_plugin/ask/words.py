"""Words of other projects: texts in their files, pinned, and read as literals.

A text is a constant of a module, or the k-th string literal with a Japanese character in a
function. The file is parsed; nothing of it is run.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Annotated, Self

from pydantic import Field, model_validator

from jmle_plugin.ask.messages import Shot
from jmle_plugin.errors import DataMissingError, SettingsError
from jmle_plugin.exam import default_data_root
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Exam, Question
from jmle_plugin.exam.spec import FilePath, PinnedFiles, Sha256
from jmle_plugin.files import read_json, read_regular
from jmle_plugin.strict import Strict

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_LABELS = "abcdefghijklmnopqrstuvwxyz"


class Words(Strict):
    """Where a text stands in another project's file, and what is put in its gaps."""

    file: FilePath
    constant: str = ""
    """A name that the module gives a string literal."""
    function: str = ""
    literal: Annotated[int, Field(ge=1)] | None = None
    """Which of the function's string literals with a Japanese character, from 1."""
    sha256: Sha256 | None = None
    """Of the text itself, where the file has no checksum."""
    fill: dict[str, str] = Field(default={})
    """A passage of it, such as `{n}` -> the template that is put in its place."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.constant) == bool(self.function) or bool(self.function) != bool(self.literal):
            raise ValueError("words are a constant, or a literal of a function")
        return self


class ShotSpec(Strict):
    """A question and its answer as texts, or as many as a pinned file of JSON lines holds."""

    user: str = ""
    assistant: str = ""
    file: FilePath | None = None
    stem: str = ""
    """In a file, the field with the question; likewise those with its options (a list of texts)
    and its answer (a list of labels)."""
    options: str = ""
    answer: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        texts = bool(self.user and self.assistant)
        fields = bool(self.file and self.stem and self.options and self.answer)
        if texts == fields:
            raise ValueError("a shot has user and assistant, or file, stem, options and answer")
        return self


class Upstream:
    """The pinned files of another project that hold a prompt's words."""

    def __init__(self, source: PinnedFiles | None, exam: Exam | None, prompt: Path) -> None:
        self._source = source or PinnedFiles()
        self._root = (exam.data_root if exam else None) or default_data_root()
        self._prompt = prompt
        self._command = f"`jmle fetch {prompt.stem}`"
        self._read: dict[str, tuple[Path, bytes]] = {}
        self._modules: dict[str, ast.Module] = {}

    def words(self, spec: Words) -> Template:
        """The text at its place, with templates in its gaps."""
        file, raw = self._file(spec.file)
        try:
            if spec.file not in self._modules:
                self._modules[spec.file] = ast.parse(raw)
            module = self._modules[spec.file]
            found = (
                _constants(module)[spec.constant]
                if spec.constant
                else _literals(module, spec.function)[(spec.literal or 1) - 1]
            )
        except (SyntaxError, ValueError, RecursionError, LookupError) as error:
            place = spec.constant or f"literal {spec.literal} of {spec.function}"
            raise SettingsError(f"has no text at {place}", where=file) from error
        if spec.sha256 and hashlib.sha256(found.encode()).hexdigest() != spec.sha256:
            raise self._changed(file, f"the words at {spec.constant or spec.function} are others")
        text = found.replace("$", "$$")
        gaps = sorted(spec.fill, key=len, reverse=True)
        pattern = "|".join(map(re.escape, gaps)) or "(?!)"
        return Template(re.sub(pattern, lambda gap: spec.fill[gap[0]], text))

    def shots(self, spec: ShotSpec) -> Iterator[Shot]:
        """One shot as text, or those of a file."""
        if spec.file is None:
            yield Shot(spec.user, spec.assistant)
            return
        file, raw = self._file(spec.file)
        for number, line in enumerate(raw.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                fields = read_json(line)
                stem, texts = str(fields[spec.stem]), [str(one) for one in fields[spec.options]]
                answer = [str(one) for one in fields[spec.answer]]
            except (ValueError, LookupError, TypeError) as error:
                raise SettingsError(f"line {number}: is no question", where=file) from error
            options = dict(zip(_LABELS, texts, strict=False))
            question = Question(
                id=f"shot {number}",
                block="",
                number=number,
                section="",
                kind=QuestionKind.CHOICE if options else QuestionKind.NUMERIC,
                text=stem,
                points=0,
                select=len(answer),
                options=options,
                stem=stem,
            )
            yield Shot(question, ",".join(answer))

    def _file(self, name: str) -> tuple[Path, bytes]:
        if name not in self._read:
            self._read[name] = self._pinned(name)
        return self._read[name]

    def _pinned(self, name: str) -> tuple[Path, bytes]:
        file = self._root / str(self._source.folder) / name
        try:
            raw = read_regular(file)
        except OSError as error:
            raise DataMissingError(
                f"the words of the prompt {self._prompt.stem} are not on this machine "
                f"({error.strerror})",
                where=file,
                remedy=f"{self._command} brings them, beside the exams' data.",
            ) from error
        pins = self._source.files.get(name)
        if pins and hashlib.sha256(raw).hexdigest() not in pins:
            raise self._changed(file, f"its sha256 is not {pins[0][:12]}…")
        return file, raw

    def _changed(self, file: Path, what: str) -> SettingsError:
        return SettingsError(
            f"is not the file that the prompt {self._prompt.stem} was published in: {what}",
            where=file,
            remedy=f"Move it away, then get the published one with {self._command}.",
        )


def _constants(module: ast.Module) -> dict[str, str]:
    """The string literals that the module gives a name, the last of each."""
    found: dict[str, str] = {}
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        value = getattr(node, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found |= {one.id: value.value for one in targets if isinstance(one, ast.Name)}
    return found


def _literals(module: ast.Module, function: str) -> list[str]:
    """A function's string literals with a Japanese character, in the order written."""
    functions = (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))
    body = {node.name: node for node in functions}[function]
    texts = [
        (node.lineno, node.col_offset, node.value)
        for node in ast.walk(body)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [text for *_, text in sorted(texts) if _JAPANESE.search(text)]
