"""`jmle audit`: what figures are worth, from finished runs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmle_plugin.cli.common import add_data, data_root, find_exam
from jmle_plugin.errors import SettingsError

if TYPE_CHECKING:
    from jmle_plugin.report.audit import Audit

FORMATS = ("text", "json", "markdown")


def add_commands(commands: Any) -> None:
    """Add it to argparse's subparsers."""
    audit = commands.add_parser(
        "audit",
        help="what figures are worth: a run with them against one without",
        description="Compares a sitting with figures and one without, pair by pair.",
    )
    audit.add_argument(
        "files", type=Path, nargs="+", metavar="RESULTS", help="VISION BLIND [VISION BLIND ...]"
    )
    audit.add_argument("--format", choices=FORMATS, default="text")
    audit.add_argument("--exam", metavar="NAME|PATH", help="default: the one the files name")
    add_data(audit)
    audit.set_defaults(command=_audit)


def _audit(options: argparse.Namespace) -> int:
    from jmle_plugin.compare.audit_render import markdown, summary, text_lines  # noqa: PLC0415

    files = options.files
    if len(files) % 2:
        raise SettingsError(
            f"{len(files)} results files make no pairs",
            remedy="Give the run with figures, then the one without: jmle audit VISION BLIND.",
        )
    found = [_one(options, *pair) for pair in zip(files[::2], files[1::2], strict=True)]
    if options.format == "json":
        data = [one.model_dump(mode="json", by_alias=True) for one in found]
        print(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False))
    elif options.format == "markdown":
        print("\n".join(map(markdown, found)), end="")
    else:
        print("\n\n".join("\n".join(text_lines(one)) for one in found))
        if len(found) > 1:
            print("", *summary(found), sep="\n")
    return 0


def _one(options: argparse.Namespace, vision: Path, blind: Path) -> Audit:
    from jmle_plugin.compare.audit import audit, refuse_unlike  # noqa: PLC0415
    from jmle_plugin.exam.pack import load_exam  # noqa: PLC0415
    from jmle_plugin.report.soundness import read_sound_results  # noqa: PLC0415

    halves = read_sound_results(vision), read_sound_results(blind)
    refuse_unlike(*halves)  # before an exam is looked for that may be one half's alone
    named = argparse.Namespace(exam=options.exam or halves[0].exam.id)
    key = halves[0].provenance.key.state
    exam = load_exam(find_exam(named), data_root=data_root(options), key=key)
    return audit(*halves, exam)
