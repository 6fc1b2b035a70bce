"""`jmle`: what is not a test run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from jmle_plugin import __version__
from jmle_plugin.cli import audit, exams, leaderboard, report, runs
from jmle_plugin.errors import JmleError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, or 1 with a message on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks Japanese is no error
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except BrokenPipeError:
        # Whoever read has had enough; the interpreter must not try to flush once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except JmleError as error:
        print(f"jmle: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("jmle: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jmle", description="Exam data, recorded runs and result files of the jmle suite."
    )
    parser.add_argument("--version", action="version", version=f"jmle {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    exams.add_commands(commands)
    runs.add_commands(commands)
    report.add_commands(commands)
    leaderboard.add_commands(commands)
    audit.add_commands(commands)
    return parser
