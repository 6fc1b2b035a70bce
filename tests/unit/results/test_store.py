"""No report stands beside the results of another sitting, and no verdict is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.file import Results
from jmle_plugin.results.store import read_results, write_results
from tests.builders import make_exam, make_marks, make_results
from tests.unit.report.sheets import SHEETS

EXAM = make_exam()
PASSED = make_results(EXAM)
FAILED = make_results(EXAM, make_marks(EXAM, B_2=Outcome.INCORRECT, B_3=Outcome.INCORRECT))
INCOMPLETE, PARTIAL = SHEETS["incomplete"], SHEETS["partial"]


def reported(folder: Path, results: Results, *kinds: str) -> Path:
    """Results with the reports of them."""
    file = write_results(folder, results, kinds)
    for kind in kinds:
        file.with_suffix(f".{kind}").write_text(results.sheet.verdict.value, "utf-8")
    return file


def beside(file: Path) -> dict[str, str]:
    """Name -> what the report says, or the verdict of the results."""
    return {
        one.name.removeprefix("some-model."): read_results(one).sheet.verdict.value
        if one.suffix == ".json"
        else one.read_text("utf-8")
        for one in file.parent.iterdir()
    }


@pytest.mark.parametrize("anew", [(), ("csv",), ("csv", "markdown")])
def test_a_page_of_other_results_is_kept_with_them(tmp_path: Path, anew: tuple[str, ...]) -> None:
    reported(tmp_path, FAILED, "html", "csv")
    told: list[str] = []
    file = write_results(tmp_path, PASSED, anew, say=told.append)
    assert beside(file) == {
        "json": "pass",
        "earlier.json": "fail",
        "earlier.html": "fail",
        "earlier.csv": "fail",
    }
    assert [line.partition(" (")[0] for line in told] == [
        f"Kept: {file.with_name(f'some-model.earlier.{suffix}')}"
        for suffix in ("json", "html", "csv")
    ]


def test_what_is_made_anew_or_of_the_same_results_stays(tmp_path: Path) -> None:
    told: list[str] = []
    reported(tmp_path, FAILED, "html", "csv")
    file = write_results(tmp_path, FAILED, say=told.append)
    assert beside(file) == {"json": "fail", "html": "fail", "csv": "fail"}
    write_results(tmp_path, PASSED, ("html", "csv"), say=told.append)
    assert beside(file) == {"json": "pass", "html": "fail", "csv": "fail"}  # about to be written
    assert told == []


def test_a_page_without_a_verdict_takes_the_place_of_none(tmp_path: Path) -> None:
    reported(tmp_path, FAILED, "html")
    reported(tmp_path, INCOMPLETE, "html")
    told: list[str] = []
    file = write_results(tmp_path, PASSED, say=told.append)
    assert beside(file) == {"json": "pass", "earlier.json": "fail", "earlier.html": "fail"}
    (line,) = told
    assert line.startswith(f"Removed: {file.with_suffix('.html')} (")


def test_a_page_of_another_part_is_removed_and_the_full_ones_stay(tmp_path: Path) -> None:
    full = reported(tmp_path, FAILED, "html")
    part = reported(tmp_path, PARTIAL, "html")
    other = make_results(EXAM, {"A-1": make_marks(EXAM)["A-1"]}, asked=["A-1"])
    write_results(tmp_path, other)
    assert {one.name for one in part.parent.iterdir()} == {
        full.name, part.name, full.with_suffix(".html").name
    }  # fmt: skip


def test_a_page_whose_results_nobody_can_read_is_kept(tmp_path: Path) -> None:
    file = reported(tmp_path, FAILED, "html")
    file.write_text("cut", "utf-8")
    write_results(tmp_path, PASSED)
    assert beside(file) == {"json": "pass", "earlier.html": "fail"}
