"""`jmle verify`: a results file against the replies it was made of."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from jmle_plugin.cli.common import named_exam
from jmle_plugin.cli.options import add_options
from jmle_plugin.compare.verify import verify
from jmle_plugin.errors import JmleError
from jmle_plugin.report.sheet import summary_line
from jmle_plugin.results.store import read_results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: the one the file names")
    add_options(parser, "prompt", "cassettes", "exam-data")


def run(options: argparse.Namespace) -> int:
    """Run the command; its exit status."""
    try:
        results = read_results(options.file)
        key = results.provenance.key.state
        exam = named_exam(options, options.exam or results.exam.id, key)
        found = verify(results, exam, options.cassettes, options.prompt)
    except JmleError as error:
        print(f"jmle: cannot be verified: {error}", file=sys.stderr)
        return 2
    for line in found:
        print(line)
    if not found:
        print(f"{options.file} agrees with its cassettes: {summary_line(results)}")
    return 1 if found else 0
