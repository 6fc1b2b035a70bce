"""`jmle show`: the sheet of a results file, its comparison and its audit."""

from __future__ import annotations

import argparse
from pathlib import Path

from jmle_plugin.cli.common import print_document
from jmle_plugin.report.sheet_report import comparisons_document, sheet_document
from jmle_plugin.results.store import read_sound_results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("file", type=Path)


def run(options: argparse.Namespace) -> int:
    """Run the command; its exit status."""
    results = read_sound_results(options.file)
    print_document((*sheet_document(results), *comparisons_document(results)))
    return 0
