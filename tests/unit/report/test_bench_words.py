"""What is said of a bench, in every language: snapshots that were read."""

from __future__ import annotations

import re

import pytest
from syrupy.assertion import SnapshotAssertion

from jmle_plugin import __version__
from jmle_plugin.report.comparison import comparison_document
from jmle_plugin.report.leaderboard import leaderboard_document
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.sheet import summary_line
from jmle_plugin.report.sheet_report import markdown_report, sheet_document
from jmle_plugin.results.language import Language, speaking
from tests.builders import lines_of
from tests.unit.report.benches import sat

NAMES = re.compile(
    r"Made-up bench|made-up|some/model(-2026)?|perfect|worse|Classes|Terms|classes|terms|official|"
    r"CC BY-NC 4.0, not for commercial use|partial F1|F1|Pearson|Holm|jmle VERSION|ja-\d|"
    r"details|summary|sub|\b[0-9a-f]{12}\b|[AT]-\d+|\b[anp]\b|\d{2}T\d{2}|---",
    re.ASCII,
)


@pytest.mark.parametrize("which", Language)
def test_every_form(which: Language, snapshot: SnapshotAssertion) -> None:
    perfect, worse, board = sat()
    assert worse.comparison is not None
    with speaking(which):
        found: dict[str, list[str]] = {
            "sheet": lines_of(sheet_document(worse), 100),
            "line": [summary_line(perfect), summary_line(worse)],
            "comparison": lines_of(comparison_document(worse.comparison), 100),
            "board": lines_of(leaderboard_document(board), 120),
            "markdown": [markdown_report(worse).replace(f"jmle {__version__}", "jmle VERSION")],
            "board in markdown": [markdown(leaderboard_document(board))],
        }
    assert found == snapshot
    if which is Language.JA:
        text = "\n".join(line for lines in found.values() for line in lines)
        left = [line for line in text.split("\n") if re.search("[A-Za-z]", NAMES.sub("", line))]
        assert left == []
