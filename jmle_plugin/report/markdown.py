"""A document as markdown; foreign text in it is shown letter by letter, whatever it says.

In a code span nothing is markup, and GitHub makes no link, no mention and no formula of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jmle_plugin.report.document import (
    Block,
    Listed,
    Name,
    Phrase,
    Sentence,
    Table,
    TableColumn,
    Text,
    Title,
    Tone,
    is_empty,
)
from jmle_plugin.report.layout import ranges
from jmle_plugin.text import printable

_CHAR = "[A-Za-z0-9\u0080-\U0010ffff]"
_LETTERS = rf"{_CHAR}+(?:(?:[-/:']|(?<=[0-9])[.,](?=[0-9])){_CHAR}+)*"
_PLAIN = re.compile(rf"\(*[+-]?{_LETTERS}[).,:;%]*|->|[-=<>+/]")
"""Words in which nothing is markup where they stand after another word."""
_JAPANESE = re.compile("[\u3000-\u9fff\uff00-\uffef]+")
"""Letters and signs that set words apart as blanks do."""
_BETWEEN_JAPANESE = re.compile(rf"[+-]?{_LETTERS}[)%]*")
"""What is no markup beside Japanese letters either: `95%` of `95%信頼区間`, but not `www.`."""
_BEGINS_A_BLOCK = re.compile(r"[0-9]+[.)]|->|[-=<>+/]|[+-].*")
_REFERENCE = re.compile(r"gh-[0-9]+|[0-9a-f]{7,}", re.IGNORECASE)
"""What GitHub makes a link of: issues and commits."""
_MARKUP = re.compile(r"[\\`*_$|<~\[\]]")
"""What may be markup in a figure of ours: a dollar begins a formula."""
_SIGNS = {Tone.GOOD: "✅ ", Tone.BAD: "❌ ", Tone.LACKING: "⚠️ ", Tone.OPEN: "⚠️ "}


def markdown(document: Iterable[Block]) -> str:
    """The document as a page or a part of one, ending in a line break."""
    blocks = ["\n".join(_block_lines(block)) for block in document if not is_empty(block)]
    return "\n\n".join(blocks) + "\n"


def inline(text: Text) -> str:
    """A text within a line of markdown."""
    if isinstance(text, Phrase):
        return text.shown(inline)
    return literal(text.text) if isinstance(text, Name) else prose(text)


def literal(text: str) -> str:
    """`text` as code, in one line; empty where there is none."""
    words = " ".join(printable(text).split())
    if not words:
        return ""
    if "`" not in words and "|" not in words:
        return f"`{words}`"
    # A table is cut at | before anything else is read, even in a code span.
    return f"<code>{re.sub('[!-/:-@[-`{-~]', lambda found: f'&#{ord(found[0])};', words)}</code>"


def prose(text: str) -> str:
    """A sentence or cell with foreign words: those that could be markup are code."""
    shown: list[str] = []
    risky: list[str] = []
    for word in printable(text).split():
        if not _is_plain(word) and not _JAPANESE.search(word):
            risky.append(word)
            continue
        if risky:
            shown.append(literal(" ".join(risky)))
            risky = []
        shown.append(word if _is_plain(word) else _parts(word))
    return " ".join([*shown, literal(" ".join(risky))] if risky else shown)


def _parts(word: str) -> str:
    """A word with Japanese letters, of which the parts between them are code where need be."""
    return "".join(
        part
        if _JAPANESE.fullmatch(part) or (_BETWEEN_JAPANESE.fullmatch(part) and _is_plain(part))
        else literal(part)
        for part in re.split(f"({_JAPANESE.pattern})", word)
    )


def item(text: str) -> str:
    """`text` as an item of a list; what would begin a list or the like in it is code."""
    first, _, rest = " ".join(printable(text).split()).partition(" ")
    shown = literal(first) if _BEGINS_A_BLOCK.fullmatch(first) else prose(first)
    return f"- {shown} {prose(rest)}".rstrip()


def table_lines(table: Table) -> Iterator[str]:
    """The table's lines; words stand left, figures right."""
    columns = table.columns
    yield _row(_heading(one) for one in columns)
    yield _row("---" if one.left else "---:" for one in columns)
    for n in range(len(columns[0].cells)):
        yield _row(_cell(one, n, strong=one.strong and n in table.strong) for one in columns)


def _block_lines(block: Block) -> Iterator[str]:
    if isinstance(block, Title):
        text = inline(block.text)
        yield f"{'#' * block.level} {text}" if block.level else f"**{text}**"
    elif isinstance(block, Sentence):
        text = inline(block.text)
        yield f"**{_SIGNS.get(block.tone, '')}{text}**" if block.tone else text
    else:
        if block.title:
            yield from (inline(block.title), "")
        yield from table_lines(block) if isinstance(block, Table) else map(_item, block.items)


def _item(text: Text | Listed) -> str:
    if isinstance(text, Listed):
        return item(" ".join([text.label, *ranges(text.ids)]))
    return item(text) if isinstance(text, str) else f"- {inline(text)}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _heading(column: TableColumn) -> str:
    return f"{prose(column.long or column.title)} {column.below}".strip()


def _cell(column: TableColumn, n: int, *, strong: bool) -> str:
    text = column.cells[n]
    if isinstance(text, str) and not column.left:
        cell = _MARKUP.sub(r"\\\g<0>", printable(text).strip())
    else:
        cell = inline(text)
    return f"**{cell}**" if cell and strong else cell


def _is_plain(word: str) -> bool:
    return bool(_PLAIN.fullmatch(word)) and not _REFERENCE.search(word)
