"""Text in columns where some characters are two columns wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wcwidth import wcswidth, wcwidth

from jmle_plugin.mark.sheet import CostTotal
from jmle_plugin.results.language import wording

_AS_EMOJI = "\ufe0f"
"""Makes the character before it an emoji, which may widen it by a column."""

_BREAKS = "-/_=,"
"""A name may be broken after these."""

_NOT_FIRST = "、。，．・：；！？）］」』】〉》％～…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ)],.:;%"
_NOT_LAST = "（［「『【〈《(["
"""Signs that begin no line of Japanese, and that end none."""

_FINE = 0.001
"""US dollars below which six places are shown instead of four."""


def width(text: str) -> int:
    """Columns `text` takes on a terminal; control characters count as none."""
    columns = wcswidth(text)
    return columns if columns >= 0 else wcswidth("".join(c for c in text if wcwidth(c) >= 0))


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """`text` filled up with spaces to `columns`; `right` puts it at the right edge."""
    space = " " * max(columns - width(text), 0)
    return space + text if right else text + space


def cut(text: str, columns: int) -> str:
    """`text` in at most `columns`; what was longer ends in an ellipsis."""
    if width(text) <= columns:
        return text
    while width(text) >= columns:
        text = text[:-1]
    return f"{text}…"


def table(rows: Sequence[Sequence[str]], *, gap: int = 2) -> list[str]:
    """Rows as aligned lines: the first column left, the others right."""
    columns = max((len(row) for row in rows), default=0)
    widths = [max(width(row[i]) for row in rows if i < len(row)) for i in range(columns)]
    return [
        (" " * gap).join(pad(cell, widths[i], right=i > 0) for i, cell in enumerate(row)).rstrip()
        for row in rows
    ]


def wrapped(label: str, items: Sequence[str], columns: int) -> list[str]:
    """`label` and then the items, broken into lines of at most `columns`."""
    lines, line = [], label
    for item in items:
        longer = f"{line}{' ' if line.strip() and line != label else ''}{item}"
        if width(longer) > columns and line != label:
            lines.append(line)
            line = " " * width(label) + item
        else:
            line = longer
    return [*lines, line]


def dollars(amount: float | None) -> str:
    """An amount of US dollars; an unknown one is never $0."""
    if amount is None:
        return wording("cell.unknown")
    # A few questions to a cheap model cost less than a cent, which is not nothing.
    if amount >= 1 or not amount:
        return f"${amount:,.2f}"
    return f"${amount:.4f}" if amount >= _FINE else f"${amount:.6f}"


def cost_text(total: CostTotal) -> str:
    """Dollars; `over $1.20` where some replies have no known cost."""
    known = dollars(total.usd)
    some = total.usd is not None and total.unknown
    return wording("cell.over", cost=known) if some else known


def span(ends: tuple[int, int] | None) -> str:
    """`1-4`; one number where both ends are the same."""
    if ends is None:
        return ""
    first, last = ends
    return str(first) if first == last else f"{first}-{last}"


def ranges(ids: Sequence[str], most: int = 20) -> list[str]:
    """The ids; where there are more than `most`, three or more in sequence as `A-1..A-9`."""
    if len(ids) <= most:
        return list(ids)
    groups: list[list[str]] = []
    for name in ids:
        if groups and _follows(groups[-1][-1], name):
            groups[-1].append(name)
        else:
            groups.append([name])
    return [
        part
        for group in groups
        for part in ([f"{group[0]}..{group[-1]}"] if len(group) > 2 else group)  # noqa: PLR2004
    ]


def _follows(one: str, other: str) -> bool:
    """Whether `other` is `one` with its last number raised by one."""
    number = one[len(one.rstrip("0123456789")) :]
    return bool(number) and other == one.removesuffix(number) + str(int(number) + 1)


def folded(text: str, columns: int, *, indent: str = "  ") -> list[str]:
    """`text` in lines of at most `columns`, broken at blanks and between Japanese letters.

    A word too long for a line is broken after a hyphen or the like, or else anywhere.
    """
    if width(text) <= columns:
        return [text]
    lines: list[str] = []
    line = ""
    for blank, word in _words(text):
        longer = f"{line}{blank}{word}" if line else word
        if width(longer) <= columns:
            line = longer
            continue
        if line:
            lines.append(line.rstrip())
        *begun, line = _pieces(indent + word if lines else word, columns, indent)
        lines += begun
    return [*lines, line]


def _words(text: str) -> Iterator[tuple[str, str]]:
    """What stays in one line, each with the blank before it, if any."""
    for word in text.split(" "):
        blank, start = " ", 0
        for end in range(1, len(word)):
            if _may_break(word[end - 1], word[end]):
                yield blank, word[start:end]
                blank, start = "", end
        yield blank, word[start:]


def _may_break(before: str, after: str) -> bool:
    """Whether a line of Japanese may end between two letters; a number keeps its unit."""
    return (
        (_is_japanese(before) or _is_japanese(after))
        and after not in _NOT_FIRST
        and before not in _NOT_LAST
        and not before.isdigit()
    )


def _is_japanese(char: str) -> bool:
    return "\u3000" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef"


def _pieces(text: str, columns: int, indent: str) -> Iterator[str]:
    """`text` broken where it must be, in a time that grows with its length alone."""
    piece, taken, head = "", 0, 0
    enough = max(columns // 2, width(indent) + 1)
    for char in text:
        wide = 1 if char == _AS_EMOJI else max(wcwidth(char), 0)
        # What is left after a hyphen may itself leave no room for a wide character.
        while taken + wide > columns and taken > width(indent):
            head = head or len(piece)
            yield piece[:head]
            piece, head = indent + piece[head:], 0
            taken = width(piece)
        piece += char
        taken += wide
        # Not so early that most of the line would stay empty.
        if char in _BREAKS and taken >= enough:
            head = len(piece)
    yield piece
