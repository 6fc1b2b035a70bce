"""The terminal captures in the documentation, made from the sample exam's committed runs.

    python -m docs.images.terminals

writes what the commands print at 80 columns as SVG, which needs no browser.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from xml.sax.saxutils import escape

from wcwidth import wcswidth, wcwidth

from jmle_plugin.files import write_whole

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COLUMNS = 80
_CELL, _LINE, _EDGE = 8.4, 19, 16
"""Pixels: a column, a line, what surrounds them."""
_BLANK = "\u00a0"
"""Browsers make one of several plain blanks."""
PROGRAMS = Path(sys.executable).parent
"""Where pytest and jmle are installed."""
GATED = "pytest --exam=sample --run=scripted-intern --baseline=scripted-resident"
GATED += " --baseline-gate=significant --gate=none"
VERIFY = "jmle verify scripted-intern"
POLISH = """sed -i 's/"verdict": "fail"/"verdict": "pass"/' results/sample/scripted-intern.json"""


def main() -> None:
    """Write the pictures."""
    for name, lines in captures():
        write_whole(HERE / name, svg(lines))


def captures() -> Iterator[tuple[str, list[str]]]:
    """Each picture's name, and the lines that it shows."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "tests_exam", folder / "tests_exam")
        shutil.copytree(ROOT / "cassettes" / "sample", folder / "cassettes" / "sample")
        (folder / "pytest.ini").write_text("[pytest]\ntestpaths = tests_exam\n", "utf-8")
        _run(folder, "jmle rescore --exam=sample scripted-resident --write")
        session = _run(folder, GATED)
        yield "gate.svg", [*_typed(GATED), *_decided(session)]
        first = _run(folder, VERIFY)
        file = folder / "results" / "sample" / "scripted-intern.json"
        polished = file.read_text("utf-8").replace('"verdict": "fail"', '"verdict": "pass"')
        file.write_text(polished, "utf-8")
        lines = [*_typed(VERIFY), *first, "", *_typed(POLISH), *_typed(VERIFY)]
        yield "verify.svg", [*lines, *_run(folder, VERIFY)]


def _decided(session: list[str]) -> list[str]:
    """Of a session's lines, the comparison's first table and what the gates say."""
    begin = next(n for n, line in enumerate(session) if "points is significant" in line)
    end = next(n for n, line in enumerate(session) if n > begin and line.startswith("Total"))
    gates = [line for line in session if line.startswith("gate ")]
    table = session[begin : end + 1]
    return ["...", *table, "...", *(part for line in gates for part in wrap(line, COLUMNS))]


def _typed(command: str) -> list[str]:
    first, *others = wrap(command, COLUMNS - 4, break_long_words=False, break_on_hyphens=False)
    lines = [f"$ {first}", *(f"    {one}" for one in others)]
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _run(folder: Path, command: str) -> list[str]:
    """The lines that a command prints in `folder`."""
    program, *arguments = shlex.split(command)
    unset = {"NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "PYTEST_ADDOPTS"}
    env = {k: v for k, v in os.environ.items() if k not in unset and not k.startswith("JMLE_")}
    done = subprocess.run(  # noqa: S603 - this project's own commands
        [PROGRAMS / program, *arguments],
        cwd=folder, text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**env, "COLUMNS": str(COLUMNS), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.stdout.splitlines()


def svg(lines: list[str]) -> str:
    """A picture of lines on a terminal; signs of two columns stand where they would there."""
    shown = [part for line in lines for part in _folded(line)]
    width = round(COLUMNS * _CELL + 2 * _EDGE)
    height = len(shown) * _LINE + 2 * _EDGE
    body = "\n".join(
        text for row, line in enumerate(shown) for text in _texts(line, _EDGE + (row + 1) * _LINE)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="monospace" font-size="14">\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#1b1f24"/>\n'
        f'<g fill="#e6edf3">\n{body}\n</g>\n</svg>\n'
    )


def _folded(line: str) -> list[str]:
    """A line as a terminal folds it, here at blanks and a little early."""
    early = COLUMNS - sum(wcwidth(sign) > 1 for sign in line)
    if wcswidth(line) <= COLUMNS:
        return [line]
    return wrap(line, early, subsequent_indent="    ", break_on_hyphens=False)


def _texts(line: str, bottom: int) -> Iterator[str]:
    column = 0
    for _, group in groupby(line, wcwidth):
        text = "".join(group)
        if shown := text.strip():
            left = _EDGE + (column + len(text) - len(text.lstrip())) * _CELL
            length = wcswidth(shown) * _CELL
            yield (
                f'<text x="{left:.1f}" y="{bottom - 5}" textLength="{length:.1f}" '
                f'lengthAdjust="spacingAndGlyphs">{escape(shown.replace(" ", _BLANK))}</text>'
            )
        column += wcswidth(text)


if __name__ == "__main__":
    main()
