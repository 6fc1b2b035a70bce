"""The leaderboard as markdown, and in the place that a document keeps for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from jmle_plugin.compare.leaderboard import Leaderboard, Row, Table
from jmle_plugin.errors import ResultError
from jmle_plugin.files import read_regular
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report import leaderboard
from jmle_plugin.report.layout import item, markdown_table, prose
from jmle_plugin.report.leaderboard import Column, ranked_columns, unranked_columns

BEGIN, END = (f"<!-- jmle leaderboard {word} -->" for word in ("begin", "end"))


def markdown(board: Leaderboard) -> str:
    """Tables and what has to be known to read them, ending in a line break."""
    parts = ["\n".join(_table(board, table)) for table in board.tables]
    legend = "\n".join(item(note) for note in leaderboard.legend(board))
    # One list where one table stands above it, a list of its own below several.
    listed = len(parts) == 1 and parts[0].rpartition("\n")[2].startswith("- ")
    return "\n\n".join(parts) + ("\n" if listed else "\n\n") + legend + "\n"


def filled(file: Path, text: str) -> bytes:
    """The file's content with `text` between its markers, each a line of its own.

    Line breaks stay those of the file. Raises ResultError where the file cannot be read, or
    the markers are not there exactly once and in order.
    """
    try:
        content = read_regular(file).decode("utf-8")
    except OSError as error:
        raise ResultError(
            f"cannot be read ({error.strerror})", where=file, remedy=_REMEDY
        ) from error
    except UnicodeDecodeError as error:
        raise ResultError("is no UTF-8 text", where=file, remedy=_REMEDY) from error
    lines = content.splitlines(keepends=True)
    places = [[n for n, line in enumerate(lines) if line.strip() == one] for one in (BEGIN, END)]
    if [len(found) for found in places] != [1, 1] or places[0] >= places[1]:
        begins, ends = map(len, places)
        raise ResultError(
            f"has {begins} lines {BEGIN} and {ends} lines {END}, not one of each in this order",
            where=file,
            remedy=_REMEDY,
        )
    begin, end = places[0][0], places[1][0]
    line_break = "\r\n" if lines[begin].endswith("\r\n") else "\n"
    inside = f"\n{text}\n".replace("\n", line_break)
    return "".join([*lines[: begin + 1], inside, *lines[end:]]).encode()


_REMEDY = f"Write {BEGIN} and {END} into it, a line each, where the table belongs."


def _table(board: Leaderboard, table: Table) -> Iterator[str]:
    if difference := leaderboard.differences(board, table):
        yield f"**{prose(difference)}**"
        yield ""
    title, *facts = leaderboard.heading(table)
    yield " · ".join([f"**{prose(title)}**", *map(prose, facts)])
    if table.rows:
        yield ""
        yield from _grid(ranked_columns(table), table.rows)
    if table.unranked:
        yield ""
        yield f"{leaderboard.unranked_title(table)}"
        yield ""
        yield from _grid(unranked_columns(table), table.unranked)
    for n, note in enumerate(leaderboard.footnotes(table)):
        yield from ("",) * (n == 0)
        yield item(note)


def _grid(columns: Sequence[Column], rows: Sequence[Row]) -> list[str]:
    lines = [[one.long or f"{one.title} {one.below}".strip() for one in columns]]
    for n, row in enumerate(rows):
        bold = {"model", "verdict"} if row.verdict is Verdict.PASS else set()
        lines.append([_cell(one, n, bold=one.title in bold) for one in columns])
    return markdown_table(lines, {n for n, one in enumerate(columns) if one.left})


def _cell(column: Column, n: int, *, bold: bool) -> str:
    """Names are foreign; figures are ours, but a dollar may begin a formula."""
    text = column.cells[n]
    cell = prose(text) if column.left else text.replace("$", r"\$")
    return f"**{cell}**" if cell and bold else cell
