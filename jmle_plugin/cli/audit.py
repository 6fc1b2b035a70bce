"""`jmle audit`: what figures are worth, from finished runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmle_plugin.cli.common import (
    FORMATS,
    add_data,
    add_results,
    named_exam,
    print_in_form,
    results_named,
)
from jmle_plugin.errors import SettingsError

if TYPE_CHECKING:
    from jmle_plugin.results.audit import Audit


def add_commands(commands: Any) -> None:
    """Add it to argparse's subparsers."""
    audit = commands.add_parser(
        "audit",
        help="what figures are worth: a run with them against one without",
        description="Compares a sitting with figures and one without, pair by pair.",
    )
    audit.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="VISION BLIND [VISION BLIND ...]: runs' names, or results files",
    )
    audit.add_argument("--format", choices=FORMATS, default="text")
    audit.add_argument("--exam", metavar="NAME|PATH", help="default: the one the runs are of")
    add_results(audit)
    add_data(audit)
    audit.set_defaults(command=_audit)


def _audit(options: argparse.Namespace) -> int:
    from jmle_plugin.report.audit import markdown, summary, text_lines  # noqa: PLC0415

    if len(options.runs) % 2:
        raise SettingsError(
            f"{len(options.runs)} results files make no pairs",
            remedy="Give the run with figures, then the one without: jmle audit VISION BLIND.",
        )
    files = results_named(options, options.runs)
    found = [_one(options, *pair) for pair in zip(files[::2], files[1::2], strict=True)]
    print_in_form(found, options.format, text=text_lines, markdown=markdown)
    if options.format == "text" and len(found) > 1:
        print("", *summary(found), sep="\n")
    return 0


def _one(options: argparse.Namespace, vision: Path, blind: Path) -> Audit:
    from jmle_plugin.compare.audit import audit, refuse_unlike  # noqa: PLC0415
    from jmle_plugin.results.store import read_sound_results  # noqa: PLC0415

    halves = read_sound_results(vision), read_sound_results(blind)
    refuse_unlike(*halves)  # before an exam is looked for that may be one half's alone
    key = halves[0].provenance.key.state
    return audit(*halves, named_exam(options, options.exam or halves[0].exam.id, key))
