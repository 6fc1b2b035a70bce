"""One adapter per upstream layout: folder and part of the source -> `Paper`.

An adapter only translates: it reads one layout and raises PackError where a file is
not what the layout says. What must hold for every exam is checked in `pack`.

What adapters hand over, and what several share, stands here. A paper's questions are as printed,
before rules and key are applied. Answers come as `a`, `A`, `ac`, `a,c`, `１`, `13`; several
accepted ones as `a or c`. Errors of JSON name file and line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from jmle_plugin.errors import PackError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Treatment
from jmle_plugin.files import read_json, read_regular

ADAPTERS: Mapping[str, str] = {
    "jmle": "native.read",
    "jmle2026-bench": "bench2026.read",
    "igakuqa": "igakuqa.read",
    "igakuqa119": "igakuqa119.read",
    "kokushimd": "kokushimd.read",
    "jmed48k": "jmed48k.read",
    "jmedqa": "jmedqa.read",
    "yakugakuqa": "yakugakuqa.read",
    "denqa": "denqa.read",
    "jmed-llm": "language.read_tables",
    "jmmlu": "language.read_subjects",
    "jmedbench": "language.read_jmedbench",
    "vqa-rad": "vqa.read_rad",
    "slake": "vqa.read_slake",
    "medxpertqa": "vqa.read_medxpert",
    "pmc-vqa": "vqa.read_pmc",
}
"""Layout -> the adapter, imported when the layout is read: a session needs one of them."""


def read_paper(layout: str, folder: Path, part: str = "") -> Paper:
    """The paper below `folder`, by the adapter of its layout; PackError names file and place."""
    module, _, name = ADAPTERS[layout].partition(".")
    adapter: Callable[[Path, str], Paper] = getattr(import_module(f"{__name__}.{module}"), name)
    return adapter(folder, part)


DAMAGED = "The file is damaged or cut off: delete it and run `jmle fetch` again."
_KANJI = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
_SELECT = re.compile(r"([0-9一二三四五])\s*つ\s*(?:を)?\s*選")
_ALL = re.compile(r"(?:すべて|全て)\s*(?:を)?\s*選")
_ORDER = re.compile(r"並べ(?:よ|る|た|て)|順(?:番|序)を")
_OR = re.compile(r"\bor\b|または|又は|もしくは|[/;]")
_NOTHING = re.compile(r"[\s,、・.()\[\]\"']+")
_WHOLE = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨"
_BOXES = re.compile(rf"(?:([0-9]+)\s?[,，]\s?)?([{_CIRCLED}]+)(?:[.．]([{_CIRCLED}]+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class PaperSerial:
    """A context text shared by several questions."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class PaperQuestion:
    """One question of a source; `text` already holds the options."""

    id: str
    block: str
    number: int
    kind: QuestionKind
    text: str
    answer: tuple[str, ...]
    also: tuple[tuple[str, ...], ...] = ()
    """Other answers the source accepts as well."""
    treatment: Treatment = Treatment.STANDARD
    """What the source itself says of it, until a key state decides; one that is excluded for
    all may have no answer."""
    select: int = 1
    options: Mapping[str, str] = field(default_factory=dict)
    stem: str = ""
    """The source's own text of it, as it stands there; empty where ``text`` is that."""
    images: tuple[str, ...] = ()
    """File names in the paper's image folder."""
    references: tuple[str, ...] = ()
    """What its text calls each of ``images``, where the source says that."""
    figures_missing: bool = False
    """Its figures are not in the source."""
    serial: PaperSerial | None = None
    prohibited: tuple[str, ...] = ()
    subject: str = ""
    visual_types: tuple[str, ...] = ()
    """What its figures are (radiograph, ECG, ...), in the source's words."""
    human_accuracy: float | None = None
    """Share of human candidates who were right, 0 to 1."""
    points: int | None = None
    """What the source says it counts; 0 where the source leaves it out of the scoring.
    `exam.toml` must agree, or leave it to the source."""
    language: str = ""
    rationale: str = ""
    image_dependency: str = ""
    """How far it can be answered without its figures, in the source's words."""
    defect: str = ""
    """What is wrong with it in the source, as a sentence for people; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Paper:
    """All questions of a source in the order printed, and where its images lie."""

    file: Path
    """What errors name."""
    images: Path
    questions: tuple[PaperQuestion, ...]
    parts: tuple[Path, ...] = ()
    """The files read, where `file` is a folder that holds several."""
    notes: tuple[str, ...] = ()
    """What has to be known of all of it, a sentence each."""
    cases_told: bool = True
    """Whether the source says which questions share a case (連問)."""
    gaps: bool = False
    """The source leaves questions out: these are named, where others would be refused."""


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


def folded(text: object) -> str:
    """`text` in normal form, lower case."""
    return unicodedata.normalize("NFKC", str(text)).lower().strip()


def with_options(stem: str, options: Mapping[str, str]) -> str:
    """The question as printed: `stem` and, where it does not hold them yet, the options."""
    stem = stem.strip()
    if not options or all(text.strip() and text.strip() in stem for text in options.values()):
        return stem
    printed = "\n".join(f"{label}　{text}" for label, text in options.items())
    return f"{stem}\n\n{printed}"


def asked_for(stem: str) -> int | None:
    """How many options the words of a question ask for: 0 for all that apply, None unsaid."""
    text = folded(stem)
    if _ALL.search(text):
        return 0
    said = _SELECT.findall(text)
    return (_KANJI.get(said[-1]) or int(said[-1])) if said else None


def asks_for_order(stem: str) -> bool:
    """Whether the words of a question ask for an order."""
    return _ORDER.search(folded(stem)) is not None


def alternatives(written: str) -> list[str]:
    """The answers that `written` accepts, each by itself."""
    return [part for part in map(str.strip, _OR.split(folded(written))) if part]


def labels_of(answer: str, labels: Iterable[str]) -> tuple[str, ...]:
    """The labels written in `answer`, in their order; () where anything else is written."""
    known = {folded(label): label for label in labels}
    parts = [part for part in _NOTHING.split(folded(answer)) if part]
    if all(part in known for part in parts):
        return tuple(known[part] for part in parts)
    chars = "".join(parts)
    return tuple(known[char] for char in chars) if set(chars) <= known.keys() else ()


def number_of(answer: str) -> str | None:
    """The number written in `answer`, as the examiners wrote it."""
    text = folded(answer).replace(",", "").replace(" ", "")
    return text if _WHOLE.fullmatch(text) else None


def boxed_number(key: str, text: str) -> tuple[str, ...]:
    """The numbers that answer the question `text`, of which the first is the one meant.

    What the examiners print as a key is the digits in the boxes: for `①②.③` the key `100` is
    10.0. Where a digit is printed before the boxes (`1, ①②③`), both the number (1130) and the
    digits alone (130) are right. A key that does not fill the boxes printed last in `text`
    stands as it is.
    """
    forms = list(_BOXES.finditer(text))
    if not forms or not key.isascii() or not key.isdecimal():
        return (key,)
    before, whole, fraction = forms[-1].groups()
    if len(key) != len(whole) + len(fraction or ""):
        return (key,)
    number = f"{key[: len(whole)]}.{key[len(whole) :]}" if fraction else key
    return (before + number, number) if before else (number,)


def answered_with(question: PaperQuestion, texts: Sequence[str], file: Path) -> PaperQuestion:
    """A question whose answer is one of `texts`: the first word of each is its label.

    Labels stand in its text, for nothing else says what may be answered. Raises PackError where
    the answer the source gives is none of `texts`.
    """
    options = {text.split()[0]: text for text in texts}
    right = [label for label, text in options.items() if folded(text) == folded(question.answer[0])]
    if not right or len(options) < len(texts):
        raise PackError(
            f"question {question.id}: the answer {question.answer[0]!r} is not one of "
            f"{', '.join(texts)}, each of which begins with a word of its own",
            where=file,
        )
    shown = {label: "" if text == label else text for label, text in options.items()}
    return replace(
        question,
        text="\n".join([question.text, "", *(f"- {text}" for text in texts)]),
        answer=(right[0],),
        options=shown,
    )
