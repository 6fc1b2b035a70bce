"""A made-up bench that was sat twice, for all the forms it is shown in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.habits import with_doubt
from jmle_plugin.compare.leaderboard import Leaderboard, leaderboard
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark import Extraction
from jmle_plugin.results.file import Results
from tests.builders import LONG_AGO
from tests.integration.test_benches import replies, write_bench
from tests.packs import record_run


def sit_twice(folder: Path) -> tuple[Exam, list[Results]]:
    """The bench, and a perfect run and a worse one; their cassettes stay in the folder."""
    exam = write_bench(folder / "data")
    made: list[Results] = []
    for run, bad in (("perfect", False), ("worse", True)):
        record_run(folder / "cassettes", exam, run, right=replies(unreadable=bad, short=bad))
        sitting = open_sitting(exam, folder / "cassettes", Wanted(run=run))
        made.append(remake_results(sitting, Extraction.STANDARD, LONG_AGO))
    return exam, made


@cache
def sat() -> tuple[Results, Results, Leaderboard]:
    """A perfect run, a worse one that is compared with it, and the leaderboard of both."""
    with TemporaryDirectory() as name:
        exam, runs = sit_twice(Path(name))
    perfect, worse = made = [with_doubt(one, exam) for one in runs]
    worse = worse.model_copy(update={"comparison": compare(perfect, worse, exam=exam)})
    return perfect, worse, leaderboard(made, {exam.id: exam})


def compared_bench() -> Results:
    """The worse run."""
    return sat()[1]
