"""Recorded replies of other projects become cassettes, marked as imported.

The replies answered those projects' prompts. Their wording is unknown here, so no prompt of
ours stands on them; they are tied to the question they answered by its digest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from jmle_plugin.ask.importing.forms import FORMS, Form, exams_of, expand, recognise, silent
from jmle_plugin.ask.importing.writing import Imported, import_run
from jmle_plugin.ask.run import ImageMode, check_run_name
from jmle_plugin.errors import ImportFileError, unknown_name
from jmle_plugin.exam.model import Exam

__all__ = ["Form", "Imported", "exams_of", "find_form", "import_all", "import_results", "silent"]


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
) -> list[Imported]:
    """Import the runs that the files hold together; a folder stands for its files.

    `form` is found out where it is not given. `images` says what was shown of figures, where
    the files do not say it. `report` is given a sentence for each file that holds no run. Of
    files about several sittings, the exam's own is imported. Raises ImportFileError naming the
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
            done.append(import_run(run, exam, cassettes, name))
        except ImportFileError as error:
            if not done:
                raise
            before = ", ".join(one.run.run for one in done)
            raise ImportFileError(
                f"{error.problem}; imported before that, and kept: {before}",
                where=error.where,
                remedy=error.remedy,
            ) from error
    return done


def find_form(files: Sequence[Path], name: str = "") -> Form:
    """The form called `name`, or that of the files."""
    if name and name not in list(Form):
        raise unknown_name("form of recorded replies", name, list(Form))
    return Form(name) if name else recognise(files)
