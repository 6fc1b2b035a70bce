"""The leaderboard as a document: its tables, and what has to be known to read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.leaderboard import BY_ROW, Leaderboard, Row, Table
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report import document as doc
from jmle_plugin.report.columns import (
    BLIND,
    COLUMNS,
    SAW,
    Column,
)
from jmle_plugin.report.tallies import priced, run_title, several_epochs
from jmle_plugin.results.doubt import ALPHA, is_leaning
from jmle_plugin.results.language import clauses, joined, known, named, p_text, wording


def leaderboard_document(board: Leaderboard) -> doc.Document:
    """Every table with its notes, then what the columns mean."""
    blocks: list[doc.Block] = []
    for table in board.tables:
        blocks += _table_blocks(board, table)
    notes = [*footnotes(board.tables[0])] if len(board.tables) == 1 else []
    return (*blocks, doc.List([*notes, *legend(board)]))


def _table_blocks(board: Leaderboard, table: Table) -> Iterator[doc.Block]:
    title, *facts = heading(table)
    yield doc.Title(title)
    if difference := differences(board, table):
        yield doc.Sentence(difference)
    yield doc.Sentence(wording("list.facts").join(facts))
    passed = [n for n, row in enumerate(table.rows) if row.verdict is Verdict.PASS]
    yield doc.Table(table_columns(table, table.rows), strong=passed, keys=2)
    yield doc.Table(table_columns(table, table.text_only), title=text_only_title(), keys=2)
    yield doc.Table(table_columns(table, table.unranked), title=unranked_title(table))
    if len(board.tables) > 1:
        yield doc.List([*footnotes(table)])


def shown_columns(table: Table, rows: Sequence[Row]) -> list[Column]:
    """The columns that these rows have: those of one of the table's orders."""
    order = next(name for name in ("text_only", "unranked", "rows") if rows is getattr(table, name))
    flag = "ranked" if order == "rows" else order
    return [
        one
        for one in COLUMNS
        if getattr(one, flag)
        and (flag != "ranked" or one.bench in (None, bool(table.measure)))
        and one.wanted(table, rows)
    ]


def table_columns(table: Table, rows: Sequence[Row]) -> list[doc.TableColumn]:
    """The rows' columns for a document; columns of one title one after the other share it."""
    made: list[doc.TableColumn] = []
    for one in shown_columns(table, rows) if rows else ():
        if one.cell is None:
            continue
        below, cells = _out_of([one.cell(table, row) for row in rows])
        made.append(
            doc.TableColumn(
                known(one.title),
                cells,
                below=below or known(one.below),
                long=known(one.long),
                left=one.left,
                joined=bool(made) and known(one.title) == made[-1].title,
                strong=one.strong,
            )
        )
    return made


def _out_of(cells: Sequence[str]) -> tuple[str, Sequence[str]]:
    """`/500` and figures alone, where what they are out of is the same for all."""
    parts = [cell.partition("/") for cell in cells]
    wholes = {whole for _, _, whole in parts}
    if len(wholes) > 1 or not all(whole.isdigit() for whole in wholes):
        return "", cells
    return f"/{wholes.pop()}", [figure for figure, _, _ in parts]


def heading(table: Table) -> list[str]:
    """The exam's name, then a phrase for every fact that the rows share."""
    facts = table.facts
    phrases = [wording("board.exam", title=table.exam.title, exam=table.exam.id)]
    if table.measure:
        section = known(facts["section"])
        phrases.append(wording("board.measure", section=section, measure=known(table.measure)))
    phrases.append(wording("fact.key", state=facts["key"]))
    shown = ["numeric"] if facts["numeric"] != "number" else []
    shown += ["prompt", "extraction"]
    shown += ["images"] if facts["images"] != BY_ROW else []
    return [*phrases, *(_fact(name, facts[name]) for name in (*shown, "pack"))]


def _fact(name: str, fact: str) -> str:
    """A fact that all rows of a table share."""
    return wording(f"board.fact.{name}", fact=named(f"board.said.{name}.{fact}", fact))


def which_table(board: Leaderboard, table: Table) -> str:
    """Which of several tables it is; empty where there is only one."""
    if len(board.tables) == 1:
        return ""
    return wording("board.which", number=1 + board.tables.index(table), tables=len(board.tables))


def differences(board: Leaderboard, table: Table) -> str:
    """Why the table is one of its own; empty where there is only one."""
    which = which_table(board, table)
    if not which:
        return ""
    alike = [one for one in board.tables if one.exam.id == table.exam.id]
    own_facts = [
        _fact(name, fact)
        for name, fact in table.facts.items()
        if len({one.facts[name] for one in alike}) > 1
    ]
    if not own_facts:
        return wording("board.another_exam", table=which)
    return wording("board.apart", table=which, facts=joined(own_facts))


def footnotes(table: Table) -> Iterator[str]:
    """What has to be known of these rows, a sentence each."""
    yield from notes(table)
    yield from _letters(table)
    if not priced(table):
        yield wording("board.cost_unknown")
    elif any(row.cost.usd is not None and row.cost.unknown for row in table.every):
        yield wording("board.cost_over")


def notes(table: Table) -> Iterator[str]:
    """Of the footnotes those on what every form shows, a picture too."""
    rows = table.every
    if table.exam.synthetic:
        yield wording("note.synthetic")
    if any(row.scripted for row in rows):
        yield wording("board.scripted")
    if any(row.images is not ImageMode.VISION for row in rows) and table.facts["images"] == BY_ROW:
        yield wording("board.blind", blind=BLIND, saw=SAW)
    if several_epochs(table):
        yield wording("board.several_epochs")
    for which in dict.fromkeys(row.criteria for row in rows if row.criteria):
        yield wording(f"board.criteria.{which}")
    if not table.serial_known and table.rows:
        yield wording("board.serial_unknown")


def _letters(table: Table) -> Iterator[str]:
    """The letters to which some run's wrong answers lean where those of the others do not."""
    for row in table.rows:
        leaning = [
            wording(
                "board.letter",
                letter=letter,
                picked=one.picked,
                expected=f"{one.expected:.1f}",
                p=p_text(one.p_holm),
            )
            for letter, one in row.letters.items()
            if is_leaning(one)
        ]
        if leaning:
            title = run_title(table, row)
            yield wording("board.letters", run=title, letters=clauses(leaning))


def legend(board: Leaderboard) -> Iterator[str]:
    """What the columns mean that are no plain figures, a sentence each."""
    exams = [table for table in board.tables if not table.measure]
    if any(len(table.rows) > 1 for table in exams):
        yield wording("board.legend.ranks", level=f"{ALPHA:.0%}")
        yield wording("board.legend.above", alpha=ALPHA)
    if any(table.measure and len(table.rows) > 1 for table in board.tables):
        yield wording("board.legend.above_bench", alpha=ALPHA)
    if any(table.rows for table in exams):
        yield wording("board.legend.interval", level=f"{board.level:.0%}")


def unranked_title(table: Table) -> str:
    """Above the runs that have no rank."""
    return wording("board.unranked", len(table.unranked))


def text_only_title() -> str:
    """Above the order of the questions without figures."""
    return wording("board.text_only")
