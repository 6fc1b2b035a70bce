"""Foreign text in a markdown page: shown letter by letter, whatever it says.

In a code span nothing is markup, and GitHub makes no link, no mention and no formula of it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from jmle_plugin.text import printable

_CHAR = "[A-Za-z0-9\u0080-\U0010ffff]"
_PLAIN = re.compile(
    rf"\(*[+-]?{_CHAR}+(?:(?:[-/:']|(?<=[0-9])[.,](?=[0-9])){_CHAR}+)*[).,:;%]*|->|[-=<>+/]"
)
"""Words in which nothing is markup where they stand after another word."""
_BEGINS_A_BLOCK = re.compile(r"[0-9]+[.)]|->|[-=<>+/]|[+-].*")
_REFERENCE = re.compile(r"gh-[0-9]+|[0-9a-f]{7,}", re.IGNORECASE)
"""What GitHub makes a link of: issues and commits."""


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
        if _is_plain(word):
            shown += [literal(" ".join(risky)), word] if risky else [word]
            risky = []
        else:
            risky.append(word)
    return " ".join([*shown, literal(" ".join(risky))] if risky else shown)


def item(text: str) -> str:
    """`text` as an item of a list; what would begin a list or the like in it is code."""
    first, _, rest = " ".join(printable(text).split()).partition(" ")
    shown = literal(first) if _BEGINS_A_BLOCK.fullmatch(first) else prose(first)
    return f"- {shown} {prose(rest)}".rstrip()


def markdown_table(rows: Sequence[Sequence[str]], left: Container[int] = (0,)) -> list[str]:
    """A header and rows of markdown cells; columns not in `left` stand right."""
    header, *body = rows
    rule = ["---" if n in left else "---:" for n in range(len(header))]
    return [f"| {' | '.join(row)} |" for row in (header, rule, *body)]


def _is_plain(word: str) -> bool:
    return bool(_PLAIN.fullmatch(word)) and not _REFERENCE.search(word)
