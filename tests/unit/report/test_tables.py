"""The table for pandas and spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.tables import FIELDS, csv_table, safe_cell
from jmle_plugin.results.file import Results
from tests.builders import make_epochs, make_mark, make_marks, make_results, sample_exam
from tests.conftest import ROOT
from tests.unit.report.sheets import EXAM, SHEETS, sample_results


def rows(results: Results) -> list[dict[str, str]]:
    text = csv_table(results, EXAM).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def answered(*answers: str) -> Results:
    """Results with these answers to the numeric question, an epoch each."""
    results = make_epochs(EXAM, *({} for _ in answers))
    told = iter(answers)
    marks = [
        mark.model_copy(update={"answer": [next(told)]}) if mark.question == "A-3" else mark
        for mark in results.marks
    ]
    return results.model_copy(update={"marks": marks})


@pytest.mark.parametrize("sheet", SHEETS)
def test_table(sheet: str, snapshot: SnapshotAssertion) -> None:
    assert csv_table(SHEETS[sheet], EXAM).decode("utf-8").splitlines() == snapshot


@pytest.mark.parametrize("run", ["scripted-resident", "scripted-intern"])
def test_table_of_the_sample(run: str, snapshot: SnapshotAssertion) -> None:
    table = csv_table(sample_results(run), sample_exam())
    assert table.decode("utf-8").splitlines() == snapshot


def test_excel_is_told_that_it_is_utf_8() -> None:
    assert csv_table(SHEETS["every outcome"], EXAM).startswith(b"\xef\xbb\xbfexam,")


def test_a_row_for_each_question_and_epoch() -> None:
    told = rows(SHEETS["epochs"])
    assert len(told) == 21
    assert len({(row["question"], row["epoch"]) for row in told}) == 21
    assert [row["question"] for row in rows(SHEETS["partial"])] == ["A-1", "B-2"]


def test_a_question_whose_figures_the_data_lacks_is_no_text_only_one() -> None:
    lacking = replace(EXAM.questions["A-1"], figures_missing=True)
    exam = replace(EXAM, questions={**EXAM.questions, "A-1": lacking})
    text = csv_table(SHEETS["every outcome"], exam).decode("utf-8-sig")
    frame = pd.read_csv(io.StringIO(text)).set_index("question")
    assert frame.loc[["A-1", "A-2"], "images"].tolist() == [0, 0]
    assert frame.figures_missing[frame.figures_missing == 1].index.tolist() == ["A-1"]


def test_a_question_without_a_mark_is_a_row_as_well() -> None:
    marks = make_marks(EXAM)
    del marks["B-2"]
    told = {row["question"]: row for row in rows(make_results(EXAM, marks))}
    assert (told["B-2"]["outcome"], told["B-2"]["error"]) == ("error", "no mark")
    assert len(told) == 7


def test_the_documents_line_of_pandas_keeps_answers_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    call = re.search(r"pd\.read_csv\([^`]*\)", document)
    assert call is not None
    file = re.search(r'"([^"]+\.csv)"', call.group())
    assert file is not None
    target = tmp_path / file.group(1)
    target.parent.mkdir(parents=True)
    target.write_bytes(csv_table(answered("01", "1.20", "NA"), EXAM))
    monkeypatch.chdir(tmp_path)
    frame = eval(call.group(), {"pd": pd})  # noqa: S307 - this repository's own document
    assert list(frame.columns) == list(FIELDS)
    numeric = frame[frame.question == "A-3"]
    assert numeric.answer.tolist() == ["01", "1.20", "NA"]
    assert set(numeric.key) == {"0.40"}
    assert frame.points.sum() == 3 * 10
    assert frame.cost_usd.isna().all()


@pytest.mark.parametrize(
    ("answer", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'=1"),
        ("-1.5", "-1.5"),
        ("+3", "+3"),
        ("-.5", "-.5"),
        ("01", "01"),
        ("a", "a"),
    ],
)
def test_foreign_text_is_no_formula_and_numbers_stay(answer: str, cell: str) -> None:
    told = next(row for row in rows(answered(answer, "1")) if row["question"] == "A-3")
    assert told["answer"] == cell


@given(st.text(st.sampled_from("=+-@＝＋－＠\t\r\n 1.a'\""), max_size=8))
def test_no_cell_begins_like_a_formula(text: str) -> None:
    mark = make_mark(EXAM, "A-1", Outcome.ERROR, error=text)
    cell = rows(make_results(EXAM, {"A-1": mark}))[0]["error"]
    assert not cell.startswith(tuple("=@＝＋－＠\t\r"))
    assert re.fullmatch(r"[+-][0-9.]+|(?![+-]).*", cell)


@pytest.mark.parametrize("letter", ["x", "あ", "="])
def test_no_cell_is_longer_than_a_spreadsheet_reads(letter: str) -> None:
    cell = safe_cell(letter * 100_000)
    assert len(cell) < 32_767
    assert cell.endswith(" … (68,000 characters more)")
