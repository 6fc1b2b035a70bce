"""`jmle import`: other projects' recorded replies become runs."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from jmle_plugin.ask.importing import Form, exams_of, find_form, import_all, silent
from jmle_plugin.ask.importing.writing import Imported
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.cli.common import named_exam, say
from jmle_plugin.cli.options import add_options
from jmle_plugin.errors import DataMissingError
from jmle_plugin.exam.library import suite_folder
from jmle_plugin.exam.model import Exam
from jmle_plugin.session.option_table import BY_NAME
from jmle_plugin.text import count, printable

_TEST = "tests_exam"


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle import`."""
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="files, or their folder"
    )
    parser.add_argument("--exam", default="", help="default: the one the files belong to")
    parser.add_argument("--run", default="", metavar="NAME", help="default: by the files' names")
    parser.add_argument("--format", default="", metavar="FORM", help="default: found out")
    parser.add_argument(
        "--images",
        choices=("vision", "blind"),
        help="whether the figures were shown, where the files do not say it",
    )
    add_options(parser, "cassettes", "exam-data")


def run_import(options: argparse.Namespace) -> int:
    """Run `jmle import`; its exit status."""
    form = find_form(options.files, options.format)
    images = ImageMode(options.images) if options.images else None
    report: Callable[[str], None] = say
    for name, exam in _exams_here(options, form):
        import_all(
            options.files,
            exam,
            options.cassettes,
            options.run,
            form=form,
            images=images,
            report=report,
            each=partial(_tell, options, name),
        )
        report = silent  # what was said once is not said again
    return 0


def _tell(options: argparse.Namespace, exam: str, one: Imported) -> None:
    """Say what was imported, at once: an import that is stopped midway has said it."""
    print(printable(f"{one.run.title}: {one.replies} replies in {one.folder}"))
    if one.missing:
        missing = count(len(one.missing), "question")
        print(f"  no reply to {missing} (first: {one.missing[0]})")
    if one.others:
        print(f"  left out: {count(one.others, 'answer')} to questions that {exam} does not ask")
    print(f"  replay: {_replay(options, exam, one.run.run)}", flush=True)


def _exams_here(options: argparse.Namespace, form: Form) -> Iterator[tuple[str, Exam]]:
    """Name and exam of what to import into: the one named, or those of the files that are here."""
    names = [options.exam] if options.exam else exams_of(form, options.files)
    missing: list[DataMissingError] = []
    for name in names:
        try:
            exam = named_exam(options, name)
        except DataMissingError as error:
            missing.append(error)
            if len(names) > 1:
                say(f"left out: {name}, whose questions are not on this machine")
        else:
            yield name, exam
    if len(missing) == len(names):
        raise missing[0]


def _replay(options: argparse.Namespace, exam: str, run: str) -> str:
    """The command that replays a run where the import was called."""
    command = ["pytest", *_exam_test(), f"--exam={exam}", f"--run={run}", "--offline"]
    if options.cassettes != Path(BY_NAME["cassettes"].default):
        command.append(f"--cassettes={options.cassettes}")
    if options.exam_data:
        command.append(f"--exam-data={options.exam_data}")
    return shlex.join(command)


def _exam_test() -> list[str]:
    """What names the exam's test to pytest, where this folder has none of its own."""
    if Path(_TEST).is_dir():
        return []
    if find_spec(f"jmle_plugin.{_TEST}"):
        return ["--pyargs", f"jmle_plugin.{_TEST}"]
    # The suite is installed from its repository, whose folder is not where this session is at home.
    return ["--rootdir=.", str(suite_folder(_TEST))]
