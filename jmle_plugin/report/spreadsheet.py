"""The leaderboard as CSV, one line a run, for spreadsheets and pandas."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

from jmle_plugin.compare.leaderboard import Leaderboard, Row, Table
from jmle_plugin.report.tables import safe_cell

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for something else."""


def csv_text(board: Leaderboard) -> str:
    """Every run, the ones without a verdict too; what is not known is empty or `unknown`."""
    lines = [
        _values(table, row) for table in board.tables for row in (*table.rows, *table.unranked)
    ]
    text = StringIO()
    writer = csv.DictWriter(text, fieldnames=list(lines[0]), lineterminator="\r\n")
    writer.writeheader()
    for line in lines:
        writer.writerow({name: safe_cell(value) for name, value in line.items()})
    return BYTE_ORDER_MARK + text.getvalue()


def _values(table: Table, row: Row) -> dict[str, Any]:
    first, last = row.ranks or (None, None)
    low, high = row.interval or (None, None)
    return {
        "rank": row.rank,
        "first_rank": first,
        "last_rank": last,
        "run": row.run,
        "title": row.title,
        "model": row.model,
        "scripted": str(row.scripted).lower(),
        "verdict": row.verdict.value,
        "points": row.total.points,
        "max": row.total.max,
        "correct": row.total.correct,
        "questions": row.total.questions,
        "text_only_points": row.text_only.points,
        "text_only_max": row.text_only.max,
        "text_only_correct": row.text_only.correct,
        "text_only_questions": row.text_only.questions,
        "low": low,
        "high": high,
        "p_above": row.p_above,
        "asked": row.asked,
        "of": row.of,
        "errors": row.errors,
        "cost_usd": "unknown" if row.cost.usd is None else row.cost.usd,
        "replies_without_cost": row.cost.unknown,
        "images": row.images.value,
        "epochs": row.epochs,
        "exam": table.exam.id,
        "exam_title": table.exam.title,
        **{name: table.facts[name] for name in ("key", "numeric", "extraction", "prompt")},
        "exam_hash": table.facts["pack"],
        "synthetic": str(table.exam.synthetic).lower(),
    }
