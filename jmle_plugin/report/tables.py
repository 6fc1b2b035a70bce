"""The results as a table for pandas and spreadsheets: a row for each question and epoch."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

from jmle_plugin.compare.leaderboard import Leaderboard, Row, Table
from jmle_plugin.exam.model import Exam
from jmle_plugin.gateway.reply import Usage
from jmle_plugin.mark.marks import Mark, answer_text, key_text, mark_error
from jmle_plugin.report.columns import COLUMNS as LEADERBOARD
from jmle_plugin.results.file import Results
from jmle_plugin.text import clipped, printable

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for something else."""


def csv_text(board: Leaderboard) -> str:
    """Every run, the ones without a verdict too; what is not known is empty or `unknown`."""
    bench = any(table.measure for table in board.tables)
    lines = [_values(table, row, bench=bench) for table in board.tables for row in table.every]
    text = StringIO()
    writer = csv.DictWriter(text, fieldnames=list(lines[0]), lineterminator="\r\n")
    writer.writeheader()
    for line in lines:
        writer.writerow({name: safe_cell(value) for name, value in line.items()})
    return BYTE_ORDER_MARK + text.getvalue()


def _values_of(row: Row, *, bench: bool) -> dict[str, Any]:
    columns = (one for one in LEADERBOARD if (one.bench is True) is bench)
    return {name: value(row) for one in columns for name, value in one.csv.items()}


def _values(table: Table, row: Row, *, bench: bool) -> dict[str, Any]:
    own = _values_of(row, bench=True)
    return {
        **_values_of(row, bench=False),
        "exam": table.exam.id,
        "exam_title": table.exam.title,
        **{name: table.facts[name] for name in ("key", "numeric", "extraction", "prompt")},
        "exam_hash": table.facts["pack"],
        "synthetic": str(table.exam.synthetic).lower(),
        "points_sd": row.deviation,
        "epochs_passed": row.passed,
        "text_only_rank": row.text_only_rank,
        "group": row.group,
        # Boards of exams alone keep the columns that they have had.
        **({"section": table.facts.get("section", ""), "measure": table.measure} if bench else {}),
        **(own if bench else {}),
    }


FIELDS = (
    "exam", "run", "model", "question", "epoch", "block", "section", "kind", "images",
    "points", "max", "outcome", "answer", "key", "how", "prohibited",
    "prompt_tokens", "completion_tokens", "reasoning_tokens", "cached_tokens", "cost_usd",
    "finish_reason", "returned_model", "error", "figures_missing", "invalid",
    "seconds", "tokens_per_second",
)  # fmt: skip
"""In this order, in every version; later versions add columns at the end."""

BENCH_FIELDS = ("credit", "published")
"""What a bench's rows have besides: what an answer earns, and what its project's rule reads."""
_FORMULA = tuple("=+-@＝＋－＠")
"""What makes a spreadsheet compute a cell, the full-width signs in a Japanese one."""
_CELL = 32_000
"""Characters of a text; Excel breaks a row at a cell of more than 32,767."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


def csv_table(results: Results, exam: Exam) -> bytes:
    """UTF-8 with a byte order mark, for Excel; what is not known is an empty cell.

    Texts that a spreadsheet would take for a formula begin with an apostrophe; numbers are
    as they are.
    """
    file = io.StringIO(newline="")
    table = csv.writer(file)
    fields = (*FIELDS, *BENCH_FIELDS) if exam.bench else FIELDS
    table.writerow(fields)
    for row in _rows(results, exam):
        table.writerow([safe_cell(row[name]) for name in fields])
    return file.getvalue().encode("utf-8-sig", "replace")


def _rows(results: Results, exam: Exam) -> Iterator[dict[str, Any]]:
    who = {"exam": results.exam.id, "run": results.run.name, "model": results.run.model}
    marked = {mark.question for mark in results.marks}
    lost = [name for name in results.sheet.errors if name not in marked]
    silent = [mark_error(exam.questions[name], exam.key, "no mark") for name in lost]
    for mark in [*results.marks, *silent]:
        yield who | _place(mark, exam) | _marked(mark) | _spent(mark)


def _place(mark: Mark, exam: Exam) -> dict[str, Any]:
    question = exam.questions[mark.question]
    return {
        "question": mark.question,
        "epoch": mark.epoch,
        "block": question.block,
        "section": question.section,
        "kind": question.form,
        "images": len(question.images),
        "figures_missing": int(question.figures_missing),
    }


def _marked(mark: Mark) -> dict[str, Any]:
    return {
        "points": mark.points,
        "max": mark.max,
        "outcome": mark.outcome.value,
        "answer": answer_text(mark.answer),
        "key": key_text(mark.accepted),
        "how": mark.how.value,
        "prohibited": answer_text(mark.prohibited),
        "error": mark.error,
        "invalid": mark.invalid,
        "credit": mark.credit,
        "published": None if mark.published is None else answer_text(mark.published),
    }


def _spent(mark: Mark) -> dict[str, Any]:
    tokens = mark.tokens or Usage()
    return {
        **{f"{name}_tokens": getattr(tokens, name) for name in Usage.model_fields},
        "cost_usd": mark.cost,
        "seconds": mark.seconds,
        "tokens_per_second": mark.tokens_per_second,
        "finish_reason": mark.finish_reason,
        "returned_model": mark.model,
    }


def safe_cell(value: Any) -> Any:
    """`value` for a cell: text is in one line, and nothing that a spreadsheet computes."""
    if not isinstance(value, str):
        return value
    # Nor does a tab or a line break begin a cell, or stand in one.
    text = clipped(" ".join(printable(value, lines=True).split()), _CELL)
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
