"""CSV that Excel and pandas read, and that calculates nothing."""

from __future__ import annotations

import csv
import json
import re

from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from jmle_plugin.compare.leaderboard import Leaderboard
from jmle_plugin.report.tables import csv_text
from tests.unit.report.leaderboard.conftest import ALONE, titled


def read(board: Leaderboard) -> list[dict[str, str]]:
    text = csv_text(board)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(text[1:].splitlines()))


def test_everything_at_once(board: Leaderboard, snapshot: SnapshotAssertion) -> None:
    assert csv_text(board) == snapshot


def test_every_run_is_there_and_says_what_it_is(board: Leaderboard) -> None:
    lines = {line["run"]: line for line in read(board)}
    assert len(lines) == 9
    assert {lines[run]["rank"] for run in ("part", "outage")} == {""}
    assert lines["outage"]["errors"] == "1"
    assert lines["terse"]["prompt"] == "terse abababababab"
    assert lines["blind"]["images"] == "blind"
    assert lines["often"]["epochs"] == "3"
    assert lines["blind"]["cost_usd"] == "unknown"
    assert (lines["fails"]["cost_usd"], lines["fails"]["replies_without_cost"]) == ("0.002", "5")


@given(sign=st.sampled_from("=+-@＝＋－＠"), rest=st.text(max_size=10))
def test_no_cell_is_a_formula(sign: str, rest: str) -> None:
    (line,) = read(titled(ALONE, f" {sign}{rest}"))
    cell = line["title"]
    assert cell.startswith("'") or re.fullmatch(r"[+-][0-9.]+", cell)


def test_json_says_the_same(board: Leaderboard, snapshot: SnapshotAssertion) -> None:
    text = board.model_dump_json(by_alias=True, indent=1)
    assert text == snapshot
    told = [row for table in json.loads(text)["tables"] for row in table["rows"]]
    assert [(row["run"], str(row["rank"])) for row in told] == [
        (line["run"], line["rank"]) for line in read(board) if line["rank"]
    ]
