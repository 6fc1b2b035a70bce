"""What the suite costs where no exam is sat, as a ratio to pytest without its plugin.

    python -m benchmarks.inert [--rounds 9]

A project with one empty test, in turns with the plugin and with `-p no:jmle`, bytecode on, in
processor time: which plugins else are installed changes what both are measured by, so that the
second line leaves out those of the test extra. Nothing may be written.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.ratios import ratio_text
from benchmarks.replay import processor

TEST = "def test_empty():\n    pass\n"
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
EXTRA = ("hypothesispytest", "syrupy", "randomly", "rerunfailures", "pytest-split", "anyio")
"""Plugins that the test extra brings."""


def main() -> None:
    """Measure and print one line per environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    bare = [word for name in EXTRA for word in ("-p", f"no:{name}")]
    for title, others in {"all plugins": [], "without the test extra's": bare}.items():
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            (project / "test_empty.py").write_text(TEST)
            ours = [*PYTEST, *others]
            without = [*ours, "-p", "no:jmle"]
            for command in (ours, without):  # bytecode and file caches
                processor(command, project)
            pairs = [(processor(without, project), processor(ours, project)) for _ in range(rounds)]
            print(f"{title}: {ratio_text(pairs, 'pytest without the plugin')}, aimed at 1.1")
            left = {file.name for file in project.iterdir()} - {"test_empty.py", "__pycache__"}
            if left:
                raise SystemExit(f"written: {', '.join(sorted(left))}")


if __name__ == "__main__":
    main()
