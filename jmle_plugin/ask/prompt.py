"""The prompt file: a template for each part of the messages, and where words of others stand."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator

from jmle_plugin.ask.messages import (
    DEFAULT_MARKER,
    DEFAULT_PROMPT,
    Prompt,
    prompt_names,
    recorded_prompt,
)
from jmle_plugin.ask.words import ShotSpec, Upstream, Words
from jmle_plugin.errors import SettingsError
from jmle_plugin.exam.kinds import forms
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.spec import PinnedFiles
from jmle_plugin.files import read_regular
from jmle_plugin.gateway.reply import PROJECTS
from jmle_plugin.strict import Strict, first_problem

__all__ = [
    "DEFAULT_MARKER",
    "DEFAULT_PROMPT",
    "Prompt",
    "load_prompt",
    "load_recorded_prompt",
    "prompt_names",
    "prompt_source",
    "recorded_prompt",
]

_FORM = f"See {DEFAULT_PROMPT} for the form of one."
_IN = {"en": DEFAULT_PROMPT.with_name("en-1.toml")}
"""Language of a pack -> the suite's prompt for its new runs, where that is not the usual one."""
_FACTS = {
    *("exam", "serial", "question", "stem", "options"),
    *("select", "blanks", "example", "marker"),
}


def _known_project(name: str) -> str:
    if name not in ("", *PROJECTS):
        raise ValueError(f"{name!r} is none of {', '.join(PROJECTS)}")
    return name


class PromptForm(Strict):
    """What a prompt file may hold beside the texts that every one has."""

    option: str = "\n$label $text"
    choices: str = "$options"
    figure: str | None = None
    figures: Literal["before", "after"] = "after"
    content: Literal["text", "parts"] = "text"
    notice: str = ""
    answer_of: Annotated[str, AfterValidator(_known_project)] = ""
    shots: list[ShotSpec] = Field(default=[])
    source: PinnedFiles | None = None
    words: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], Words] = Field(default={})

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        pins = self.source or PinnedFiles()
        named = {word.file: word.sha256 for word in self.words.values()}
        named |= {shot.file: None for shot in self.shots if shot.file}
        for file, sha256 in named.items():
            if file not in pins.files and not (file in pins.unverified and sha256):
                raise ValueError(f"{file} is pinned by no checksum, neither its own nor its words'")
        return self


_OWN = TypeAdapter(PromptForm)
_TEXTS = ("name", "marker", "blank", "system", "user", "instruction")


def load_prompt(path: Path | None = None, exam: Exam | None = None) -> Prompt:
    """Read a prompt file for the questions of `exam`.

    Without a `path` it is the suite's own in the language of `exam`.

    SettingsError names the file and what is wrong: unreadable, not TOML, a template missing, a
    field or placeholder that is unknown, no $question or $instruction. Words of other projects
    are read for an exam alone: DataMissingError where their file is not on this machine.
    """
    file = path or _IN.get(exam.language if exam else "", DEFAULT_PROMPT)
    raw, data = _read(file)
    texts, instructions = _texts(data, exam, file)
    own = {name: value for name, value in data.items() if name not in _TEXTS}
    try:
        form = _OWN.validate_python(own)
    except ValidationError as error:
        raise SettingsError(first_problem(error), where=file, remedy=_FORM) from error
    _check_templates(texts, instructions, form, file)
    read = Upstream(form.source, exam, file)
    # Without an exam nothing is asked, and no upstream file is needed.
    shots = [spec for spec in form.shots if exam is not None or spec.file is None]
    return Prompt(
        name=texts["name"],
        sha256=hashlib.sha256(raw).hexdigest(),
        file=file,
        marker=texts["marker"].strip(),
        answer_of=form.answer_of,
        blank=texts["blank"],
        system=Template(texts["system"]),
        user=Template(texts["user"]),
        instructions={name: Template(text) for name, text in instructions.items()},
        option=Template(form.option),
        choices=Template(form.choices),
        figure=None if form.figure is None else Template(form.figure),
        figures_first=form.figures == "before",
        as_parts=form.content == "parts",
        notice=Template(form.notice),
        words={name: read.words(word) for name, word in form.words.items() if exam is not None},
        shots=tuple(shot for spec in shots for shot in read.shots(spec)),
    )


def load_recorded_prompt(sha256: str, exam: Exam) -> Prompt:
    """The prompt of that sha256, where it is one of the suite's own.

    Any other is in a file that only its user knows: the suite's own for new runs then stands in,
    and is found to differ.
    """
    return load_prompt(recorded_prompt(sha256), exam)


def prompt_source(name: str) -> PinnedFiles | None:
    """The files that hold the words of the prompt of that name; None where there are none."""
    file = prompt_names().get(name)
    source = _read(file)[1].get("source") if file else None
    return PinnedFiles.model_validate(source) if source else None


def _read(file: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        raw = read_regular(file)
        return raw, tomllib.loads(raw.decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        names = ", ".join(prompt_names())
        raise SettingsError(
            f"is no prompt file ({error or type(error).__name__})",
            where=file,
            remedy=f"{_FORM} Prompts with a name are {names}.",
        ) from error


def _texts(
    data: Mapping[str, Any], exam: Exam | None, file: Path
) -> tuple[dict[str, str], dict[str, str]]:
    """The texts that every prompt has, and the instructions that the exam needs."""
    given = data.get("instruction", {})
    if not isinstance(given, dict):
        raise SettingsError("instruction is no table", where=file, remedy=_FORM)
    asked = {question.form for question in exam.questions.values()} if exam is not None else ()
    known = forms()
    needed = [name for name, form in known.items() if form.usual or name in {*asked, *given}]
    instructions: dict[str, Any] = {
        name: given.get(name, known[name].instruction or None) for name in needed
    }
    defaults = {"marker": DEFAULT_MARKER, "blank": "", "system": ""}
    texts: dict[str, Any] = {name: data.get(name, defaults.get(name)) for name in _TEXTS[:-1]}
    places = texts | {f"instruction.{name}": text for name, text in instructions.items()}
    for place, text in places.items():
        if not isinstance(text, str):
            raise SettingsError(f"{place} is missing or not a text", where=file, remedy=_FORM)
    if not texts["marker"].strip():
        raise SettingsError("marker is empty", where=file, remedy=_FORM)
    return texts, instructions


def _check_templates(
    texts: Mapping[str, str], instructions: Mapping[str, str], form: PromptForm, file: Path
) -> None:
    known = _FACTS | form.words.keys()
    message = known | {"instruction", "notice", "choices"}
    checks: list[tuple[str, str, set[str]]] = [
        ("system", texts["system"], message),
        ("user", texts["user"], message),
        *((f"instruction.{name}", text, known) for name, text in instructions.items()),
        ("notice", form.notice, known),
        ("choices", form.choices, known),
        ("option", form.option, {"label", "text"}),
        ("figure", form.figure or "", {"reference", "number"}),
    ]
    for name, word in form.words.items():
        checks += [(f"words.{name}.fill", text, _FACTS) for text in word.fill.values()]
    for place, text, names in checks:
        template = Template(text)
        if not template.is_valid():
            remedy = "Write it as $$."
            problem = f"{place}: a $ that starts no placeholder"
            raise SettingsError(problem, where=file, remedy=remedy)
        if unknown := sorted(set(template.get_identifiers()) - names):
            raise SettingsError(
                f"{place}: unknown placeholders {unknown}",
                where=file,
                remedy=f"There are: {', '.join(sorted(names))}.",
            )
    user = set(Template(texts["user"]).get_identifiers())
    if not user & {"question", "stem"}:
        raise SettingsError("user has no $question in it", where=file, remedy=_FORM)
    if "instruction" not in user | set(Template(texts["system"]).get_identifiers()):
        raise SettingsError("user has no $instruction in it", where=file, remedy=_FORM)
