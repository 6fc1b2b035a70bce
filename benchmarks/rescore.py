"""What rescoring the 120th exam costs, as a ratio to reading its 400 cassettes.

    python -m benchmarks.rescore [--rounds 9]

Both happen in this process, start-up aside, in turns; the ratio is taken within each round
and the median of the rounds reported. Rescoring contains the reading. Needs the published
data (JMLE_DATA, or ../shared/data beside the repository).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.ratios import ratio_text
from jmle_plugin.ask.cassette import read_cassette, write_cassette
from jmle_plugin.ask.importing import import_results
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.run import write_run
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark import Extraction
from jmle_plugin.results.provenance import RunContext

ROOT = Path(__file__).resolve().parents[1]
RUNS = {"GPT-5.2": "openai_gpt-5.2.json", "long reasoning": "openai_gpt-oss-120b_high.json"}


def main() -> None:
    """Measure and print two lines per run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    data = Path(os.environ.get("JMLE_DATA") or ROOT.parent / "shared" / "data").resolve()
    exam = load_exam(ROOT / "data" / "jmle120" / "exam.toml", data_root=data)
    with tempfile.TemporaryDirectory() as folder:
        for name, file in RUNS.items():
            source = data / "jmle2026-bench" / "results" / file
            run = import_results(source, exam, Path(folder)).run.run
            imported = open_sitting(exam, Path(folder), Wanted(run=run))
            measure(f"{name}, imported", imported, rounds)
            measure(f"{name}, with our prompt", with_prompt(imported), rounds)


def measure(name: str, sitting: Sitting, rounds: int) -> None:
    """Print one line."""
    rescore(sitting)
    pairs = [(seconds(read, sitting), seconds(rescore, sitting)) for _ in range(rounds)]
    print(f"{name}: {ratio_text(pairs, 'reading', digits=3)}")


def with_prompt(imported: Sitting) -> Sitting:
    """The same replies as if they had been recorded here: their cassettes hold the questions."""
    model, cassettes = imported.run.model, imported.folder.parents[1]
    planned = open_sitting(imported.exam, cassettes, Wanted(model=model, may_record=True))
    for seat in imported.seats():
        request = planned.request(seat.question)
        stored = read_cassette(imported.cassette(seat.question))
        write_cassette(
            planned.cassette(seat.question),
            replace(stored, request=request.body, imported=None),
        )
    write_run(planned.folder, planned.run)
    return planned


def read(sitting: Sitting) -> None:
    """Read and check every cassette."""
    for seat in sitting.seats():
        read_cassette(sitting.cassette(seat.question, seat.epoch))


def rescore(sitting: Sitting) -> None:
    """Make the run's results."""
    made = remake_results(sitting, Extraction.STANDARD, RunContext.outside())
    if made.sheet.errors:
        raise SystemExit(f"no reply to {made.sheet.errors}")


def seconds(work: Callable[[Sitting], None], sitting: Sitting) -> float:
    """Wall time of one round."""
    start = time.perf_counter()
    work(sitting)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
