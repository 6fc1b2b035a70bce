"""docs/reports.md shows what the command gives for the sample's recorded runs.

After a change: `jmle rescore --exam=sample RUN... --write`, then `jmle leaderboard
results/sample/*.json --update=docs/reports.md --plot=docs/images/leaderboard.png`.
"""

from __future__ import annotations

from PIL import Image

from jmle_plugin.cli.leaderboard import filled
from jmle_plugin.compare.leaderboard import Leaderboard
from jmle_plugin.report.leaderboard import leaderboard_document
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.plot import made_from
from tests.conftest import ROOT

DOCUMENT = ROOT / "docs" / "reports.md"
PLOT = ROOT / "docs" / "images" / "leaderboard.png"


def test_the_table_is_that_of_the_sample(sample_board: Leaderboard) -> None:
    assert filled(DOCUMENT, markdown(leaderboard_document(sample_board))) == DOCUMENT.read_bytes()


def test_the_picture_is_that_of_the_sample(sample_board: Leaderboard) -> None:
    assert PLOT.stat().st_size < 150_000
    with Image.open(PLOT) as picture:
        assert picture.info["Description"] == made_from(sample_board)
