"""`jmle export`: a recorded run in another project's or tool's form."""

from __future__ import annotations

import argparse
from pathlib import Path

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.cli.common import named_exam, one_exam, writing
from jmle_plugin.cli.options import add_options
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.mark import Extraction
from jmle_plugin.report.sheet import summary_line
from jmle_plugin.results.exporting import FORMS, RecordedRun, export
from jmle_plugin.results.provenance import RunContext


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle export`."""
    parser.add_argument("run", metavar="RUN", help="a recorded run's name")
    parser.add_argument("--format", required=True, choices=FORMS)
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="default: RUN with the form's ending, here"
    )
    add_options(
        parser, "exam", "key", "extraction", "epochs", "prompt", "api-base", "cassettes",
        "exam-data",
    )  # fmt: skip


def run_export(options: argparse.Namespace) -> int:
    """Run `jmle export`; its exit status."""
    exam = named_exam(options, one_exam(options.exam, "runs are exported for"), options.key)
    wanted = Wanted(run=options.run, prompt_file=options.prompt, epochs=options.epochs)
    sitting = open_sitting(exam, options.cassettes, wanted)
    made = remake_results(sitting, Extraction(options.extraction), RunContext.outside())
    file = options.output or Path(f"{options.run}{FORMS[options.format].suffix}")
    with writing(file):
        recorded = RecordedRun.read(sitting, made, options.api_base or "")
        export(recorded, options.format, file)
    print(summary_line(made))
    print(f"Written: {file}")
    return 0
