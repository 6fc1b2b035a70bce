"""Commands about exams: exams, fetch, import, check."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jmle_plugin.cli.common import (
    CASSETTES,
    add_cassettes,
    add_data,
    data_root,
    find_exam,
    named_exam,
)
from jmle_plugin.errors import DataMissingError
from jmle_plugin.text import count, printable

if TYPE_CHECKING:
    from jmle_plugin.ask.importing import Form
    from jmle_plugin.exam.model import Exam


def add_commands(commands: Any) -> None:
    """Add them to argparse's subparsers."""
    exams = commands.add_parser("exams", help="list the exam packs and whether their data is here")
    exams.add_argument("--format", choices=("text", "json"), default="text")
    add_data(exams)
    exams.set_defaults(command=_exams)

    fetch = commands.add_parser("fetch", help="download an exam's questions and figures")
    fetch.add_argument("exam")
    fetch.add_argument("--base-url", metavar="URL", help="a mirror with upstream's layout")
    add_data(fetch)
    fetch.set_defaults(command=_fetch)

    load = commands.add_parser("import", help="turn other projects' recorded replies into runs")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files, or their folder")
    load.add_argument("--exam", default="", help="default: the one the files belong to")
    load.add_argument("--run", default="", metavar="NAME", help="default: by the files' names")
    load.add_argument("--format", default="", metavar="FORM", help="default: found out")
    load.add_argument(
        "--images",
        choices=("vision", "blind"),
        help="whether the figures were shown, where the files do not say it",
    )
    add_cassettes(load)
    add_data(load)
    load.set_defaults(command=_import)

    check = commands.add_parser("check", help="check an exam pack, every pixel included")
    check.add_argument("exam")
    add_data(check)
    check.set_defaults(command=_check)


def _exams(options: argparse.Namespace) -> int:
    from jmle_plugin.cli.listing import as_json, as_text  # noqa: PLC0415
    from jmle_plugin.exam.library import find_packs, pack_folders  # noqa: PLC0415
    from jmle_plugin.exam.listing import list_exam  # noqa: PLC0415

    root = data_root(options)
    listed = [list_exam(pack, root) for pack in find_packs(pack_folders(Path.cwd())).values()]
    print(as_json(listed) if options.format == "json" else as_text(listed))
    return 0


def _fetch(options: argparse.Namespace) -> int:
    from jmle_plugin.exam.fetch import fetch_exam  # noqa: PLC0415

    # A polite end lets the download clean up behind itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    root = data_root(options)
    done = fetch_exam(find_exam(options.exam), root, base_url=options.base_url, report=_say)
    if done.files:
        print(done)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _import(options: argparse.Namespace) -> int:
    from jmle_plugin.ask.importing import find_form, import_all  # noqa: PLC0415
    from jmle_plugin.ask.run import ImageMode  # noqa: PLC0415

    form, _ = find_form(options.files, options.format)
    images = ImageMode(options.images) if options.images else None
    told: Callable[[str], None] = _say
    for exam in _exams_here(options, form):
        done = import_all(
            options.files,
            exam,
            options.cassettes,
            options.run,
            form=form,
            images=images,
            report=told,
        )
        told = _nothing
        for one in done:
            print(printable(f"{one.run.title}: {one.replies} replies in {one.folder}"))
            if one.missing:
                print(f"  no reply to {len(one.missing)} questions (first: {one.missing[0]})")
            print(f"  replay: {_replay(options, exam.id, one.run.run)}")
    return 0


def _nothing(_: str) -> None:
    """What was said once is not said again."""


def _exams_here(options: argparse.Namespace, form: Form) -> Iterator[Exam]:
    """The exams to import into: the one named, or those of the files that are here."""
    from jmle_plugin.ask.importing import exams_of  # noqa: PLC0415

    names = [options.exam] if options.exam else exams_of(form, options.files)
    missing: list[DataMissingError] = []
    for name in names:
        try:
            yield named_exam(options, name)
        except DataMissingError as error:
            missing.append(error)
            if len(names) > 1:
                _say(f"left out: {name}, whose questions are not on this machine")
    if len(missing) == len(names):
        raise missing[0]


def _replay(options: argparse.Namespace, exam: str, run: str) -> str:
    """The command that replays a run where the import was called."""
    command = ["pytest", f"--exam={exam}", f"--run={run}", "--offline"]
    if options.cassettes != Path(CASSETTES):
        command.append(f"--cassettes={options.cassettes}")
    if options.exam_data:
        command.append(f"--exam-data={options.exam_data}")
    return shlex.join(command)


def _check(options: argparse.Namespace) -> int:
    from jmle_plugin.exam.check import check_key, check_paper, notes  # noqa: PLC0415

    exam = named_exam(options, options.exam)
    problems = check_paper(exam)
    for note in notes(exam):
        print(printable(f"note: {note}"))
    for state in exam.key_states:
        keyed = named_exam(options, options.exam, state)
        problems += check_key(keyed)
        for doubt in keyed.key.unconfirmed:
            print(printable(f"not confirmed: key {state}, {doubt}"))
        for rule in keyed.key.not_evaluated:
            print(printable(f"not evaluable: key {state}, {rule}"))
    for problem in problems:
        print(printable(problem))
    figures = {image.name for question in exam.questions.values() for image in question.images}
    points = sum(question.points for question in exam.questions.values())
    print(
        f"{exam.id}: {len(exam.questions)} questions, {points} points, {len(figures)} images, "
        f"key states {', '.join(exam.key_states)}: "
        + (count(len(problems), "problem") if problems else "no problems")
    )
    return 1 if problems else 0
