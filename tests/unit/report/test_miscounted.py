"""An answer with the wrong number of choices is called that in every form, never unreadable."""

from __future__ import annotations

import csv
import io

from jmle_plugin.mark.extraction import How
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.html.runs import run_data
from jmle_plugin.report.remarks import remarks
from jmle_plugin.report.sheet_report import markdown_report
from jmle_plugin.report.tables import csv_table
from jmle_plugin.session.outcomes import case_properties
from tests.builders import make_exam, make_marks, make_results

EXAM = make_exam()
WORDS = "wrong number of choices"
MARKS = make_marks(EXAM, A_1=Outcome.NO_ANSWER, A_2=Outcome.NO_ANSWER)
MARKS["A-1"] = MARKS["A-1"].model_copy(update={"answer": ["b", "c"], "how": How.EXACT})
RESULTS = make_results(EXAM, MARKS)


def test_on_the_sheet() -> None:
    formatting = f"1 unreadable (1 point lost); 1 with the {WORDS} (1 point lost)"
    assert any(formatting in line for line in remarks(RESULTS) if isinstance(line, str))


def test_in_markdown() -> None:
    (row,) = [line for line in markdown_report(RESULTS).splitlines() if "| A-1 " in line]
    assert f"b,c` ({WORDS})" in row


def test_in_the_table() -> None:
    text = csv_table(RESULTS, EXAM).decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    invalid = {row["question"]: row["invalid"] for row in rows}
    assert (invalid["A-1"], invalid["A-2"], invalid["B-1"]) == (WORDS, "", "")


def test_in_junit() -> None:
    told = {mark.question: dict(case_properties("tiny", "r", mark)) for mark in RESULTS.marks}
    assert told["A-1"]["invalid"] == WORDS
    assert "invalid" not in told["A-2"]


def test_on_the_page() -> None:
    marks = run_data(RESULTS, {}, EXAM)["marks"]
    assert marks["A-1"]["askings"][0]["invalid"] == WORDS
    assert "invalid" not in marks["A-2"]["askings"][0]


def test_in_the_results_file() -> None:
    form = RESULTS.sheet.formatting
    assert (form.unreadable.questions, form.miscounted.questions) == (1, 1)
