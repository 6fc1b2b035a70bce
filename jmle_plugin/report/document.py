"""What a report is written as, once for every form: titles, sentences, lists and tables.

`terminal` and `markdown` show the same blocks. Texts are plain or a template with values, so that
a form decides how a foreign name looks, and a language how a sentence is built.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from jmle_plugin.results.language import template_of, wording
from jmle_plugin.text import printable

_LARGEST = 10
"""Rows of a long table that a form with little room shows."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name that comes from elsewhere: shown letter by letter."""

    text: str


class Phrase:
    """A whole sentence of ours with places for what varies: `{new} against {old}`."""

    def __init__(self, template: str, **values: str | Name) -> None:
        self.template = template
        self.values = values

    def shown(self, how: Callable[[str | Name], str]) -> str:
        """The sentence with its values as `how` shows them."""
        return self.template.format(**{name: how(value) for name, value in self.values.items()})


def phrase(key: str, **values: str | Name) -> Phrase:
    """A sentence of the catalogue, its values apart."""
    return Phrase(template_of(key), **values)


def heads(*names: str) -> list[str]:
    """Heads of columns, in the language in force."""
    return [wording(f"column.{name}") for name in names]


Text = str | Name | Phrase
"""A sentence or cell; a string may hold foreign words, of which no form makes markup."""


class Tone(StrEnum):
    """How a sentence stands out."""

    STRONG = "strong"
    GOOD = "good"
    BAD = "bad"
    LACKING = "lacking"
    """There is no verdict because something went wrong."""
    OPEN = "open"
    """There is no verdict, and nothing went wrong."""


@dataclass(frozen=True, slots=True)
class Title:
    """What the blocks below it are about."""

    text: Text
    level: int = 0
    """Of a heading, where a form has several: 1 is the highest, 0 is none."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence by itself, close to the block above it unless it stands out."""

    text: Text
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A label and ids, which may be many: `Errors (2): A-1 A-2`."""

    label: str
    ids: Sequence[str]

    @property
    def line(self) -> str:
        """All of it in one line."""
        return " ".join([self.label, *self.ids])


@dataclass(frozen=True, slots=True)
class List:
    """Sentences one below the other."""

    items: Sequence[Text | Listed]
    title: Text = ""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A cell for every row below a title of one or two short lines."""

    title: str
    cells: Sequence[Text]
    below: str = ""
    """The second line: what all figures are out of, say."""
    long: str = ""
    """The title where there is room for it; `title` where none is given."""
    left: bool = False
    """Words, which stand left and may be foreign; figures are ours and stand right."""
    joined: bool = False
    """Whether it stands below the title of the column before it."""
    strong: bool = False
    """Whether it stands out in rows that do, where a form shows no whole row so."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equally many cells, at least one column."""

    columns: Sequence[TableColumn]
    title: Text = ""
    strong: Collection[int] = ()
    """Places of the rows that stand out."""
    keys: int = 1
    """Columns at the front that are shown again where the others need a second panel."""
    gap: int = 2
    """Blanks between columns where there is room for them."""
    minor: Collection[int] = ()
    """Places of rows that a form with little room leaves out, saying `rest` instead."""
    rest: str = ""


Block = Title | Sentence | List | Table
Document = tuple[Block, ...]


def table_of(
    header: Sequence[str],
    rows: Iterable[Sequence[Text]],
    *,
    left: Collection[int] = (0,),
    gap: int = 2,
) -> Table:
    """A table of rows of as many cells as the header has; those in `left` are words."""
    cells = list(zip(*rows, strict=True)) or [()] * len(header)
    columns = [
        TableColumn(title, column, left=n in left)
        for n, (title, column) in enumerate(zip(header, cells, strict=True))
    ]
    return Table(columns, gap=gap)


def largest_rows(table: Table, sizes: Sequence[int], rest: str) -> Table:
    """The table with all but its ten largest rows as minor ones; the text `rest` counts them."""
    largest = sorted(range(len(sizes)), key=lambda n: -sizes[n])[:_LARGEST]
    minor = [n for n in range(len(sizes)) if n not in largest]
    return replace(table, minor=minor, rest=wording(rest, number=len(minor)) if minor else "")


def plain(text: Text) -> str:
    """A text as nothing but characters, fit to be shown."""
    if isinstance(text, Phrase):
        return text.shown(plain)
    return printable(text.text if isinstance(text, Name) else text)


def is_empty(block: Block) -> bool:
    """Whether a block has nothing to show."""
    if isinstance(block, List):
        return not block.items
    return isinstance(block, Table) and not (block.columns and block.columns[0].cells)
