"""The prompt: a template file, and what it makes of a question."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from jmle_plugin.errors import SettingsError
from jmle_plugin.exam.kinds import forms
from jmle_plugin.exam.model import Exam, Question
from jmle_plugin.files import read_regular

DEFAULT_PROMPT = Path(__file__).parent / "prompts" / "ja-3.toml"
"""The suite's own prompt for new runs; its folder holds the earlier ones as well."""
_IN = {"en": DEFAULT_PROMPT.with_name("en-1.toml")}
"""Language of a pack -> the suite's prompt for its new runs, where that is not the above."""
DEFAULT_MARKER = "【回答】"
"""What an answer line begins with where a prompt names no marker of its own."""
_FORM = f"See {DEFAULT_PROMPT} for the form of one."
_PLACEHOLDERS = {
    "exam",
    "serial",
    "question",
    "instruction",
    "select",
    "blanks",
    "example",
    "marker",
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """A validated template file; `sha256` is over its bytes, hence over all of it."""

    name: str
    sha256: str
    file: Path = field(compare=False)
    marker: str = field(compare=False)
    """What the answer line it asks for begins with."""
    blank: str = field(compare=False)
    """What stands for one choice where it shows the form; it is no option's label."""
    system: Template = field(compare=False)
    user: Template = field(compare=False)
    instructions: dict[str, Template] = field(compare=False)

    def messages(self, exam: Exam, question: Question, *, images: bool) -> list[dict[str, Any]]:
        """The chat messages for one question, in OpenAI form, figures by digest."""
        values = {
            "exam": exam.title,
            "serial": f"{question.serial.text}\n\n" if question.serial else "",
            "question": question.text,
            "select": str(question.select),
            "blanks": ",".join([self.blank] * (question.select or 2)),
            "example": _example(question),
            "marker": self.marker,
        }
        values["instruction"] = self.instructions[question.form].substitute(values).strip()
        text = self.user.substitute(values).strip()
        content: str | list[dict[str, Any]] = text
        if images and question.images:
            content = [
                {"type": "text", "text": text},
                *(
                    {"type": "image_url", "image_url": {"url": f"sha256:{image.sha256}"}}
                    for image in question.images
                ),
            ]
        system = self.system.substitute(values).strip()
        first = [{"role": "system", "content": system}] if system else []
        return [*first, {"role": "user", "content": content}]


def recorded_prompt(sha256: str) -> Path | None:
    """The suite's own template file of that sha256, from whatever release; None for any other."""
    for file in sorted(DEFAULT_PROMPT.parent.glob("*.toml")):
        if hashlib.sha256(file.read_bytes()).hexdigest() == sha256:
            return file
    return None


def load_prompt(path: Path | None = None, exam: Exam | None = None) -> Prompt:
    """Read a template file for the questions of `exam`.

    Without a `path` it is the suite's own in the language of `exam`.

    SettingsError names the file and what is wrong: unreadable, not TOML, a template
    missing, an unknown placeholder, or a user template without $question and $instruction.
    """
    file = path or _IN.get(exam.language if exam else "", DEFAULT_PROMPT)
    try:
        raw = read_regular(file)
        data = tomllib.loads(raw.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"is no prompt file ({error})",
            where=file,
            remedy=_FORM,
        ) from error
    instructions = data.get("instruction", {})
    if not isinstance(instructions, dict):
        raise SettingsError("instruction is no table", where=file, remedy=_FORM)
    asked = {question.form for question in exam.questions.values()} if exam is not None else ()
    known = forms()
    needed = [name for name, form in known.items() if form.usual or name in {*asked, *instructions}]
    instructions = {
        name: instructions.get(name, known[name].instruction or None) for name in needed
    }
    texts = {
        "name": data.get("name"),
        "marker": data.get("marker", DEFAULT_MARKER),
        "blank": data.get("blank", ""),
        "system": data.get("system", ""),
        "user": data.get("user"),
        **{f"instruction.{name}": text for name, text in instructions.items()},
    }
    for place, text in texts.items():
        if not isinstance(text, str):
            raise SettingsError(f"{place} is missing or not a text", where=file, remedy=_FORM)
        _check_placeholders(text, place, file)
    if not data.get("marker", DEFAULT_MARKER).strip():
        raise SettingsError("marker is empty", where=file, remedy=_FORM)
    for part in ("question", "instruction"):
        if part not in Template(data["user"]).get_identifiers():
            raise SettingsError(f"user has no ${part} in it", where=file, remedy=_FORM)
    return Prompt(
        name=data["name"],
        sha256=hashlib.sha256(raw).hexdigest(),
        file=file,
        marker=texts["marker"].strip(),
        blank=texts["blank"],
        system=Template(texts["system"] or ""),
        user=Template(data["user"]),
        instructions={name: Template(text) for name, text in instructions.items()},
    )


def load_recorded_prompt(sha256: str, exam: Exam) -> Prompt:
    """The prompt of that sha256, where it is one of the suite's own.

    Any other is in a file that only its user knows: the suite's own for new runs then stands in,
    and is found to differ.
    """
    return load_prompt(recorded_prompt(sha256), exam)


def _example(question: Question) -> str:
    spread = question.labels[::2]
    many = question.select or 2  # of those that apply there may be two
    example = (spread if len(spread) >= many else question.labels)[:many]
    # Out of the printed order, so that nobody takes it for one.
    return ",".join(reversed(example) if question.kind.rules.ordered else example)


def _check_placeholders(text: str, place: str, file: Path) -> None:
    template = Template(text)
    if not template.is_valid():
        raise SettingsError(
            f"{place}: a $ that starts no placeholder", where=file, remedy="Write it as $$."
        )
    # An instruction cannot hold itself.
    known = _PLACEHOLDERS - ({"instruction"} if place.startswith("instruction.") else set())
    if unknown := sorted(set(template.get_identifiers()) - known):
        raise SettingsError(
            f"{place}: unknown placeholders {unknown}",
            where=file,
            remedy=f"There are: {', '.join(sorted(known))}.",
        )
