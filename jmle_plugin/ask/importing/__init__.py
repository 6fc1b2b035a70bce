"""Recorded replies of other projects become cassettes, marked as imported.

The replies answered those projects' prompts. Their wording is unknown here, so no prompt of
ours stands on them; they are tied to the question they answered by its digest. The forms of
files, and how they are told apart, are one table, a row a form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from jmle_plugin.ask.importing import answers, igakuqa119, replies
from jmle_plugin.ask.importing.writing import (
    ForeignRun,
    Imported,
    import_run,
    parse_json,
    read_bytes,
)
from jmle_plugin.ask.run import ImageMode, check_run_name
from jmle_plugin.errors import ImportFileError, unknown_name
from jmle_plugin.exam.model import Exam

Reader = Callable[[Sequence[Path], ImageMode | None], list[ForeignRun]]


class Form(StrEnum):
    """Whose files, and which of them."""

    BENCH2026 = "jmle2026-bench"
    IGAKUQA = "igakuqa"
    IGAKUQA119 = "igakuqa119"
    IGAKUQA119_TABLE = "igakuqa119-table"
    YAKUGAKUQA = "yakugakuqa"
    JMEDQA = "jmedqa"
    VQA_RAD = "vqa-rad"


@dataclass(frozen=True, slots=True)
class Layout:
    """How files of a form are read, called, and which exams they belong to."""

    reader: Reader
    suffix: str
    exams: Callable[[Sequence[Path]], list[str]]
    """The exams such files belong to, unless another is named; a file may hold several."""
    no_runs: Mapping[str, str] = field(default_factory=dict)
    """Ending of files that lie beside the runs -> what they hold instead."""
    in_folder: re.Pattern[str] = re.compile(".*")
    """What the files in a folder are called, where it holds others as well."""

    def __call__(self, files: Sequence[Path], images: ImageMode | None) -> list[ForeignRun]:
        """The runs that the files hold together."""
        return self.reader(files, images)


FORMS: Mapping[Form, Layout] = {
    Form.VQA_RAD: Layout(answers.read_vqa_rad, ".json", lambda _: ["vqa-rad"]),
    Form.BENCH2026: Layout(replies.read_bench2026, ".json", lambda _: ["jmle120"]),
    Form.IGAKUQA: Layout(answers.read_igakuqa, ".jsonl", answers.igakuqa_exams),
    Form.IGAKUQA119: Layout(igakuqa119.read_answers, ".json", lambda _: ["jmle119"]),
    Form.IGAKUQA119_TABLE: Layout(
        igakuqa119.read_tables,
        ".csv",
        lambda _: ["jmle119"],
        {"_wrong_answers.csv": "a list of wrong answers"},
    ),
    Form.YAKUGAKUQA: Layout(
        answers.read_yakugakuqa,
        ".jsonl",
        answers.yakugakuqa_exams,
        {"_count.jsonl": "a tally by category"},
        answers.YAKUGAKUQA_FILE,
    ),
    Form.JMEDQA: Layout(
        replies.read_jmedqa,
        ".jsonl",
        replies.jmedqa_exams,
        {"_reasoning.jsonl": "the reasoning, which is read with the file beside it"},
        re.compile(r".*_full\.jsonl|.*_reasoning\.jsonl"),
    ),
}


def silent(_: str) -> None:
    """Report nothing."""


def recognise(files: Sequence[Path]) -> Form:
    """The form of the first file, by its name and, for JSON, its first keys."""
    first = _first(files)
    if first.suffix == ".jsonl":
        if replies.is_jmedqa(first):
            return Form.JMEDQA
        theirs = answers.YAKUGAKUQA_FILE.fullmatch(first.name)
        return Form.YAKUGAKUQA if theirs else Form.IGAKUQA
    if first.suffix == ".csv":
        return Form.IGAKUQA119_TABLE
    content = parse_json(read_bytes(first), first)
    if isinstance(content, list) and content:
        return Form.VQA_RAD
    known = isinstance(content, dict) and "experiment_id" in content
    return Form.IGAKUQA119 if known else Form.BENCH2026


def expand(files: Sequence[Path], form: Form, report: Callable[[str], None] = silent) -> list[Path]:
    """The files, each folder replaced by the files of that form in it, in order of names.

    `report` is given a sentence for each that holds no run.
    """
    layout = FORMS[form]
    found: list[Path] = []
    for path in files:
        if path.is_dir():
            inside = sorted(path.glob(f"*{layout.suffix}"))
            inside = [file for file in inside if layout.in_folder.fullmatch(file.name)]
            if not inside:
                raise ImportFileError(f"holds no file that ends in {layout.suffix}", where=path)
            found += inside
        else:
            found.append(path)
    found = list(dict.fromkeys(found))
    runs = [file for file in found if not _instead(file, layout)]
    if found and not runs:
        raise ImportFileError(
            f"holds no run, but {_instead(found[0], layout)}",
            where=found[0],
            remedy="Give the file of the run's answers.",
        )
    for file in found:
        if instead := _instead(file, layout):
            report(f"left out: {file.name} holds no run, but {instead}")
    return runs


def _instead(file: Path, layout: Layout) -> str:
    held = (what for ending, what in layout.no_runs.items() if file.name.endswith(ending))
    return next(held, "")


def exams_of(form: Form, files: Sequence[Path]) -> list[str]:
    """The exams that such files belong to, where no other is named."""
    return FORMS[form].exams(expand(files, form))


def _first(files: Sequence[Path]) -> Path:
    """The first file, or the first known one in a folder."""
    path = files[0]
    if not path.is_dir():
        return path
    for file in _known(path):
        return file
    raise ImportFileError("holds no files of replies", where=path)


def _known(folder: Path) -> Iterable[Path]:
    for suffix in dict.fromkeys(layout.suffix for layout in FORMS.values()):
        yield from sorted(folder.glob(f"*{suffix}"))


def import_results(file: Path, exam: Exam, cassettes: Path, name: str = "") -> Imported:
    """Import a file that holds one run, as run `name` (default: the file's name)."""
    return import_all([file], exam, cassettes, name)[0]


def import_all(  # noqa: PLR0913 - what is said of an import
    files: Sequence[Path],
    exam: Exam,
    cassettes: Path,
    name: str = "",
    *,
    form: Form | None = None,
    images: ImageMode | None = None,
    report: Callable[[str], None] = silent,
    each: Callable[[Imported], None] | None = None,
) -> list[Imported]:
    """Import the runs that the files hold together; a folder stands for its files.

    `form` is found out where it is not given. `images` says what was shown of figures, where
    the files do not say it. `report` is given a sentence for each file that holds no run. `each`
    is given every run as soon as it is there. Of files about several sittings, the exam's own is
    imported. Raises ImportFileError naming the
    file and the place, and what was imported before. A run is written whole or not at all,
    and one that is there already is never touched.
    """
    if name:
        check_run_name(name)
    found = form or recognise(files)
    runs = FORMS[found](expand(files, found, report), images)
    runs = [run for run in runs if run.edition == exam.edition] or runs
    if name and len(runs) > 1:
        raise ImportFileError(
            f"hold {len(runs)} runs ({', '.join(run.name for run in runs)}), which cannot all "
            f"be called {name}",
            where=files[0],
            remedy="Leave out --run, or import the files of one run.",
        )
    done: list[Imported] = []
    for run in runs:
        try:
            imported = import_run(run, exam, cassettes, name)
        except ImportFileError as error:
            if not done:
                raise
            before = ", ".join(one.run.run for one in done)
            raise ImportFileError(
                f"{error.problem}; imported before that, and kept: {before}",
                where=error.where,
                remedy=error.remedy,
            ) from error
        done.append(imported)
        if each:
            each(imported)
    return done


def find_form(files: Sequence[Path], name: str = "") -> Form:
    """The form called `name`, or that of the files."""
    if name and name not in list(Form):
        raise unknown_name("form of recorded replies", name, list(Form))
    return Form(name) if name else recognise(files)
