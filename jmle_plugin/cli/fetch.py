"""`jmle fetch`: an exam's questions and figures, or a published prompt's words, downloaded."""

from __future__ import annotations

import argparse
import signal
import sys

from jmle_plugin.ask.prompt import prompt_source
from jmle_plugin.cli.common import data_root, find_exam, say
from jmle_plugin.cli.options import add_options
from jmle_plugin.exam.fetch import fetch_exam, fetch_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("exam", help="an exam, or a prompt that another project published")
    parser.add_argument("--base-url", metavar="URL", help="a mirror with upstream's layout")
    add_options(parser, "exam-data")


def run(options: argparse.Namespace) -> int:
    """Run the command; its exit status."""
    # A polite end lets the download clean up behind itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    root = data_root(options)
    if (source := prompt_source(options.exam)) is not None:
        done = fetch_files(source, root, base_url=options.base_url, report=say)
    else:
        done = fetch_exam(find_exam(options.exam), root, base_url=options.base_url, report=say)
    if done.files:
        print(done)
    return 0
