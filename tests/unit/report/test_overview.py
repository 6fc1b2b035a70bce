"""Several exams side by side: a row each, and no figure over them."""

from __future__ import annotations

from typing import Any

import pytest
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion
from wcwidth import wcswidth

from jmle_plugin.exam.model import ProhibitedRule
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.sheet_report import Unasked, overview_document
from jmle_plugin.results.file import Results
from tests.builders import lines_of, make_exam, make_key, make_marks, make_results
from tests.unit.report.sheets import HOSTILE, SHEETS, sample_results

UNASKED = [Unasked("nurse-2024", "nurse", "some-model")]


def exam_of(results: Results, **changes: Any) -> Results:
    return results.model_copy(update={"exam": results.exam.model_copy(update=changes)})


def sittings() -> list[Results]:
    """Exams of two professions in mixed order, with every verdict there is."""
    exam = make_exam()
    unlisted = make_exam(make_key(prohibited=ProhibitedRule(1, listed=False)))
    failed = make_results(exam, make_marks(exam, B_2=Outcome.INCORRECT))
    return [
        exam_of(make_results(exam), id="physician-1"),
        exam_of(failed, id="nurse-2023", profession="nurse"),
        exam_of(SHEETS["incomplete"], id="physician-2"),
        exam_of(make_results(unlisted), id="physician-no-list"),
        exam_of(SHEETS["partial"], id="physician-3"),
        sample_results("scripted-resident"),
    ]


def lines(sat: list[Results], unasked: list[Unasked], columns: int = 118) -> list[str]:
    return lines_of(overview_document(sat, unasked), columns)


def test_a_row_for_each_exam_by_profession(snapshot: SnapshotAssertion) -> None:
    assert lines(sittings(), UNASKED) == snapshot
    assert markdown(overview_document(sittings(), UNASKED)) == snapshot


def test_no_figure_is_over_several_exams() -> None:
    sat = sittings()
    points = [one.sheet.total.points for one in sat]
    told = " ".join([*lines(sat, []), markdown(overview_document(sat, []))])
    assert f"{sum(points)}/" not in told
    assert "Total" not in told
    assert all(f"{one.sheet.total.points}/{one.sheet.total.max}" in told for one in sat)


@pytest.mark.parametrize("columns", [78, 118])
def test_no_line_is_too_long(columns: int) -> None:
    sat = [exam_of(one, profession="歯科医師" * 5) for one in sittings()]
    assert all(wcswidth(line) <= columns for line in lines(sat, UNASKED, columns))


def test_nothing_foreign_is_rendered() -> None:
    sat = [exam_of(SHEETS["hostile"], profession=HOSTILE)]
    page = MarkdownIt("commonmark").enable("table").render(markdown(overview_document(sat, [])))
    assert "<script" not in page
    assert "<a " not in page
    assert "\u202e" not in page + "".join(lines(sat, []))
