"""`jmle leaderboard`: results side by side, in every form."""

from __future__ import annotations

import argparse
import glob
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from jmle_plugin.ask.run import EARLIER
from jmle_plugin.cli import add_options
from jmle_plugin.cli.common import (
    exam_at_hand,
    exam_name,
    print_document,
    print_json,
    refuse_other_exam,
    results_named,
    writing,
)
from jmle_plugin.compare.leaderboard import (
    Entry,
    Leaderboard,
    identity,
    leaderboard,
    with_groups,
)
from jmle_plugin.errors import ResultError, SettingsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.files import read_regular, write_whole
from jmle_plugin.report.html.leaderboard import board_page
from jmle_plugin.report.leaderboard import leaderboard_document
from jmle_plugin.report.markdown import markdown
from jmle_plugin.report.tables import csv_text
from jmle_plugin.results.language import wording
from jmle_plugin.results.store import read_sound_results
from jmle_plugin.session.runs_file import RunRow, read_runs, runs_named

FORMATS = ("text", "markdown", "csv", "json")
PAGES = (".html", ".htm")
BEGIN, END = (f"<!-- jmle leaderboard {word} -->" for word in ("begin", "end"))
_REMEDY = f"Write {BEGIN} and {END} into it, a line each, where the table belongs."


def add_leaderboard_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle leaderboard`."""
    parser.add_argument(
        "named",
        nargs="*",
        metavar="RUN",
        help="runs' names, results files, or a pattern of files (default: those of --runs)",
    )
    parser.add_argument("--format", choices=FORMATS, help="print the tables; text by default")
    parser.add_argument(
        "--update", type=Path, metavar="FILE", help="put the markdown between FILE's markers"
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="write a picture, PNG, SVG or PDF"
    )
    parser.add_argument(
        "--plot-width",
        type=int,
        choices=(85, 170),
        metavar="MM",
        help="the picture for print: 85 (a column) or 170 (a page), which is a PDF's default",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page of all runs")
    parser.add_argument("--exam", metavar="NAME|PATH", help="default: those the runs are of")
    add_options(parser, "lang", "runs", "results", "exam-data")


def run_leaderboard(options: argparse.Namespace) -> int:
    """Run `jmle leaderboard`; its exit status."""
    _check_targets(options)
    described = _described(options)
    entries = read_entries(_files(options, described), say=partial(print, file=sys.stderr))
    exams = _exams(options, entries)
    board = leaderboard([entry.results for entry in entries], exams)
    board = with_groups(board, {name: row.group for row, name, _ in described})
    # Everything is made before anything is written.
    made = _made(options, board, entries, exams)
    for file, content in made.items():
        with writing(file):
            write_whole(file.resolve(), content)  # a link stays a link
        print(wording("command.written", file=file))
    if options.format or not made:
        _print(board, options.format or "text")
    return 0


def _described(options: argparse.Namespace) -> list[tuple[RunRow, str, list[Path]]]:
    """The rows of the runs file, if any, their runs' names and their results files."""
    if options.runs is None:
        return []
    exam = exam_name(options) or "*"
    return list(runs_named(read_runs(options.runs), options.results, exam))


def _files(
    options: argparse.Namespace, described: Sequence[tuple[RunRow, str, Sequence[Path]]]
) -> list[str]:
    """The files that are meant; patterns stay what they are. Says which rows have none."""
    named = [one for one in options.named if not glob.has_magic(one)]
    found = dict(zip(named, results_named(options, named), strict=True))
    files = [str(found.get(one, one)) for one in options.named]
    if files:
        return files
    for row, name, its in described:
        if not its:
            print(f"Missing: {name} ({row.model}) has no results", file=sys.stderr)
    files = [str(file) for _, _, its in described for file in its]
    if not files:
        raise SettingsError(
            "there are no results of any run that is named" if described else "no run is named",
            where=options.runs,
            remedy="Name runs or results files, or a runs file with --runs.",
        )
    return files


def read_entries(names: Sequence[str], *, say: Callable[[str], object] = str) -> list[Entry]:
    """Read every file; a pattern that no shell has expanded stands for what it matches.

    `<run>.earlier.json` is left out, which `say` gets to know, where `<run>.json` is there too
    and is a result of the same sitting. Raises ResultError for a file that holds no sound
    results, a pattern that matches nothing, and a run that stands there twice.
    """
    entries = [Entry(file, read_sound_results(file)) for name in names for file in _matching(name)]
    given = {(entry.file, identity(entry.results)) for entry in entries}
    seen: dict[tuple[str, ...], Path] = {}
    for entry in list(entries):
        since = entry.file.with_name(entry.file.name.replace(f"{EARLIER}.json", ".json"))
        if since != entry.file and (since, identity(entry.results)) in given:
            entries.remove(entry)
            say(f"Left out: {entry.file} (its run was sat again: {since.name})")
            continue
        before = seen.setdefault(identity(entry.results), entry.file)
        if before is not entry.file:
            raise ResultError(
                f"the run {entry.results.run.name} stands in {before} as well",
                where=entry.file,
                remedy="Name each run once.",
            )
    return entries


def _matching(name: str) -> Iterator[Path]:
    file = Path(name)
    if file.exists() or not glob.has_magic(name):
        yield file
        return
    found = sorted(glob.glob(name))  # noqa: PTH207 - a pattern may begin anywhere
    if not found:
        raise ResultError(
            "no file is called like this",
            where=name,
            remedy="Results are written to results/<exam>/<run>.json by a session, or by "
            "`jmle rescore --write`.",
        )
    yield from map(Path, found)


def _check_targets(options: argparse.Namespace) -> None:
    if options.plot is not None:
        # matplotlib takes longer to import than a leaderboard takes to make.
        from jmle_plugin.report.plot import check_format  # noqa: PLC0415

        check_format(options.plot)
    if options.html is not None and options.html.suffix.lower() not in PAGES:
        raise SettingsError(
            "a page is a file that ends in .html", where=options.html, remedy="Call it that."
        )


def _exams(options: argparse.Namespace, entries: list[Entry]) -> dict[str, Exam]:
    """The exams of these results that are at hand."""
    wanted = dict.fromkeys(entry.results.exam.id for entry in entries)
    if options.exam:
        wanted = dict.fromkeys([options.exam])
    found = [exam_at_hand(options, name, needed=bool(options.exam)) for name in wanted]
    exams = {exam.id: exam for exam in found if exam is not None}
    if options.exam:
        for name in exams:
            refuse_other_exam(name, [entry.results for entry in entries])
    return exams


def _made(
    options: argparse.Namespace,
    board: Leaderboard,
    entries: list[Entry],
    exams: dict[str, Exam],
) -> dict[Path, str | bytes]:
    made: dict[Path, str | bytes] = {}
    if options.update is not None:
        made[options.update] = filled(options.update, markdown(leaderboard_document(board)))
    if options.plot is not None:
        from jmle_plugin.report.plot import plot  # noqa: PLC0415
        from jmle_plugin.report.typesetting import PRINT, SCREEN  # noqa: PLC0415

        form = options.plot.suffix.lower()
        width = options.plot_width or (170 if form == ".pdf" else None)
        made[options.plot] = plot(board, form, PRINT[width] if width else SCREEN)
    if options.html is not None:
        made[options.html] = board_page(board, entries, exams, options.html.parent)
    return made


def _print(board: Leaderboard, form: str) -> None:
    if form == "markdown":
        print(markdown(leaderboard_document(board)), end="")
    elif form == "csv":
        # Only a spreadsheet reads this: its line breaks must stay as they are.
        sys.stdout.flush()
        sys.stdout.buffer.write(csv_text(board).encode())
    elif form == "json":
        print_json(board.model_dump(mode="json", by_alias=True))
    else:
        columns = shutil.get_terminal_size((80, 24)).columns
        print_document(leaderboard_document(board), columns)


def filled(file: Path, text: str) -> bytes:
    """The file's content with `text` between its markers, each a line of its own.

    Line breaks stay those of the file. Raises ResultError where the file cannot be read, or
    the markers are not there exactly once and in order.
    """
    try:
        content = read_regular(file).decode("utf-8")
    except OSError as error:
        raise ResultError(
            f"cannot be read ({error.strerror})", where=file, remedy=_REMEDY
        ) from error
    except UnicodeDecodeError as error:
        raise ResultError("is no UTF-8 text", where=file, remedy=_REMEDY) from error
    lines = content.splitlines(keepends=True)
    places = [[n for n, line in enumerate(lines) if line.strip() == one] for one in (BEGIN, END)]
    if [len(found) for found in places] != [1, 1] or places[0] >= places[1]:
        begins, ends = map(len, places)
        raise ResultError(
            f"has {begins} lines {BEGIN} and {ends} lines {END}, not one of each in this order",
            where=file,
            remedy=_REMEDY,
        )
    begin, end = places[0][0], places[1][0]
    line_break = "\r\n" if lines[begin].endswith("\r\n") else "\n"
    inside = f"\n{text}\n".replace("\n", line_break)
    return "".join([*lines[: begin + 1], inside, *lines[end:]]).encode()
