"""Every text form in Japanese: snapshots that were read, within their columns, without English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from syrupy.assertion import SnapshotAssertion
from wcwidth import wcswidth

from jmle_plugin import __version__
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.audit import audit
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.pairing import places
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.audit import audit_document, summary_document
from jmle_plugin.report.comparison import comparison_document
from jmle_plugin.report.document import Document
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.sheet import summary_line
from jmle_plugin.report.sheet_report import (
    Unasked,
    markdown_line,
    markdown_report,
    overview_document,
    sheet_document,
)
from jmle_plugin.results.comparison import Comparison
from jmle_plugin.results.language import Language, speaking
from tests.builders import FIGURE, lines_of, make_epochs, make_marks, make_results, make_run
from tests.unit.report.sheets import EXAM, SHEETS, sample_results
from tests.unit.report.test_terminal import CASES

SHOWN = {**SHEETS, **CASES, "sample": sample_results("scripted-resident")}
_FOREIGN = re.compile(r"[A-Za-z][a-z]+ (?:[a-z]+ )+[a-z]+")
"""Three English words in a row."""


@pytest.fixture(autouse=True)
def japanese() -> Iterator[None]:
    with speaking(Language.JA):
        yield


def text(document: Document, columns: int = 78) -> str:
    lines = lines_of(document, columns)
    assert max(map(wcswidth, lines)) <= columns
    return "\n".join(lines)


@pytest.mark.parametrize("sheet", SHOWN)
def test_sheet(sheet: str, snapshot: SnapshotAssertion) -> None:
    assert text(sheet_document(SHOWN[sheet])) == snapshot


def test_lines(snapshot: SnapshotAssertion) -> None:
    assert [summary_line(results) for results in SHOWN.values()] == snapshot


@pytest.mark.parametrize("sheet", ["every outcome", "hostile", "epochs"])
def test_markdown(sheet: str, snapshot: SnapshotAssertion) -> None:
    report = markdown_report(SHEETS[sheet]).replace(f"jmle {__version__}", "jmle VERSION")
    assert report == snapshot
    assert markdown_line(SHEETS[sheet], cut="x.md") == snapshot


def test_overview(snapshot: SnapshotAssertion) -> None:
    document = overview_document([*SHEETS.values()], [Unasked("nurse-2024", "nurse", "a-model")])
    assert text(document, 118) == snapshot
    assert markdown(document) == snapshot


def comparisons() -> dict[str, Comparison]:
    old = make_results(EXAM, make_marks(EXAM, A_1=Outcome.INCORRECT), run=make_run(run="old"))
    new = make_results(
        EXAM,
        make_marks(EXAM, B_2=Outcome.INCORRECT, A_3=Outcome.NO_ANSWER),
        run=make_run(run="new"),
    )
    often = [
        make_epochs(EXAM, {}, {"A_1": Outcome.INCORRECT}, {}, run=make_run(run="often")),
        make_epochs(EXAM, {}, {"B_2": Outcome.INCORRECT}, {}, run=make_run(run="again")),
    ]
    blind, asked = make_run(run="part", images=ImageMode.BLIND), ("A-1", "A-2", "B-2")
    some = {name: mark for name, mark in make_marks(EXAM).items() if name in asked}
    part = make_results(EXAM, some, asked=asked, run=blind)
    where = places(EXAM)
    return {
        "once": compare(old, new, where),
        "same": compare(old, old, where),
        "margin": compare(old, new, where, margin=2),
        "unplaced": compare(old, new, None, unplaced="sample is not here."),
        "epochs": compare(often[0], often[1], where, margin=2),
        "allowed": compare(old, part, where, allow=("images", "partial")),
    }


@pytest.mark.parametrize("which", ["once", "same", "margin", "unplaced", "epochs", "allowed"])
def test_comparison(which: str, snapshot: SnapshotAssertion) -> None:
    with speaking(Language.EN):
        comparison = comparisons()[which]
    assert text(comparison_document(comparison)) == snapshot
    assert markdown(comparison_document(comparison)) == snapshot


def test_audit(snapshot: SnapshotAssertion) -> None:
    named = {
        name: replace(one, images=(FIGURE,), subject="循環器", visual_types=("ECG",))
        for name, one in EXAM.questions.items()
        if name != "B-3"
    }
    shown = replace(EXAM, questions={**EXAM.questions, **named})
    blind = make_run(run="blind", images=ImageMode.BLIND, text_only_from="some-model")
    with speaking(Language.EN):
        found = audit(
            make_results(shown, make_marks(shown, A_1=Outcome.INCORRECT)),
            make_results(
                shown,
                make_marks(shown, A_2=Outcome.INCORRECT, B_2=Outcome.INCORRECT),
                run=blind,
            ),
            shown,
        )
    assert text(audit_document(found)) == snapshot
    assert markdown(audit_document(found)) == snapshot
    assert text(summary_document([found])) == snapshot


@pytest.mark.parametrize("sheet", ["every outcome", "epochs", "sample"])
def test_no_english_sentence_is_left(sheet: str) -> None:
    shown = markdown_report(SHOWN[sheet]) + text(sheet_document(SHOWN[sheet]))
    assert not _FOREIGN.search(shown)
