"""`jmle show`: the sheet of a results file, its comparison and its audit."""

from __future__ import annotations

import argparse
from pathlib import Path

from jmle_plugin.report.audit import text_lines as audit_lines
from jmle_plugin.report.comparison import text_lines
from jmle_plugin.report.terminal import sheet_lines
from jmle_plugin.results.store import read_sound_results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("file", type=Path)


def run(options: argparse.Namespace) -> int:
    """Run the command; its exit status."""
    results = read_sound_results(options.file)
    for line in sheet_lines(results):
        print(line.text)
    if results.comparison is not None:
        print("", *text_lines(results.comparison), sep="\n")
    if results.audit is not None:
        print("", *audit_lines(results.audit), sep="\n")
    return 0
