"""All pairs of the published runs, compared: writes docs/pairs.md.

    python -m benchmarks.pairs

Needs the published data (JMLE_DATA, or ../shared/data beside the repository).
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import time
from pathlib import Path

from jmle_plugin.ask.importing import import_results
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.leaderboard import leaderboard
from jmle_plugin.compare.pairing import Place, places
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark import Extraction
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import p_text, signed
from jmle_plugin.results.provenance import RunContext

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "pairs.md"
HEAD = """# All pairs of fifteen published runs

Made by `benchmarks/pairs.py` from the replies that JMLE2026-Bench published, marked by the official
key of the 120th examination under the default reading. Each run is compared with every run that
has fewer points: the difference in points with its 95 % bootstrap interval, questions gained and
lost, the exact McNemar test on questions, and the two-sided sign-flip test on points of serial
groups. Methods: [comparison.md](comparison.md). No correction for {pairs} pairs is made: at 5 %
about {false} of them would be called different if all were equal.

*blind* marks pairs in which only one of the two saw the figures: unlike things, compared by
permission (`--allow-mismatch images`).

"""


def main() -> None:
    """Compare and write."""
    data = Path(os.environ.get("JMLE_DATA") or ROOT.parent / "shared" / "data").resolve()
    exam = load_exam(ROOT / "data" / "jmle120" / "exam.toml", data_root=data)
    runs = sorted(remade(data, exam), key=lambda one: (-one.sheet.total.points, one.run.name))
    where = places(exam)
    start = time.process_time()
    pairs = list(itertools.combinations(runs, 2))
    rows = [row(better, worse, where) for better, worse in pairs]
    took = time.process_time() - start
    noise = sum("noise" in one for one in rows)
    text = HEAD.format(pairs=len(pairs), false=round(len(pairs) / 20))
    text += ranking(runs)
    text += f"\nOf {len(pairs)} pairs, {noise} are within noise on points.\n\n"
    text += "| better | worse | points | 95 % interval | gained : lost | McNemar | points | |\n"
    text += "|---|---|---:|---:|---:|---:|---:|---|\n"
    TARGET.write_text(text + "\n".join(rows) + "\n", encoding="utf-8")
    start = time.process_time()
    compare(runs[1], runs[0], where, margin=5)
    whole = time.process_time() - start
    print(f"one comparison with a margin, both verdicts' doubt: {whole:.2f} s, aimed at 0.5")
    print(f"a leaderboard of {2 * len(runs)} runs: {ranked(runs, exam):.1f} s, aimed at 30")
    each, file = 1000 * took / len(pairs), TARGET.relative_to(ROOT)
    print(f"{len(pairs)} pairs in {took:.1f} s, {each:.0f} ms each; {file}")


def ranked(runs: list[Results], exam: Exam) -> float:
    """Processor seconds to rank every run and a twin of it."""
    twins = [
        one.model_copy(update={"run": one.run.model_copy(update={"name": f"{one.run.name}-twin"})})
        for one in runs
    ]
    start = time.process_time()
    leaderboard([*runs, *twins], {exam.id: exam})
    return time.process_time() - start


def remade(data: Path, exam: Exam) -> list[Results]:
    """The results of every published run."""
    with tempfile.TemporaryDirectory() as folder:
        cassettes = Path(folder)
        made = []
        for file in sorted((data / "jmle2026-bench" / "results").glob("*.json")):
            name = import_results(file, exam, cassettes).run.run
            sitting = open_sitting(exam, cassettes, Wanted(run=name))
            made.append(remake_results(sitting, Extraction.STANDARD, RunContext.outside()))
    if not made:
        sys.exit(f"there are no published runs in {data}")
    return made


def ranking(runs: list[Results]) -> str:
    """The runs with their points."""
    lines = ["| run | points | correct | figures |", "|---|---:|---:|---|"]
    lines += [
        f"| {one.run.title} | {one.sheet.total.points} | {one.sheet.total.correct} | "
        f"{one.provenance.images} |"
        for one in runs
    ]
    return "\n".join(lines) + "\n"


def row(better: Results, worse: Results, where: dict[str, Place]) -> str:
    """One pair."""
    found = compare(worse, better, where, allow={"images"}, doubt=False)
    cells = [
        better.run.title,
        worse.run.title,
        signed(found.difference),
        f"{signed(found.interval.low)} to {signed(found.interval.high)}" if found.interval else "",
        f"{len(found.gained)} : {len(found.lost)}",
        p_text(found.tests.mcnemar),
        p_text(found.tests.either),
        ", ".join(
            word
            for word, holds in (
                ("noise", found.tests.either > found.tests.alpha),
                ("blind", bool(found.allowed)),
            )
            if holds
        ),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
