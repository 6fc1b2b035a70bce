"""What a reply takes where the provider answers at once, and what waiting requests take of memory.

    python -m benchmarks.overhead [--rounds 3] [--epochs 10] [--waiting 250]

Text questions, 64 in flight, `-n 0`: wall time of a reply beyond start-up, which is the difference
between sessions of so many epochs and of one, in turns with the same difference for a thread pool
of the `openai` client. Processor time is told apart for the gateway, the session and litellm alone
(Linux). Then a session that has announced 400 questions in so many epochs and waits for the first
replies: the summed PSS of its processes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.live import (
    QUESTIONS,
    ROOT,
    environment,
    family,
    levels,
    provider,
    pss,
    session_command,
    write_exam,
)
from benchmarks.ratios import ratio_text

IN_FLIGHT = 64
LIMIT = 6.0
"""Times the thread pool, a reply."""
MEMORY = 1000
"""MB."""
SETTLED = 20
"""Looks, a quarter of a second apart, after all calls are under way."""
ASKERS = {"pool": "thread_pool", "litellm": "bare_litellm", "suite": ""}
"""What asks -> the module beside this one; empty for the suite."""
Spent = dict[str, float]
"""Seconds: on the wall, of the processor in the gateway, and in the rest."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--waiting", type=int, default=250, help="epochs that wait for a reply")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pack = write_exam(Path(folder) / "exam", figures=0)
        with provider(0.0) as address:
            rounds = [
                {
                    name: a_reply(script, pack, address, options.epochs)
                    for name, script in ASKERS.items()
                }
                for _ in range(options.rounds)
            ]
        pairs = [(one["pool"]["wall"], one["suite"]["wall"]) for one in rounds]
        said = ratio_text(pairs, "the thread pool", digits=5)
        replies = QUESTIONS * options.epochs
        print(f"{replies:,} replies at once, beyond start-up: {said}, aimed at {LIMIT:g}")
        parts = {
            "gateway": ("suite", "gateway"),
            "session": ("suite", "rest"),
            "litellm alone": ("litellm", "rest"),
            "thread pool": ("pool", "rest"),
        }
        spent = (
            f"{name} {statistics.median(one[which][part] for one in rounds) * 1000:.2f} ms"
            for name, (which, part) in parts.items()
        )
        print(f"processor time of a reply beyond start-up: {', '.join(spent)}", flush=True)
        with provider(600.0) as address:
            peak = waiting(pack, address, options.waiting) / 2**20
        print(
            f"{QUESTIONS * options.waiting:,} requests announced, memory of all processes: "
            f"{peak:.0f} MB, aimed at {MEMORY}"
        )


def a_reply(script: str, pack: Path, address: str, epochs: int) -> Spent:
    """What one reply takes beyond start-up: by the module, or by the suite."""
    few, many = (asked(script, pack, address, number) for number in (1, epochs))
    return {name: (many[name] - few[name]) / (QUESTIONS * (epochs - 1)) for name in many}


def asked(script: str, pack: Path, address: str, epochs: int) -> Spent:
    """What asking everything so often takes in all."""
    with tempfile.TemporaryDirectory() as folder:
        command = session_command(pack, address, folder, epochs, f"--concurrency={IN_FLIGHT}")
        if script:
            command = [sys.executable, "-m", f"benchmarks.{script}", str(pack), f"{address}/v1"]
            command += [str(IN_FLIGHT), str(epochs)]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL)
        gateway = 0.0
        while process.poll() is None:
            gateway = max(gateway, sum(map(processor, gateways(process.pid))))
            time.sleep(0.1)
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        sys.exit(f"exit status {process.returncode}: {' '.join(command)}")
    total = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "gateway": gateway, "rest": total - gateway}


def waiting(pack: Path, address: str, epochs: int) -> int:
    """Bytes that a session takes at most until all calls that it may make are under way."""
    with tempfile.TemporaryDirectory() as folder:
        command = session_command(pack, address, folder, epochs, f"--concurrency={IN_FLIGHT}")
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL)
        peak, settled = 0, 0
        try:
            while settled < SETTLED and process.poll() is None:
                peak = max(peak, sum(map(pss, family(process.pid))))
                settled += max((level for _, level in levels(address)), default=0) >= IN_FLIGHT
                time.sleep(0.25)
        finally:
            for pid in [*family(process.pid)]:
                with contextlib.suppress(ProcessLookupError):  # a gateway ends with its session
                    os.kill(pid, signal.SIGKILL)
            process.wait()
    if settled < SETTLED:
        sys.exit(f"exit status {process.returncode}: {' '.join(command)}")
    return peak


def gateways(pid: int) -> list[int]:
    """The gateways among a process's descendants."""
    found = []
    for one in family(pid):
        with contextlib.suppress(OSError):
            if b"jmle_plugin.gateway" in Path(f"/proc/{one}/cmdline").read_bytes():
                found.append(one)
    return found


def processor(pid: int) -> float:
    """Seconds of the processor that a process has taken; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
