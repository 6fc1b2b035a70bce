"""The methods paragraph: snapshots in both languages, with nothing that the results do not hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import pytest
from syrupy.assertion import SnapshotAssertion

from jmle_plugin import __version__
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.habits import with_doubt
from jmle_plugin.compare.pairing import places
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.methods import methods_paragraph
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import Language, speaking
from tests.builders import make_epochs, make_run, sample_exam
from tests.unit.report.benches import compared_bench
from tests.unit.report.sheets import EXAM, SHEETS, sample_results
from tests.unit.report.test_terminal import CASES

SHOWN = {
    **{name: SHEETS[name] for name in ("every outcome", "incomplete", "partial", "epochs")},
    **{name: CASES[name] for name in ("imported", "examinees", "no vision", "not evaluable")},
    "sample": sample_results("scripted-resident"),
}


@cache
def compared_sample() -> Results:
    exam = sample_exam()
    old, new = (
        with_doubt(sample_results(name), exam) for name in ("scripted-intern", "scripted-resident")
    )
    return new.model_copy(update={"comparison": compare(old, new, places(exam), margin=3)})


@cache
def compared_epochs() -> Results:
    old, new = (
        with_doubt(
            make_epochs(EXAM, {}, {wrong: Outcome.INCORRECT}, {}, run=make_run(run=name)), EXAM
        )
        for name, wrong in (("old", "A_1"), ("new", "B_2"))
    )
    return new.model_copy(update={"comparison": compare(old, new, places(EXAM), margin=2)})


MADE: dict[str, Callable[[], Results]] = {
    "comparison": compared_sample,
    "comparison of epochs": compared_epochs,
    "bench": compared_bench,
}
"""Those that take statistics, made when they are shown."""


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
@pytest.mark.parametrize("sheet", [*SHOWN, *MADE])
def test_paragraph(sheet: str, language: Language, snapshot: SnapshotAssertion) -> None:
    text = paragraph(MADE[sheet]() if sheet in MADE else SHOWN[sheet], language)
    assert text == snapshot
    if language is Language.JA:
        # A paper's plain style, and each sentence ended.
        assert not re.search("です|ます|ません|[^。]集計は", text)
    else:
        assert re.search(r"\. Results were", text)


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
