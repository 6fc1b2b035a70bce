"""What several commands do with their options."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from jmle_plugin.ask.cassette import SUFFIX
from jmle_plugin.ask.run import RunSpec
from jmle_plugin.errors import DataMissingError, ResultError, SettingsError, UnknownNameError
from jmle_plugin.exam import default_data_root, find_pack, pack_folders
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark.bench import check_measures
from jmle_plugin.report.document import Document
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.terminal import COLUMNS, terminal_lines
from jmle_plugin.results.file import Results
from jmle_plugin.results.store import find_results
from jmle_plugin.text import first_of

_SHOWN = 5
FORMATS = ("text", "json", "markdown")
RUN_OR_FILE = "a run's name, EXAM/RUN, the folder of its cassettes, or a results file"
_CODES = {"bold": 1, "red": 31, "green": 32, "yellow": 33}
"""What switches a terminal to each markup of a line."""

Found = TypeVar("Found", bound="BaseModel")


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)


def say_missing(run: RunSpec, of: int, missing: Sequence[str]) -> bool:
    """Say how many of a run's replies are there, and which are not; whether all are."""
    say(f"{run.exam} {run.run}: {of - len(missing)} of {of} replies")
    if missing:
        say(f"  missing: {first_of([one.removesuffix(SUFFIX) for one in missing], _SHOWN)}")
    return not missing


def print_in_form(found: Sequence[Found], form: str, document: Callable[[Found], Document]) -> None:
    """Print what was found in one of FORMATS; JSON is a list, whatever there is of it."""
    if form == "json":
        print_json([one.model_dump(mode="json", by_alias=True) for one in found])
    elif form == "markdown":
        print("\n".join(markdown(document(one)) for one in found), end="")
    else:
        for n, one in enumerate(found):
            if n:
                print()
            print_document(document(one))


def print_json(data: object) -> None:
    """Print JSON that stays JSON where `##[` would be a command (`Inert`)."""
    written = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False)
    print(written.replace("##[", r"##\u005b"))


def print_document(document: Document, columns: int = COLUMNS) -> None:
    """Print a document in lines of at most `columns`, coloured where a terminal shows it."""
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in terminal_lines(document, columns):
        codes = "".join(f"\x1b[{_CODES[name]}m" for name in line.markup) if coloured else ""
        print(f"{codes}{line.text}\x1b[0m" if codes else line.text)


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Turn the system's refusal to write `file` into a ResultError."""
    try:
        yield
    except OSError as error:
        raise ResultError(
            f"cannot be written ({error.strerror})",
            where=file,
            remedy="Name a file in a folder you may write to; what was there is untouched.",
        ) from error


def data_root(options: argparse.Namespace) -> Path:
    """The folder of exam data: the one that is set, or where `jmle fetch` puts it."""
    return options.exam_data or default_data_root()


def find_exam(name: str) -> Path:
    """The exam.toml of that name or path; UnknownNameError where there is none."""
    return find_pack(name, pack_folders(Path.cwd()))


def named_exam(options: argparse.Namespace, name: str, key: str | None = None) -> Exam:
    """The exam of that name or path, under key state `key` (None: the pack's own).

    Raises UnknownNameError, DataMissingError where it is not on this machine, PackError.
    """
    exam = load_exam(find_exam(name), data_root=data_root(options), key=key)
    check_measures(exam)
    return exam


def one_exam(names: Sequence[str], what: str) -> str:
    """The exam that was named; SettingsError where several were, and `what` is for one."""
    if len(names) > 1:
        raise SettingsError(
            f"{len(names)} exams are named, and {what} one at a time",
            where="--exam",
            remedy="Name one.",
        )
    return names[0]


def exam_at_hand(
    options: argparse.Namespace,
    name: str,
    *,
    needed: bool,
    key: str | None = None,
    say: Callable[[str], object] = str,
) -> Exam | None:
    """The exam of that name, under key state `key` where it has that.

    None where it is not on this machine and not `needed`: `say` gets the reason and the remedy.
    """
    try:
        state = key if key in read_manifest(find_exam(name)).keys else None
        return named_exam(options, name, state)
    except (DataMissingError, UnknownNameError) as error:
        if needed:
            raise
        say(f"{error.problem}. {error.remedy}".strip())
        return None


def exam_of(
    options: argparse.Namespace,
    results: Sequence[Results],
    say: Callable[[str], object] = str,
) -> Exam | None:
    """The exam these results are of, under the first one's key: named by --exam, or by them.

    None where it is not on this machine and was not named, or is there with other questions or
    rules: `say` gets the reason. Raises SettingsError where they are of another exam.
    """
    first = results[0]
    exam = exam_at_hand(
        options,
        options.exam or first.exam.id,
        needed=bool(options.exam),
        key=first.provenance.key.state,
        say=say,
    )
    if exam is None:
        return None
    refuse_other_exam(exam.id, results)
    if exam.hash not in {one.provenance.exam.hash for one in results}:
        say(f"{exam.id} is here with other questions or rules than were sat ({exam.hash[:12]})")
        return None
    return exam


def refuse_other_exam(named: str, results: Sequence[Results]) -> None:
    """SettingsError where none of these results is of the exam that was named."""
    ids = dict.fromkeys(one.exam.id for one in results)
    if named not in ids:
        raise SettingsError(
            f"{named} is not the exam that was sat: the results are of {', '.join(ids)}",
            where="--exam",
            remedy="Leave --exam out: results name their exam.",
        )


def exam_name(options: argparse.Namespace) -> str | None:
    """The id of the exam that was named, be it by its pack's path."""
    if not options.exam or (options.results / options.exam).is_dir():
        return options.exam or None
    return read_manifest(find_exam(options.exam)).id


def results_named(options: argparse.Namespace, names: Iterable[str]) -> list[Path]:
    """The results files that are meant by runs' names or files, in that order."""
    exam = exam_name(options)
    return [find_results(one, options.results, exam) for one in names]
