"""Options that several commands have, and what they mean."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jmle_plugin.errors import DataMissingError, ResultError, SettingsError, UnknownNameError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from jmle_plugin.exam.model import Exam
    from jmle_plugin.results.file import Results

CASSETTES = "cassettes"
RESULTS = "results"

FORMATS = ("text", "json", "markdown")

T = TypeVar("T")
Told = TypeVar("Told", bound="BaseModel")


def told(parse: Callable[[str], T]) -> Callable[[str], T]:
    """An option's `parse` for argparse, which keeps the words of no other error."""

    def read(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} {error}") from error

    return read


def print_in_form(
    found: Sequence[Told],
    form: str,
    *,
    text: Callable[[Told], Iterable[str]],
    markdown: Callable[[Told], str],
) -> None:
    """Print what was found in one of FORMATS; JSON is a list, whatever there is of it."""
    if form == "json":
        data = [one.model_dump(mode="json", by_alias=True) for one in found]
        print(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False))
    elif form == "markdown":
        print("\n".join(map(markdown, found)), end="")
    else:
        print("\n\n".join("\n".join(text(one)) for one in found))


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


def add_recorded(parser: argparse.ArgumentParser) -> None:
    """Add what finds recorded runs."""
    parser.add_argument(
        "--prompt", type=Path, metavar="FILE", help="the prompt, where it is not the suite's own"
    )
    add_cassettes(parser)
    add_data(parser)


def add_cassettes(parser: argparse.ArgumentParser) -> None:
    """Add the folder of cassettes."""
    _add_folder(parser, CASSETTES, "recorded replies")


def add_results(parser: argparse.ArgumentParser) -> None:
    """Add the folder of results."""
    _add_folder(parser, RESULTS, "result files")


def _add_folder(parser: argparse.ArgumentParser, name: str, what: str) -> None:
    variable = f"JMLE_{name.upper()}"
    parser.add_argument(
        f"--{name}",
        type=Path,
        default=Path(os.environ.get(variable) or name),
        metavar="DIR",
        help=f"folder of {what} [env {variable}]",
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the folder of exam data."""
    parser.add_argument(
        "--exam-data",
        type=Path,
        metavar="DIR",
        help="folder with one folder per exam source [env JMLE_DATA]",
    )


def data_root(options: argparse.Namespace) -> Path:
    """Where exam data lies: option, environment, default."""
    from jmle_plugin.exam.library import default_data_root  # noqa: PLC0415 - each command its own

    if options.exam_data:
        return Path(options.exam_data)
    named = os.environ.get("JMLE_DATA")
    return Path(named) if named else default_data_root()


def find_exam(name: str) -> Path:
    """The exam.toml of that name or path; UnknownNameError where there is none."""
    from jmle_plugin.exam.library import find_pack, pack_folders  # noqa: PLC0415

    return find_pack(name, pack_folders(Path.cwd()))


def named_exam(options: argparse.Namespace, name: str, key: str | None = None) -> Exam:
    """The exam of that name or path, under key state `key` (None: the pack's own).

    Raises UnknownNameError, DataMissingError where it is not on this machine, PackError.
    """
    from jmle_plugin.exam.pack import load_exam  # noqa: PLC0415

    return load_exam(find_exam(name), data_root=data_root(options), key=key)


def exam_at_hand(
    options: argparse.Namespace,
    name: str,
    *,
    needed: bool,
    key: str | None = None,
    say: Callable[[str], object] = str,
) -> Exam | None:
    """The exam of that name, under key state `key` where it has that.

    None where it is not on this machine and not `needed`: `say` is told why, and the remedy.
    """
    from jmle_plugin.exam.manifest import read_manifest  # noqa: PLC0415

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
    rules: `say` is told why. Raises SettingsError where they are of another exam.
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
    from jmle_plugin.exam.manifest import read_manifest  # noqa: PLC0415

    if not options.exam or (options.results / options.exam).is_dir():
        return options.exam or None
    return read_manifest(find_exam(options.exam)).id


def results_named(options: argparse.Namespace, names: Iterable[str]) -> list[Path]:
    """The results files that are meant by runs' names or files, in that order."""
    from jmle_plugin.results.store import find_results  # noqa: PLC0415

    exam = exam_name(options)
    return [find_results(one, options.results, exam) for one in names]
