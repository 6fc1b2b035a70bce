"""What a large exam costs: collecting and replaying 400, 4,000 and 12,484 generated questions.

    python -m benchmarks.scale [--rounds 3] [--sizes 400 4000 12484] [--workers]

12,484 is the size of JMed48k-Eval. Whole pytest processes, the sizes in turns: processor time of
all processes of a session, wall time, and the largest process's memory. What a question costs is
compared with the smallest size in the same round: once with the session's start in it, once
beyond the start, which is what an exam of one question costs. Every fourth question has a figure
(there are fifty), a reply in ten is wrong. `--workers` measures `-n 2` as well. Needs no data.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ratios import ratio_text

ROOT = Path(__file__).resolve().parents[1]
SIZES = (400, 4000, 12484)
PAPER = 400
"""Questions of a block."""
FIGURES = 50
MEGABYTE = 1024 * 1024
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--gate=none"]
KINDS = {
    "collected": ["-n0", "--collect-only"],
    "replayed, no report": ["-n0", "--report=none"],
    "replayed, page": ["-n0"],
}
LIMIT = 1.1
"""Times the smallest exam's cost of a question."""
BY_TWO = {"replayed by two, no report": ["-n2", "--report=none"]}


@dataclass(frozen=True)
class Cost:
    """Of one session: seconds, and bytes of its largest process."""

    processor: float
    wall: float
    memory: int


def main() -> None:
    """Measure and print a table for each kind of session."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--workers", action="store_true")
    parser.add_argument("--make", nargs=2, metavar=("FOLDER", "SIZE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        make(Path(given.make[0]), int(given.make[1]))
        return
    sizes = [1, *given.sizes]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "pytest.ini").write_text("[pytest]\ntestpaths = tests_exam\n")
        tests = project / "tests_exam"
        tests.mkdir()
        (tests / "test_exam.py").write_bytes((ROOT / "tests_exam" / "test_exam.py").read_bytes())
        for size in sizes:
            # In a process of its own: this one's memory would count as that of its children.
            made = [sys.executable, "-m", "benchmarks.scale", "--make", folder, str(size)]
            subprocess.run(made, check=True, cwd=ROOT)
        for kind, arguments in (KINDS | (BY_TWO if given.workers else {})).items():
            session(project, 1, arguments)  # byte code and file caches
            rounds = [
                {size: session(project, size, arguments) for size in sizes}
                for _ in range(given.rounds)
            ]
            print(f"\n{kind}, median of {given.rounds} rounds")
            print(
                f"{'questions':>10} {'cpu':>8} {'wall':>8} {'memory':>8} {'a question':>11}", end=""
            )
            print(f"{'ratio':>7} {'beyond start':>13} {'ratio':>6}")
            for size in given.sizes:
                print(row(rounds, size, given.sizes[0]))
            if "replayed" in kind and len(given.sizes) > 1:
                print(against(rounds, kind, max(given.sizes), given.sizes[0]), flush=True)


def against(rounds: list[dict[int, Cost]], kind: str, size: int, least: int) -> str:
    """The largest size's cost of a question beside the smallest's, and what is aimed at."""
    pairs = [(one[least].processor / least, one[size].processor / size) for one in rounds]
    said = ratio_text(pairs, f"one of {least}", digits=4)
    return f"{kind}, a question of {size:,}: {said}, aimed at {LIMIT}"


def row(rounds: list[dict[int, Cost]], size: int, least: int) -> str:
    """One size's figures, and its costs by question as multiples of the smallest size's."""

    def middle(values: list[float]) -> float:
        return statistics.median(values)

    costs = [one[size] for one in rounds]
    whole = [(one[size].processor / size, one[least].processor / least) for one in rounds]
    beyond = [
        tuple((one[n].processor - one[1].processor) / n for n in (size, least)) for one in rounds
    ]
    return (
        f"{size:>10,} {middle([one.processor for one in costs]):>6.2f} s"
        f" {middle([one.wall for one in costs]):>6.2f} s"
        f" {middle([one.memory for one in costs]) / MEGABYTE:>5.0f} MB"
        f" {1000 * middle([own for own, _ in whole]):>8.2f} ms"
        f" {middle([own / base for own, base in whole]):>6.2f}"
        f" {1000 * middle([own for own, _ in beyond]):>10.2f} ms"
        f" {middle([own / base for own, base in beyond]):>6.2f}"
    )


def session(project: Path, size: int, arguments: list[str]) -> Cost:
    """One pytest process on the exam of that size; it must succeed."""
    command = [*PYTEST, *arguments, "--offline", f"--exam=made{size}", "--run=made"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    with (project / "out").open("wb") as out:
        process = subprocess.Popen(command, cwd=project, env=environment, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit((project / "out").read_text(errors="replace")[-3000:])
    wall = time.perf_counter() - begun
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024)


def make(project: Path, size: int) -> None:
    """Write the pack `made<size>` and a recorded run of it."""
    from jmle_plugin.ask.cassette import Cassette, write_cassette  # noqa: PLC0415
    from jmle_plugin.ask.opening import Wanted, open_sitting  # noqa: PLC0415
    from jmle_plugin.ask.recording import keep_run  # noqa: PLC0415
    from jmle_plugin.exam.pack import load_exam  # noqa: PLC0415

    folder = project / "data" / f"made{size}"
    write_pack(folder, size)
    exam = load_exam(folder / "exam.toml", data_root=project)
    wanted = Wanted(model="made/model", run="made", may_record=True)
    sitting = open_sitting(exam, project / "cassettes", wanted)
    keep_run(sitting.folder, sitting.run)
    for number, question in enumerate(exam.questions.values()):
        request = sitting.request(question)
        letter = "b" if number % 10 == 9 else "a"  # noqa: PLR2004
        text = f"選択肢を順に検討した。{'所見から最も考えやすい。' * 8}\n\n【回答】{letter}"
        reply = {
            "object": "chat.completion",
            "model": "made/model",
            "choices": [{"index": 0, "message": {"content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 400, "completion_tokens": 90},
        }
        cassette = Cassette(question.id, 1, request.question_sha256, request.body, reply)
        write_cassette(sitting.cassette(question), cassette)


def write_pack(folder: Path, size: int) -> None:
    """An exam of blocks of 400 questions, one point each."""
    from PIL import Image  # noqa: PLC0415

    (folder / "images").mkdir(parents=True)
    for number in range(FIGURES):
        picture = Image.effect_noise((400, 300), 50 + number)
        picture.save(folder / "images" / f"{number}.png")
    blocks = [(f"P{first // PAPER}", min(PAPER, size - first)) for first in range(0, size, PAPER)]
    listed = ",\n".join(
        f'  {{ id = "{name}", section = "all", questions = {count} }}' for name, count in blocks
    )
    (folder / "exam.toml").write_text(
        f"""schema = 1
id = "{folder.name}"
title = "{size} made questions"
edition = 1
profession = "physician"
licence = "CC0"
synthetic = true
default_key = "official"
source.format = "jmle"
sections.all.title = "all"
blocks = [
{listed}
]

[keys.official]
title = "the key"
criteria.all = {{ threshold = {-(-size * 6 // 10)}, max = {size} }}
"""
    )
    entries = [
        question(f"{name}-{number}", name, number)
        for name, count in blocks
        for number in range(1, count + 1)
    ]
    (folder / "questions.toml").write_text("\n".join(entries), encoding="utf-8")


def question(name: str, block: str, number: int) -> str:
    """One question of five options, as TOML."""
    case = "腹痛を主訴に来院した。体温37.2℃、脈拍88/分。" * 5
    stem = f"{name}番の症例。{case}最も考えられるのはどれか。"
    options = ", ".join(f'{letter} = "{name}の選択肢{letter}"' for letter in "abcde")
    figure = f'"{number % FIGURES}.png"' if number % 4 == 0 else ""
    return f"""[[questions]]
id = "{name}"
block = "{block}"
number = {number}
text = "{stem}"
options = {{ {options} }}
answer = ["a"]
images = [{figure}]
"""


if __name__ == "__main__":
    main()
