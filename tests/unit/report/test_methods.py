"""The methods paragraph: snapshots in both languages, with nothing that the results do not hold."""

from __future__ import annotations

import re

import pytest
from syrupy.assertion import SnapshotAssertion

from jmle_plugin import __version__
from jmle_plugin.report.methods import methods_paragraph
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import Language, speaking
from tests.unit.report.sheets import SHEETS, sample_results
from tests.unit.report.test_terminal import CASES

SHOWN = {
    **{name: SHEETS[name] for name in ("every outcome", "incomplete", "partial", "epochs")},
    **{name: CASES[name] for name in ("imported", "examinees", "no vision", "not evaluable")},
    "sample": sample_results("scripted-resident"),
}


def paragraph(results: Results, language: Language) -> str:
    """The paragraph; versions that a machine has stand as VERSION."""
    with speaking(language):
        text = methods_paragraph(results)
    for name in ("jmle", "python", "litellm"):
        if version := results.provenance.packages.get(name):
            assert f"{name} {version}" in text
            text = text.replace(f"{name} {version}", f"{name} VERSION")
    return text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("sheet", SHOWN)
def test_paragraph(sheet: str, language: Language, snapshot: SnapshotAssertion) -> None:
    assert paragraph(SHOWN[sheet], language) == snapshot


@pytest.mark.parametrize("language", Language)
def test_every_figure_of_a_paragraph_is_one_of_the_results(language: Language) -> None:
    results = sample_results("scripted-resident")
    with speaking(language):
        text = methods_paragraph(results)
    sheet, origin = results.sheet, results.provenance
    assert origin.prompt is not None
    for figure in (sheet.total.points, sheet.total.max, sheet.total.correct, sheet.of):
        assert re.search(rf"(?<!\d){figure}(?!\d)", text)
    for name in (origin.exam.hash[:12], origin.prompt.sha256[:12], origin.key.state, __version__):
        assert name in text
