"""What every form of a leaderboard says: cells, headings, footnotes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.leaderboard import BY_ROW, Leaderboard, Row, Table
from jmle_plugin.mark.sheet import CostTotal, MeanTally, Verdict
from jmle_plugin.report.layout import dollars
from jmle_plugin.results.doubt import ALPHA, is_leaning
from jmle_plugin.results.figures import mean_text, p_cell, p_text
from jmle_plugin.text import count


@dataclass(frozen=True, slots=True)
class Column:
    """A cell for every row below a title of one or two short lines."""

    title: str
    cells: tuple[str, ...]
    below: str = ""
    long: str = ""
    """The title where there is room for it; `title` where none is given."""
    left: bool = False
    joined: bool = False
    """Whether it stands below the title of the column before it."""


def ranked_columns(table: Table) -> list[Column]:
    """Rank and model first, then what may stand beside or below them."""
    rows = table.rows
    columns = [
        Column("", tuple(str(row.rank) for row in rows)),
        _models(table, rows),
        *_ranks(rows),
        _out_of("points", [points(row.total) for row in rows]),
        _out_of("correct", [correct(row.total) for row in rows]),
        Column("verdict", tuple(verdict(row) for row in rows)),
        Column("vision", tuple(vision(row) for row in rows)),
        *_text_only(rows),
        Column("95%", tuple(span(row.interval) for row in rows)),
        *_above(rows),
        *_costs(table, rows),
    ]
    return columns + _epochs(table, rows)


def unranked_columns(table: Table) -> list[Column]:
    """Runs without a verdict: what there is of them, and why it is not more."""
    rows = table.unranked
    columns = [
        _models(table, rows),
        Column("why", tuple(map(why_unranked, rows)), left=True),
        Column("points", tuple(points(row.total) for row in rows)),
        Column("correct", tuple(correct(row.total) for row in rows)),
        Column("vision", tuple(vision(row) for row in rows)),
        Column("errors", tuple(str(row.errors) for row in rows)),
        *_costs(table, rows),
    ]
    return columns + _epochs(table, rows)


def _models(table: Table, rows: Sequence[Row]) -> Column:
    named = names(table)
    cells = tuple(named[row.source] + "*" * row.scripted for row in rows)
    return Column("model", cells, left=True)


def _text_only(rows: Sequence[Row]) -> list[Column]:
    score = _out_of("text-only", [points(row.text_only) for row in rows])
    right = _out_of("text-only", [correct(row.text_only) for row in rows])
    return [
        replace(score, long=f"text-only points {score.below}".strip()),
        replace(right, long=f"text-only correct {right.below}".strip(), joined=True),
    ]


def _out_of(title: str, cells: Sequence[str]) -> Column:
    """Figures alone, where what they are out of is the same for all."""
    parts = [cell.split("/") for cell in cells]
    if len({of for _, of in parts}) > 1:
        return Column(title, tuple(cells))
    return Column(title, tuple(figure for figure, _ in parts), f"/{parts[0][1]}")


def _ranks(rows: Sequence[Row]) -> list[Column]:
    return [Column("ranks", tuple(span(row.ranks) for row in rows))] if rows[1:] else []


def _above(rows: Sequence[Row]) -> list[Column]:
    cells = tuple(above(row) for row in rows)
    return [Column("above", cells, "p", "p to the row above")] if rows[1:] else []


def _costs(table: Table, rows: Sequence[Row]) -> list[Column]:
    if not priced(table):
        return []  # a footnote says so
    return [Column("cost", tuple(cost(row.cost) for row in rows))]


def _epochs(table: Table, rows: Sequence[Row]) -> list[Column]:
    if not several_epochs(table):
        return []
    columns = [Column("epochs", tuple(map(epochs, rows)))]
    spread = tuple(map(deviation, rows))
    return [Column("sd", spread, "points"), *columns] if any(spread) else columns


LETTERS = "letters of wrong answers"
SAW, BLIND = "✓", "–"
_FACTS = {"pack": "exam hash", "extraction": "reading", "numeric": "numbers compared as"}
"""How facts are called where their own name would say little."""

_NOT_EVALUABLE = {"published": "prohibited choices are", "evaluable": "others are"}


def names(table: Table) -> dict[int, str]:
    """Source of a row -> its title, with the run's name where another row has the same."""
    rows = (*table.rows, *table.unranked)
    titles = Counter(row.title for row in rows)
    return {
        row.source: row.title if titles[row.title] == 1 else f"{row.title} [{row.run}]"
        for row in rows
    }


def vision(row: Row) -> str:
    """A tick for runs that saw the figures, a dash for others."""
    return SAW if row.images is ImageMode.VISION else BLIND


def span(ends: tuple[int, int] | None) -> str:
    """`1-4`; one number where both ends are the same."""
    if ends is None:
        return ""
    first, last = ends
    return str(first) if first == last else f"{first}-{last}"


def above(row: Row) -> str:
    """How the row differs from the one above: `0.003`, or `0.12 noise`."""
    p = p_cell(row.p_above)
    return f"{p} noise" if row.noise else p


def cost(total: CostTotal) -> str:
    """Dollars; `over $1.20` where some replies have no known cost."""
    known = dollars(total.usd)
    return f"over {known}" if total.usd is not None and total.unknown else known


def verdict(row: Row) -> str:
    """`PASS`, or `fail`: only one of the two is to be seen from afar."""
    return row.verdict.value.upper() if row.verdict is Verdict.PASS else row.verdict.value


def why_unranked(row: Row) -> str:
    """Why a run has no verdict."""
    if row.verdict is Verdict.PARTIAL:
        return f"partial: {row.asked} of {row.of} questions asked"
    if row.verdict is Verdict.NONE:
        return "no verdict can be reached on this exam"
    return f"incomplete: {row.errors} of {row.of} questions have no reply"


def points(tally: MeanTally) -> str:
    """`493/500`."""
    return f"{mean_text(tally.points)}/{tally.max}"


def correct(tally: MeanTally) -> str:
    """`393/400`."""
    return f"{mean_text(tally.correct)}/{tally.questions}"


def several_epochs(table: Table) -> bool:
    """Whether any run of the table was asked more than once."""
    return any(row.epochs > 1 for row in (*table.rows, *table.unranked))


def epochs(row: Row) -> str:
    """How often each question was asked: `1`; of several epochs, what they are: `5, 4 pass`."""
    return str(row.epochs) if row.passed is None else f"{row.epochs}, {row.passed} pass"


def deviation(row: Row) -> str:
    """That of the points over epochs; empty where there was one."""
    return "" if row.deviation is None else f"{row.deviation:.1f}"


def priced(table: Table) -> bool:
    """Whether the cost of any reply is known."""
    return any(row.cost.usd is not None for row in (*table.rows, *table.unranked))


def heading(table: Table) -> list[str]:
    """The exam's name, then a phrase for every fact that the rows share."""
    facts = table.facts
    phrases = [f"{table.exam.title} ({table.exam.id})", f"key {facts['key']}"]
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
    rows = (*table.rows, *table.unranked)
    if table.exam.synthetic:
        yield "Sample exam: its results say nothing about anybody's medical knowledge."
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
    named = names(table)
    for row in table.rows:
        leaning = [
            f"{letter} {one.picked} times, {one.expected:.1f} expected ({p_text(one.p_holm)})"
            for letter, one in row.letters.items()
            if is_leaning(one)
        ]
        if leaning:
            yield (
                f"{LETTERS} of {named[row.source]}, against those of all rows to the same "
                f"questions: {'; '.join(leaning)}; Holm over all letters of the table"
            )


def legend(board: Leaderboard) -> Iterator[str]:
    """What the columns mean that are no plain figures, a sentence each."""
    if any(len(table.rows) > 1 for table in board.tables):
        yield (
            "ranks: those that noise leaves open (every pair of rows tested on points, two-sided, "
            f"{ALPHA:.0%} by Holm for all pairs together)"
        )
        yield (f"above: p of the difference to the row above, by itself; over {ALPHA} it is noise")
    if any(table.rows for table in board.tables):
        yield (
            f"{board.level:.0%}: points to expect on questions like these; another paper varies "
            "besides"
        )


def unranked_title(table: Table) -> str:
    """Above the runs that have no rank."""
    return f"Without a verdict, not ranked: {count(len(table.unranked), 'run')}"
