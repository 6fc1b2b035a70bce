"""`jmle exams`, `fetch`, `check` and `init`: packs and data that are here, and a new project."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from jmle_plugin.ask.prompt import prompt_source
from jmle_plugin.cli import add_options
from jmle_plugin.cli.common import data_root, find_exam, named_exam, print_json, say
from jmle_plugin.errors import DataMissingError, JmleError, SettingsError
from jmle_plugin.exam import find_packs, pack_folders, suite_folder
from jmle_plugin.exam.check import check_key, check_paper, key_differences, notes
from jmle_plugin.exam.fetch import fetch_exam, fetch_files
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.files import write_whole
from jmle_plugin.report.layout import folded, ranges, table
from jmle_plugin.text import count, printable

_WIDTH = 80
_HEAD = ("", "edition", "questions", "images", "lacking", "here")
_LEGEND = (
    "images: figures that are here. lacking: questions whose figures the data set does not have; "
    "they are asked without. here: whether the questions are on this machine (jmle fetch EXAM "
    "brings them; jmle check EXAM tells what is known to be wrong with them)."
)


@dataclass(frozen=True, slots=True)
class ListedExam:
    """One pack. What only its questions tell is None where they are not here."""

    id: str
    title: str = ""
    edition: int | None = None
    profession: str = ""
    questions: int | None = None
    images: int | None = None
    """Files of figures that are here, as `jmle check` counts them."""
    without_figures: int | None = None
    """Questions that had figures which are not in the data set."""
    default_key: str = ""
    key_states: tuple[str, ...] = ()
    licence: str = ""
    here: bool = False
    """Whether its questions are on this machine, and can be used."""
    source: str = ""
    """The folder they are read from, where the pack knows several data sets."""
    problem: str = ""
    """Why it cannot be used, where that is not for want of data."""


def list_exam(pack: Path, data_root: Path) -> ListedExam:
    """Describe the pack whose `exam.toml` is `pack`; never raises for one that is unusable."""
    try:
        manifest = read_manifest(pack)
    except JmleError as error:
        return ListedExam(pack.parent.name, problem=str(error))
    problem, images, without = "", None, None
    licence, source = manifest.licence, ""
    try:
        exam = load_exam(pack, data_root=data_root)
        licence, source = exam.licence, exam.source
        questions = exam.questions.values()
        images = len({image.name for one in questions for image in one.images})
        without = sum(one.figures_missing for one in questions)
    except DataMissingError:
        pass
    except JmleError as error:
        problem = str(error)
    return ListedExam(
        id=manifest.id,
        title=manifest.title,
        edition=manifest.edition,
        profession=manifest.profession,
        questions=sum(block.questions for block in manifest.blocks),
        images=images,
        without_figures=without,
        default_key=manifest.default_key,
        key_states=tuple(manifest.keys),
        licence=licence,
        here=images is not None,
        source=source,
        problem=problem,
    )


def add_exams_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle exams`."""
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_options(parser, "exam-data")


def run_exams(options: argparse.Namespace) -> int:
    """Run `jmle exams`; its exit status."""
    root = data_root(options)
    listed = [list_exam(pack, root) for pack in find_packs(pack_folders(Path.cwd())).values()]
    if options.format == "json":
        print_json([asdict(one) for one in listed])
    else:
        print(as_text(listed))
    return 0


def as_text(exams: Sequence[ListedExam]) -> str:
    """A table in at most 80 columns, then key states, licences and what is wrong."""
    return "\n".join(printable(line) for line in _lines(exams))


def _lines(exams: Sequence[ListedExam]) -> Iterator[str]:
    # One table, so that its columns go through; the professions stand between its rows.
    ordered = sorted(exams, key=lambda one: (not one.here, one.profession))
    head, *rows = table([_HEAD, *(_row(one) for one in ordered)])
    yield from folded(head, _WIDTH)
    profession = None
    for one, row in zip(ordered, rows, strict=True):
        if one.profession != profession:
            profession = one.profession
            yield from folded(f"[{printable(profession or 'unknown')}]", _WIDTH)
        yield from folded(row, _WIDTH)
    yield ""
    if waiting := sum(not (one.here or one.problem) for one in exams):
        yield f"{count(waiting, 'pack waits', 'packs wait')} for data."
    yield from folded(_LEGEND, _WIDTH)
    several = [one for one in exams if len(one.key_states) > 1]
    yield from _grouped("Several states of the answer key, the default first", several, _states)
    yield from _grouped("Licences", exams, lambda one: one.licence or "none is named")
    if chosen := [one for one in exams if one.source]:
        title = "Read from, where several data sets have the questions"
        yield from _grouped(title, chosen, lambda one: one.source)
    for one in exams:
        if one.problem:
            yield ""
            text = f"{one.id} cannot be used: {one.problem}"
            yield from folded(printable(" ".join(text.split())), _WIDTH)


def _grouped(
    title: str, exams: Sequence[ListedExam], words: Callable[[ListedExam], str]
) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for one in exams:
        groups.setdefault(words(one), []).append(one.id)
    yield ""
    yield f"{title}:"
    for text, names in groups.items():
        line = f"{', '.join(ranges(names, most=2))}: {text}"
        yield from folded(printable(line), _WIDTH, indent="    ")


def _states(one: ListedExam) -> str:
    return ", ".join(sorted(one.key_states, key=lambda state: state != one.default_key))


def _row(one: ListedExam) -> tuple[str, ...]:
    figures = (one.edition, one.questions, one.images, one.without_figures)
    return (
        printable(one.id),
        *("?" if figure is None else str(figure) for figure in figures),
        "yes" if one.here else "no",
    )


def add_fetch_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle fetch`."""
    parser.add_argument("exam", help="an exam, or a prompt that another project published")
    parser.add_argument("--base-url", metavar="URL", help="a mirror with upstream's layout")
    add_options(parser, "exam-data")


def run_fetch(options: argparse.Namespace) -> int:
    """Run `jmle fetch`; its exit status."""
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


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle check`."""
    parser.add_argument("exam")
    add_options(parser, "exam-data")


def run_check(options: argparse.Namespace) -> int:
    """Run `jmle check`; its exit status."""
    exam = named_exam(options, options.exam)
    problems = check_paper(exam)
    for note in notes(exam):
        print(printable(f"note: {note}"))
    for difference in key_differences(find_exam(options.exam), data_root(options)):
        print(printable(f"data sets differ: {difference}"))
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


_TEMPLATES = Path(__file__).with_name("project")
_IGNORED = ".gitignore"


def add_init_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle init`."""
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), help="default: this one")


def run_init(options: argparse.Namespace) -> int:
    """Write what is missing and leave what is there; the exit status.

    Raises SettingsError where the folder cannot be written.
    """
    folder: Path = options.folder
    files = {
        "tests_exam/test_exam.py": suite_folder("tests_exam") / "test_exam.py",
        "conftest.py": _TEMPLATES / "conftest.txt",
        ".github/workflows/exam.yml": _TEMPLATES / "exam.yml",
    }
    try:
        for name, source in files.items():
            target = folder / name
            if target.exists() or target.is_symlink():
                say(f"{target}: is there already, and stays as it is")
            else:
                write_whole(target, source.read_bytes())
                say(f"{target}: written")
        _ignore(folder / _IGNORED)
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"the project's files cannot be written ({error})",
            where=folder,
            remedy="Make the folder writable, or name another; what was written stays.",
        ) from error
    print("Try it offline: pytest tests_exam --exam=sample --model=scripted/resident")
    return 0


def _ignore(file: Path) -> None:
    """Add the lines that the file lacks at its end."""
    present = file.read_text(encoding="utf-8") if file.exists() else ""
    wanted = (_TEMPLATES / "gitignore.txt").read_text(encoding="utf-8").splitlines()
    if missing := [line for line in wanted if line not in present.splitlines()]:
        front = present if not present or present.endswith("\n") else f"{present}\n"
        write_whole(file, front + "\n".join(missing) + "\n")
        say(f"{file}: {'lines added' if present else 'written'}")
    else:
        say(f"{file}: has the lines already")
