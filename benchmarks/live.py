"""What asking costs beside a plain thread pool of the openai client, against the same server.

    python -m benchmarks.live [--rounds 5] [--quick]

400 questions, 98 with figures, for a model known to see them. Whole processes, in turns; ratios
are taken within a round and their median reported. Peak memory is the summed PSS of all of a
session's processes (Linux), looked at four times a second in a session of its own, because
looking costs time.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from PIL import Image

from benchmarks.ratios import ratio_text

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS, FIGURES = 400, 98
MEMORY = 1200
"""MB, as summed PSS."""
KNOWN = "gpt-4o"
"""A model that is known to see figures: none is probed first."""
STEM = "58歳の男性。発熱と咳嗽を主訴に来院した。" * 15


@dataclass(frozen=True)
class Setting:
    """`limit` is the ratio aimed at."""

    workers: int
    in_flight: int
    delay: float
    limit: float


SETTINGS = (
    Setting(0, 16, 1.0, 1.1),
    Setting(2, 16, 1.0, 1.2),
    (WATCHED := Setting(16, 16, 1.0, 1.5)),
    Setting(0, 64, 5.0, 1.08),
)


def main() -> None:
    """Measure and print one line per setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round, without memory")
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        pack = write_exam(Path(folder) / "exam")
        for setting in SETTINGS:
            with provider(setting.delay) as address:
                pairs = [
                    (pool(pack, address, setting), suite(pack, address, setting))
                    for _ in range(rounds)
                ]
                report(setting, pairs, levels(address))
        if not options.quick:
            with provider(WATCHED.delay) as address:
                peak = suite(pack, address, WATCHED, memory=True) / 2**20
                print(f"-n 16, memory of all processes: {peak:.0f} MB, aimed at {MEMORY}")


def report(
    setting: Setting, pairs: list[tuple[float, float]], seen: list[tuple[float, int]]
) -> None:
    """One line: the ratio, and how full the provider was kept."""
    print(
        f"-n {setting.workers}, {setting.in_flight} in flight, {setting.delay:g} s a reply: "
        f"{ratio_text(pairs, 'the thread pool', digits=1)}, aimed at {setting.limit}; "
        f"{fullness(seen)}",
        flush=True,
    )


def fullness(seen: list[tuple[float, int]]) -> str:
    """How many calls were under way between the first time at the peak and the last arrival."""
    peak = max(level for _, level in seen)
    full = next(at for at, level in seen if level == peak)
    arrivals = [
        at for (at, level), (_, before) in zip(seen[1:], seen, strict=False) if level > before
    ]
    spans = [
        (min(after, arrivals[-1]) - at, level)
        for (at, level), (after, _) in itertools.pairwise(seen)
        if full <= at < arrivals[-1]
    ]
    mean = sum(length * level for length, level in spans) / sum(length for length, _ in spans)
    return (
        f"{peak} calls under way after {full - seen[0][0]:.1f} s, {mean:.1f} on average until the "
        "last one"
    )


def pool(pack: Path, address: str, setting: Setting) -> float:
    """Seconds of the thread pool."""
    script = ROOT / "benchmarks" / "thread_pool.py"
    command = [sys.executable, str(script), str(pack), f"{address}/v1", str(setting.in_flight)]
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, env=environment())
    return time.perf_counter() - start


def suite(pack: Path, address: str, setting: Setting, *, memory: bool = False) -> float:
    """Seconds of a session that asks everything, or the bytes it took at most."""
    arguments = (f"-n{setting.workers}", f"--concurrency={setting.in_flight}")
    return session(pack, address, arguments, memory=memory, known=True)


def session(  # noqa: PLR0913 - each is a choice of a session's
    pack: Path,
    address: str,
    arguments: Sequence[str],
    *,
    epochs: int = 1,
    memory: bool = False,
    known: bool = False,
) -> float:
    """The same for a session with these arguments."""
    httpx.post(f"{address}/forget")
    with tempfile.TemporaryDirectory() as cassettes:
        command = session_command(pack, address, cassettes, epochs, *arguments, known=known)
        start = time.perf_counter()
        served = {"OPENAI_BASE_URL": f"{address}/v1", "OPENAI_API_KEY": "none"}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment() | served, stdout=subprocess.PIPE
        )
        peak = watch(process) if memory else 0
        output = process.communicate()[0]
        took = time.perf_counter() - start
        replies = len(list(Path(cassettes).rglob("*.yaml")))
    if process.returncode or replies != QUESTIONS * epochs:
        sys.exit(f"{replies} replies, exit status {process.returncode}\n{output.decode()}")
    return peak if memory else took


def session_command(
    pack: Path, address: str, folder: str, epochs: int, *arguments: str, known: bool = False
) -> list[str]:
    """The command of a session that asks every question so often and keeps all in a folder.

    It asks a server of one's own, or OpenAI's for a model that is known to see figures.
    """
    unknown = ["--model=slow", f"--api-base={address}/v1", "--image-probe=optional"]
    return [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--gate=none",
        f"--exam={pack}", f"--epochs={epochs}", f"--cassettes={folder}", f"--results={folder}",
        *([f"--model={KNOWN}"] if known else unknown), *arguments, str(ROOT / "tests_exam"),
    ]  # fmt: skip


def watch(process: subprocess.Popen[bytes]) -> int:
    """The most memory that the process and its descendants took together, in bytes."""
    peak = 0
    drained = threading.Thread(target=process.wait)
    drained.start()
    while drained.is_alive():
        peak = max(peak, sum(pss(pid) for pid in family(process.pid)))
        drained.join(0.25)
    return peak


def family(root: int) -> Iterator[int]:
    """A process and its descendants."""
    yield root
    for child in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            pids = child.read_text().split()
        except OSError:
            continue
        for pid in pids:
            yield from family(int(pid))


def pss(pid: int) -> int:
    """A process' share of memory, in bytes; 0 for one that is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))


@contextmanager
def provider(*figures: float) -> Iterator[str]:
    """A running slow provider; yields its address."""
    script = ROOT / "benchmarks" / "slow_provider.py"
    with subprocess.Popen(
        [sys.executable, str(script), *map(str, figures)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def levels(address: str) -> list[tuple[float, int]]:
    """(seconds, calls under way) as the provider saw them."""
    return [tuple(one) for one in httpx.get(f"{address}/seen").json()]


def environment() -> dict[str, str]:
    """This process' environment, byte code allowed."""
    return {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def write_exam(folder: Path, figures: int = FIGURES) -> Path:
    """An exam of the real one's size: so many figures, of about 250 KB each."""
    (folder / "images").mkdir(parents=True)
    lines = []
    for number in range(1, QUESTIONS + 1):
        figure = ""
        if number % 4 == 0 and number // 4 <= figures:
            name = f"{number}.png"
            noise = Image.frombytes("RGB", (290, 290), os.urandom(290 * 290 * 3))
            noise.save(folder / "images" / name)
            figure = f'images = ["{name}"]\n'
        lines.append(
            f'[[questions]]\nid = "A-{number}"\nblock = "A"\nnumber = {number}\n'
            f'text = "{STEM}（{number}）最も考えられるのはどれか。"\n'
            'options = { a = "肺炎", b = "肺癌", c = "気胸", d = "喘息", e = "肺結核" }\n'
            f'answer = ["a"]\n{figure}'
        )
    (folder / "questions.toml").write_text("\n".join(lines), encoding="utf-8")
    pack = folder / "exam.toml"
    pack.write_text(
        'schema = 1\nid = "drill"\ntitle = "drill"\nedition = 0\nprofession = "physician"\n'
        'language = "ja"\nlicence = "none needed"\ncredit = "made for a measurement"\n'
        'synthetic = true\ndefault_key = "own"\n[source]\nformat = "jmle"\n'
        '[sections.general]\ntitle = "general"\n'
        f'[[blocks]]\nid = "A"\nsection = "general"\nquestions = {QUESTIONS}\n'
        '[keys.own]\ntitle = "own"\nnumeric = "number"\n'
        f"criteria.general = {{ threshold = 1, max = {QUESTIONS} }}\n",
        encoding="utf-8",
    )
    return pack


if __name__ == "__main__":
    main()
