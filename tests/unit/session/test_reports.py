"""The files beside a results file, and GitHub's summary."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import scipy.stats  # noqa: F401 - before pytester, which forgets what its tests load

from jmle_plugin.mark.marks import mark_error
from jmle_plugin.report.sheet_report import markdown_line, markdown_report
from jmle_plugin.results.file import Results, result_file
from jmle_plugin.results.store import write_results
from jmle_plugin.session import reports
from jmle_plugin.session.reports import SUMMARY_BYTES, SUMMARY_VARIABLE, write_reports
from jmle_plugin.session.settings import ReportSettings, Settings, read_settings
from tests.builders import make_marks, make_results
from tests.unit.report.sheets import EXAM, SHEETS

EVERY = ("html", "markdown", "csv")
DECIDED = SHEETS["every outcome"]
INCOMPLETE = SHEETS["incomplete"]


@pytest.fixture
def settings(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv(SUMMARY_VARIABLE, raising=False)
    found = read_settings(pytester.parseconfig())
    return replace(found, reports=ReportSettings(EVERY, "link"))


def wrote(results: Results, settings: Settings, *kinds: str) -> reports.Reports:
    """Write results and the reports of these kinds, or all."""
    file = write_results(settings.results, results)
    chosen = replace(settings, reports=ReportSettings(kinds or EVERY, "link"))
    return write_reports(results, file, EXAM, chosen)


def names(settings: Settings) -> set[str]:
    return {file.name for file in (settings.results / "tiny").iterdir()}


def test_reports_bear_the_name_of_their_results(settings: Settings) -> None:
    done = wrote(DECIDED, settings)
    assert done.problems == ()
    assert [file.name for file in done.written] == [
        "some-model.html",
        "some-model.md",
        "some-model.csv",
    ]
    assert names(settings) == {"some-model.json", *(file.name for file in done.written)}


def test_none_are_written_where_none_are_wanted(settings: Settings) -> None:
    file = write_results(settings.results, DECIDED)
    nothing = replace(settings, reports=ReportSettings((), "link"))
    assert write_reports(DECIDED, file, EXAM, nothing) == reports.Reports((), ())
    assert names(settings) == {"some-model.json"}


def test_a_partial_sitting_leaves_the_full_ones_alone(settings: Settings) -> None:
    full = wrote(DECIDED, settings)
    before = [file.read_bytes() for file in full.written]
    partial = wrote(SHEETS["partial"], settings)
    assert {file.name for file in partial.written} == {
        "some-model.partial.html",
        "some-model.partial.md",
        "some-model.partial.csv",
    }
    assert [file.read_bytes() for file in full.written] == before


@pytest.mark.parametrize("kinds", [("html",), EVERY], ids=["one kind", "all kinds"])
def test_an_outage_keeps_the_reports_of_what_it_replaces(
    settings: Settings, kinds: tuple[str, ...]
) -> None:
    full = wrote(DECIDED, settings)
    before = {file.suffix: file.read_bytes() for file in full.written}
    for _ in range(2):
        done = wrote(INCOMPLETE, settings, *kinds)
        assert names(settings) == {
            "some-model.json",
            "some-model.earlier.json",
            *(f"some-model.earlier{suffix}" for suffix in before),
            *(file.name for file in done.written),
        }
        folder = settings.results / "tiny"
        assert {
            suffix: (folder / f"some-model.earlier{suffix}").read_bytes() for suffix in before
        } == before


def test_a_page_whose_results_are_gone_is_no_page_of_an_outage(settings: Settings) -> None:
    wrote(DECIDED, settings)
    result_file(settings.results, DECIDED).unlink()
    wrote(INCOMPLETE, settings, "csv")
    assert {"some-model.html", "some-model.md"} & names(settings) == set()


@pytest.mark.parametrize("suffix", [".html", ".md", ".csv"])
def test_a_report_that_cannot_be_written_costs_nothing_else(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    real = Path.replace

    def full(self: Path, target: Any) -> Path:
        if str(target).endswith(suffix):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    done = wrote(DECIDED, settings)
    file = result_file(settings.results, DECIDED)
    (problem,) = done.problems
    assert problem.startswith(f"{file.with_suffix(suffix)}: cannot be written (No space left")
    assert "--report" in problem
    assert len(done.written) == 2
    assert json.loads(file.read_bytes())["sheet"]["verdict"] == "fail"
    assert names(settings) == {file.name, *(one.name for one in done.written)}


def test_the_summary_of_a_job_gets_a_section_a_run(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("Before", encoding="utf-8")
    monkeypatch.setenv(SUMMARY_VARIABLE, str(summary))
    wrote(DECIDED, settings, "html", "csv")
    assert summary.read_text("utf-8") == "Before"
    done = wrote(DECIDED, settings, "markdown")
    wrote(INCOMPLETE, settings, "markdown")
    text = summary.read_text("utf-8")
    assert done.written[1] == summary
    assert text.startswith("Before\n## Tiny exam")
    assert text.count("\n## Tiny exam") == 2
    assert "❌ FAIL" in text
    assert "INCOMPLETE" in text


@pytest.mark.parametrize(
    "form",
    [
        markdown_report(DECIDED),
        markdown_report(DECIDED, cut="some-model.json"),
        markdown_line(DECIDED, cut="some-model.json"),
    ],
    ids=["whole", "without lists", "a line"],
)
def test_a_summary_is_cut_to_what_github_shows(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    summary = tmp_path / "summary.md"
    before = b"x" * (SUMMARY_BYTES - len(form.encode()) - 1)
    summary.write_bytes(before)
    monkeypatch.setenv(SUMMARY_VARIABLE, str(summary))
    assert wrote(DECIDED, settings, "markdown").problems == ()
    assert summary.read_bytes() == before + b"\n" + form.encode()
    summary.write_bytes(before + b"x")
    wrote(DECIDED, settings, "markdown")
    assert summary.stat().st_size <= SUMMARY_BYTES


@pytest.mark.parametrize(("size", "says"), [(SUMMARY_BYTES - 9, "no room"), (-1, "a folder")])
def test_a_summary_that_takes_nothing_is_a_problem_that_names_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, says: str
) -> None:
    summary = tmp_path / "summary.md"
    if size < 0:
        summary.mkdir()
        says = "Is a directory"
    else:
        summary.write_bytes(b"x" * size)
    monkeypatch.setenv(SUMMARY_VARIABLE, str(summary))
    done = wrote(DECIDED, settings, "markdown")
    assert [file.name for file in done.written] == ["some-model.md"]
    (problem,) = done.problems
    assert str(summary) in problem
    assert says in problem


def test_figures_are_linked_embedded_or_left_out(settings: Settings) -> None:
    file = write_results(settings.results, DECIDED)
    policies = {}
    for images in ("link", "embed", "off"):
        chosen = replace(settings, reports=ReportSettings(("html",), images))
        (page,) = write_reports(DECIDED, file, EXAM, chosen).written
        policies[images] = page.read_text("utf-8").count(f'"images":"{images}"')
    assert policies == {"link": 1, "embed": 1, "off": 1}


def test_lone_surrogates_cost_no_report(settings: Settings) -> None:
    marks = make_marks(EXAM)
    marks["A-1"] = mark_error(EXAM.questions["A-1"], EXAM.key, "cut \ud800 here")
    assert wrote(make_results(EXAM, marks), settings).problems == ()
