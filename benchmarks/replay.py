"""What replaying the 120th exam costs, as a ratio to 400 empty tests.

    python -m benchmarks.replay [--rounds 5]

Both are whole pytest processes on the same machine, in turns; the ratio is taken within
each round and the median of the rounds reported, so that a noisy machine disturbs little.
A second line tells what the HTML page costs, in processor time of the same replay without it.
Needs the published data (JMLE_DATA, or ../shared/data beside the repository).
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.ratios import ratio_text

ROOT = Path(__file__).resolve().parents[1]
RUNS = {"GPT-5.2": "openai_gpt-5.2.json", "long reasoning": "openai_gpt-oss-120b_high.json"}
EMPTY = """
import pytest

@pytest.mark.parametrize("number", range(400))
def test_empty(number):
    pass
"""
PYTEST = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider"]
LIMIT = 2.4
"""Times 400 empty tests."""
MORE = 1.1
"""Times what two workers cost 400 empty tests, in wall time."""


def main() -> None:
    """Measure and print one line per run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    data = Path(os.environ.get("JMLE_DATA") or ROOT.parent / "shared" / "data").resolve()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "test_empty.py").write_text(EMPTY)
        (project / "pytest.ini").write_text("[pytest]\n")
        shutil.copytree(ROOT / "tests_exam", project / "tests_exam")
        empty = [*PYTEST, "-p", "no:jmle", "test_empty.py"]
        seconds(empty, project)  # byte code and file caches
        for name, file in RUNS.items():
            run = _imported(data, file, project)
            replay = [*PYTEST, "--offline", f"--exam-data={data}", f"--run={run}", "tests_exam"]
            seconds(replay, project)
            pairs = [(seconds(empty, project), seconds(replay, project)) for _ in range(rounds)]
            print(f"{name}: {ratio_text(pairs, '400 empty tests')}, aimed at {LIMIT}", flush=True)
            two = [_more(replay, empty, project) for _ in range(rounds)]
            said = ratio_text(two, "what it costs 400 empty tests")
            print(f"{name}, what -n2 costs beyond -n0: {said}, aimed at {MORE}", flush=True)
            without = [*replay, "--report=none"]
            costs = [(processor(without, project), processor(replay, project)) for _ in pairs]
            print(
                f"  its page: {statistics.median(page / none - 1 for none, page in costs):.1%} "
                f"({statistics.median(page - none for none, page in costs):.2f} s)"
            )


def _more(replay: list[str], empty: list[str], project: Path) -> tuple[float, float]:
    """Seconds that two workers take more than none: of the empty tests, and of the replay."""
    alone, beside = (
        (seconds(command, project), seconds([*command, "-n2"], project))
        for command in (empty, replay)
    )
    return alone[1] - alone[0], beside[1] - beside[0]


def processor(command: list[str], folder: Path) -> float:
    """Processor time of one run and its children, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds(command, folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def seconds(command: list[str], folder: Path) -> float:
    """Wall time of one run; it must succeed."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _imported(data: Path, file: str, project: Path) -> str:
    source = data / "jmle2026-bench" / "results" / file
    run = source.stem
    jmle = str(Path(sys.executable).parent / "jmle")
    command = [jmle, "import", str(source), "--run", run]
    subprocess.run(
        [*command, f"--exam-data={data}"], cwd=project, check=True, stdout=subprocess.DEVNULL
    )
    return run


if __name__ == "__main__":
    main()
