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
    priced,
    run_title,
    several_epochs,
)
from jmle_plugin.results.doubt import ALPHA, is_leaning
from jmle_plugin.results.figures import p_text
from jmle_plugin.text import count

LETTERS = "letters of wrong answers"
_FACTS = {"pack": "exam hash", "extraction": "reading", "numeric": "numbers compared as"}
"""How facts are called where their own name would say little."""

TEXT_ONLY_TITLE = "Ranked by the questions without figures alone"
_NOT_EVALUABLE = {"published": "prohibited choices are", "evaluable": "others are"}


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
    yield doc.Sentence(" · ".join(facts))
    passed = [n for n, row in enumerate(table.rows) if row.verdict is Verdict.PASS]
    yield doc.Table(table_columns(table, table.rows), strong=passed, keys=2)
    yield doc.Table(table_columns(table, table.text_only), title=TEXT_ONLY_TITLE, keys=2)
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
                one.title,
                cells,
                below=below or one.below,
                long=one.long,
                left=one.left,
                joined=bool(made) and one.title == made[-1].title,
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
    phrases = [f"{table.exam.title} ({table.exam.id})", f"key {facts['key']}"]
    if table.measure:
        phrases.insert(1, f"{facts['section']}: {table.measure}")
    if facts["numeric"] != "number":
        phrases.append(f"numbers compared as {facts['numeric']}")
    phrases += [f"prompt {facts['prompt']}", f"reading {facts['extraction']}"]
    if facts["images"] != BY_ROW:
        phrases.append(f"images {facts['images']}")
    return [*phrases, f"exam hash {facts['pack']}"]


def differences(board: Leaderboard, table: Table) -> str:
    """Why the table is one of its own; empty where there is only one."""
    if len(board.tables) == 1:
        return ""
    which = f"Table {1 + board.tables.index(table)} of {len(board.tables)}"
    alike = [one for one in board.tables if one.exam.id == table.exam.id]
    told = [
        f"{_FACTS.get(name, name)} {fact}"
        for name, fact in table.facts.items()
        if len({one.facts[name] for one in alike}) > 1
    ]
    return f"{which}, not to be ranked with the others: {', '.join(told) or 'another exam'}"


def footnotes(table: Table) -> Iterator[str]:
    """What has to be known of these rows, a sentence each."""
    rows = table.every
    if table.exam.synthetic:
        yield "Sample exam: its results say nothing about medical knowledge."
    if any(row.scripted for row in rows):
        yield "* scripted replies, not a model"
    if any(row.images is not ImageMode.VISION for row in rows) and table.facts["images"] == BY_ROW:
        yield (
            f"vision {BLIND}: sat without the figures; what sets such a row apart from one with "
            f"{SAW} is the figures as well"
        )
    if several_epochs(table):
        yield "runs of several epochs: points and correct are means over them, sd of the points"
    for which in dict.fromkeys(row.criteria for row in rows if row.criteria):
        yield f"PASS: by the {which} criteria; {_NOT_EVALUABLE[which]} not evaluable"
    yield from _letters(table)
    if not table.serial_known and table.rows:
        yield "Serial groups unknown: every question counts as independent of the others"
    if not priced(table):
        yield "cost: unknown"
    elif any(row.cost.usd is not None and row.cost.unknown for row in rows):
        yield "cost over: some replies have no known cost"


def _letters(table: Table) -> Iterator[str]:
    """The letters to which some run's wrong answers lean where those of the others do not."""
    for row in table.rows:
        leaning = [
            f"{letter} {one.picked} times, {one.expected:.1f} expected ({p_text(one.p_holm)})"
            for letter, one in row.letters.items()
            if is_leaning(one)
        ]
        if leaning:
            yield (
                f"{LETTERS} of {run_title(table, row)}, against those of all rows to the same "
                f"questions: {'; '.join(leaning)}; Holm over all letters of the table"
            )


def legend(board: Leaderboard) -> Iterator[str]:
    """What the columns mean that are no plain figures, a sentence each."""
    exams = [table for table in board.tables if not table.measure]
    if any(len(table.rows) > 1 for table in exams):
        yield (
            "ranks: those that noise leaves open (every pair of rows tested on points, two-sided, "
            f"{ALPHA:.0%} by Holm for all pairs together)"
        )
        yield (f"above: p of the difference to the row above, by itself; over {ALPHA} it is noise")
    if any(table.measure and len(table.rows) > 1 for table in board.tables):
        yield (
            "above, of a bench: p of the difference to the row above by the measure's own paired "
            f"test; over {ALPHA} it is noise; sections have no rank together"
        )
    if any(table.rows for table in exams):
        yield (
            f"{board.level:.0%}: points to expect on questions like these; another paper varies "
            "besides"
        )


def unranked_title(table: Table) -> str:
    """Above the runs that have no rank."""
    return f"Without a verdict, not ranked: {count(len(table.unranked), 'run')}"
