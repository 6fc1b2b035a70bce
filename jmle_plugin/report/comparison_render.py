"""A comparison for people: text for a terminal, markdown for a page."""

from __future__ import annotations

from collections.abc import Iterator

from jmle_plugin.report.comparison import change_text, facts, headline, side_titles
from jmle_plugin.report.layout import folded, table
from jmle_plugin.report.markup import item, literal, markdown_table, prose
from jmle_plugin.results.comparison import Comparison
from jmle_plugin.results.figures import p_cell
from jmle_plugin.text import printable

COLUMNS = 78
HEADER = ("", "points", "of", "correct", "of", "gained", "lost", "McNemar", "Holm")


def text_lines(comparison: Comparison, columns: int = COLUMNS) -> Iterator[str]:
    """The comparison in lines of at most `columns`."""
    old, new = side_titles(comparison)
    yield from _folded(f"{new} against {old}", columns)
    yield ""
    yield from _folded(headline(comparison), columns)
    yield ""
    yield from map(printable, table([HEADER, *_rows(comparison)]))
    yield ""
    for fact in facts(comparison):
        yield from _folded(fact, columns)
    for title, changes in (("Gained", comparison.gained), ("Lost", comparison.lost)):
        if changes:
            yield ""
            yield f"{title}: question (points): old answer -> new answer"
            for change in changes:
                yield from _folded(change_text(change), columns)


def markdown(comparison: Comparison) -> str:
    """The comparison as a section of a markdown page."""
    old, new = map(literal, side_titles(comparison))
    lines = [f"### {new} against {old}", "", f"**{headline(comparison)}**", ""]
    lines += markdown_table([[*map(prose, row)] for row in (HEADER, *_rows(comparison))])
    lines += ["", *map(item, facts(comparison))]
    for name, changes in (("Gained", comparison.gained), ("Lost", comparison.lost)):
        if changes:
            lines += ["", f"{name} (points): old answer -> new answer", ""]
            lines += [item(change_text(change)) for change in changes]
    return "\n".join(lines) + "\n"


def _rows(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    for part in (*comparison.sections, *comparison.blocks, *comparison.kinds):
        yield (
            part.title,
            f"{part.old_points} -> {part.new_points}",
            str(part.max),
            f"{part.old_correct} -> {part.new_correct}",
            str(part.questions),
            str(part.gained),
            str(part.lost),
            p_cell(part.p_mcnemar),
            p_cell(part.p_holm),
        )
    old, new = comparison.old, comparison.new
    yield (
        "Total",
        f"{old.points} -> {new.points}",
        str(comparison.max),
        f"{old.correct} -> {new.correct}",
        str(comparison.questions),
        str(len(comparison.gained)),
        str(len(comparison.lost)),
        p_cell(comparison.tests.mcnemar),
        "",
    )


def _folded(text: str, columns: int) -> list[str]:
    return folded(printable(text), columns)
