"""The report for a pull request or a job's summary."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from syrupy.assertion import SnapshotAssertion

from jmle_plugin import __version__
from jmle_plugin.compare.comparison import compare
from jmle_plugin.report.sheet_report import markdown_line, markdown_report
from jmle_plugin.results.file import Results
from tests.builders import make_results
from tests.unit.report.sheets import EXAM, SHEETS, sample_results

READER = MarkdownIt("commonmark").enable("table")


def text(results: Results, *, cut: str = "") -> str:
    return markdown_report(results, cut=cut).replace(f"jmle `{__version__}`", "jmle VERSION")


@pytest.mark.parametrize("sheet", SHEETS)
def test_report(sheet: str, snapshot: SnapshotAssertion) -> None:
    assert text(SHEETS[sheet]) == snapshot


@pytest.mark.parametrize("run", ["scripted-resident", "scripted-intern"])
def test_report_of_the_sample(run: str, snapshot: SnapshotAssertion) -> None:
    assert text(sample_results(run)) == snapshot


def test_nothing_foreign_is_rendered() -> None:
    page = READER.render(markdown_report(SHEETS["hostile"]))
    assert "<script" not in page
    assert "<b>" not in page
    assert "<a " not in page
    assert "\u202e" not in page
    assert page.count("<strong>") == 1


def test_lost_points_leave_out_what_cost_none() -> None:
    lost = text(SHEETS["every outcome"]).partition("<details>")[2]
    assert [name for name in ("A-1", "A-2", "A-3", "A-4", "B-1", "B-2", "B-3") if name in lost] == [
        "A-2",
        "A-3",
        "B-2",
    ]


def test_a_cut_report_keeps_the_verdict_and_says_where_the_rest_is() -> None:
    results = SHEETS["every outcome"]
    for short in (text(results, cut="x.md"), markdown_line(results, cut="x.md")):
        assert "FAIL" in short
        assert "`x.md` has the rest" in short
        assert "<details>" not in short
    assert len(markdown_line(results, cut="x.md")) < len(text(results, cut="x.md"))


def test_the_comparison_stands_in_it() -> None:
    results = SHEETS["every outcome"]
    compared = compare(make_results(EXAM), results, None)
    page = markdown_report(results.model_copy(update={"comparison": compared}))
    assert page.index("### `some/model") < page.index("<details>")
