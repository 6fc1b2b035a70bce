"""The messages that a prompt makes of a question; `prompt` reads one from its file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from jmle_plugin.exam.model import Exam, Image, Question

PROMPTS = Path(__file__).parent / "prompts"
"""The suite's own prompts of every release, and those that other projects published."""
DEFAULT_PROMPT = PROMPTS / "ja-3.toml"
"""The prompt for new runs."""
DEFAULT_MARKER = "【回答】"
"""What an answer line begins with where a prompt names no marker of its own."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A question with its answer, put before the one that is asked."""

    question: str | Question
    """As text, or to be written as every question is."""
    answer: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A validated prompt file; `sha256` is over its bytes, hence over all of it.

    A published prompt's bytes hold the checksums of the files that hold its words.
    """

    name: str
    sha256: str
    file: Path = field(compare=False)
    marker: str = field(compare=False)
    """What the answer line it asks for begins with."""
    answer_of: str = field(compare=False)
    """The project whose rule reads a reply that is the answer alone; empty where answer lines
    are asked for."""
    blank: str = field(compare=False)
    """What stands for one choice where it shows the form; it is no option's label."""
    system: Template = field(compare=False)
    user: Template = field(compare=False)
    instructions: Mapping[str, Template] = field(compare=False)
    option: Template = field(compare=False)
    """How an option is written in `$options`."""
    choices: Template = field(compare=False)
    """`$choices` where a question has options; else that is empty."""
    figure: Template | None = field(compare=False)
    """A text part before each figure; None where there is none."""
    figures_first: bool = field(compare=False)
    """Whether figures stand before the text instead of after it."""
    as_parts: bool = field(compare=False)
    """Whether the content is a list of parts even where it is one text."""
    notice: Template = field(compare=False)
    """`$notice` where a question has figures and none is shown; else that is empty."""
    words: Mapping[str, Template] = field(compare=False)
    """Placeholders of its own: texts that stand in another project's files."""
    shots: tuple[Shot, ...] = field(compare=False)

    def messages(self, exam: Exam, question: Question, *, images: bool) -> list[dict[str, Any]]:
        """The chat messages for one question, in OpenAI form, figures by digest."""
        shown = question.images if images else ()
        values = self._values(exam, question, shown)
        system = self.system.substitute(values).strip()
        first = [{"role": "system", "content": system}] if system else []
        for shot in self.shots:
            asked = shot.question
            text = asked if isinstance(asked, str) else self._text(self._values(exam, asked, ()))
            first += [_turn("user", self._content(text, ())), _turn("assistant", shot.answer)]
        parts = list(self._figures(question, shown))
        return [*first, _turn("user", self._content(self._text(values), parts))]

    def leaves_out_case(self, question: Question) -> bool:
        """Whether it asks the question without the case that it belongs to."""
        used = {*self.user.get_identifiers(), *self.system.get_identifiers()}
        if "question" in used or not question.stem:
            return bool(question.serial and question.serial.text) and "serial" not in used
        begins = question.text.startswith(question.stem.strip())
        return not begins or bool(question.serial and question.serial.text and "serial" not in used)

    def _values(self, exam: Exam, question: Question, shown: tuple[Image, ...]) -> dict[str, str]:
        values = {
            "exam": exam.title,
            "serial": f"{question.serial.text}\n\n" if question.serial else "",
            "question": question.text,
            "stem": question.stem or question.text,
            "options": "".join(
                self.option.substitute(label=label, text=text)
                for label, text in question.options.items()
            ),
            "select": str(question.select),
            "blanks": ",".join([self.blank] * (question.select or 2)),
            "example": _example(question),
            "marker": self.marker,
        }
        values |= {name: word.substitute(values) for name, word in self.words.items()}
        values["choices"] = self.choices.substitute(values) if question.options else ""
        blind = question.has_figures and not shown
        values["notice"] = self.notice.substitute(values) if blind else ""
        values["instruction"] = self.instructions[question.form].substitute(values).strip()
        return values

    def _text(self, values: Mapping[str, str]) -> str:
        return self.user.substitute(values).strip()

    def _figures(self, question: Question, shown: tuple[Image, ...]) -> Iterator[dict[str, Any]]:
        names = question.references or [image.name for image in question.images]
        for number, (image, name) in enumerate(zip(shown, names, strict=False), start=1):
            if self.figure is not None:
                text = self.figure.substitute(reference=name, number=str(number))
                yield {"type": "text", "text": text}
            yield {"type": "image_url", "image_url": {"url": f"sha256:{image.sha256}"}}

    def _content(self, text: str, figures: list[dict[str, Any]] | tuple[()]) -> Any:
        if not (self.as_parts or figures):
            return text
        said = {"type": "text", "text": text}
        return [*figures, said] if self.figures_first else [said, *figures]


def recorded_prompt(sha256: str) -> Path | None:
    """The suite's own prompt file of that sha256, from whatever release; None for any other."""
    for file in prompt_names().values():
        if hashlib.sha256(file.read_bytes()).hexdigest() == sha256:
            return file
    return None


def prompt_names() -> dict[str, Path]:
    """The prompts that have a name -> their files."""
    return {file.stem: file for file in sorted(PROMPTS.glob("*.toml"))}


def _turn(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


def _example(question: Question) -> str:
    spread = question.labels[::2]
    many = question.select or 2  # of those that apply there may be two
    example = (spread if len(spread) >= many else question.labels)[:many]
    # Out of the printed order, so that it is not taken for one.
    return ",".join(reversed(example) if question.kind.rules.ordered else example)
