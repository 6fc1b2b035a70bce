"""The results file: `results/<exam>/<run>.json`, a versioned schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from jmle_plugin.ask.run import PARTIAL, PEOPLE
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.errors import ResultError
from jmle_plugin.files import read_json, read_regular, write_whole
from jmle_plugin.mark.epochs import majority
from jmle_plugin.mark.extraction import Extraction
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.sheet import Sheet, Verdict
from jmle_plugin.results.audit import Audit
from jmle_plugin.results.comparison import Comparison
from jmle_plugin.results.doubt import VerdictDoubt
from jmle_plugin.results.provenance import Provenance, RunContext, build_provenance
from jmle_plugin.results.store import keep_earlier
from jmle_plugin.strict import Strict, first_problem

SCHEMA_VERSION = 1


class ExamInfo(Strict):
    """Which sitting."""

    id: str
    title: str
    edition: int
    profession: str
    synthetic: bool
    """True for sample exams: their results say nothing about medicine."""


class RunIdentity(Strict):
    """Who sat it."""

    name: str
    model: str
    title: str
    """The name for people; says so where replies were scripted."""
    scripted: bool

    @property
    def people(self) -> bool:
        """Whether examinees sat it: they saw the figures, and no prompt of anybody's."""
        return self.model.startswith(PEOPLE)


class Results(Strict):
    """One sitting: its sheet, every mark, and where it all comes from.

    Points are exam points, tokens are counts, `provenance.run` alone varies between
    sessions over the same cassettes.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    exam: ExamInfo
    run: RunIdentity
    sheet: Sheet
    marks: list[Mark]
    """In the exam's order, the epochs of a question together; what was never asked is not in it."""
    provenance: Provenance
    doubt: VerdictDoubt | None = None
    """How sure the verdict is; null where there is none."""
    comparison: Comparison | None = None
    """Against a baseline; null where none was named."""
    audit: Audit | None = None
    """What the figures are worth; null but for the half of an audit that was shown them."""

    def by_question(self) -> dict[str, list[Mark]]:
        """Question -> its marks, one of each epoch it was asked in."""
        found: dict[str, list[Mark]] = {}
        for mark in self.marks:
            found.setdefault(mark.question, []).append(mark)
        return found

    def scored(self) -> dict[str, Mark]:
        """Question -> the mark that is scored: that of the majority answer."""
        return {name: majority(marks) for name, marks in self.by_question().items()}


def build_results(
    sitting: Sitting,
    sheet: Sheet,
    marks: Iterable[Mark],
    *,
    extraction: Extraction,
    context: RunContext,
) -> Results:
    """Put the results of one sitting together; `marks` may come in any order."""
    exam, run = sitting.exam, sitting.run
    place = {name: number for number, name in enumerate(exam.questions)}
    ordered = sorted(marks, key=lambda mark: (place[mark.question], mark.epoch))
    return Results(
        exam=ExamInfo(
            id=exam.id,
            title=exam.title,
            edition=exam.edition,
            profession=exam.profession,
            synthetic=exam.synthetic,
        ),
        run=RunIdentity(name=run.run, model=run.model, title=run.title, scripted=run.scripted),
        sheet=sheet,
        marks=[mark.model_copy(update={"sent": {}}) for mark in ordered],
        provenance=build_provenance(sitting, ordered, extraction, context),
    )


def result_file(folder: Path, results: Results) -> Path:
    """Where results belong: a partial sitting never takes the place of a full one."""
    partial = PARTIAL if results.sheet.verdict is Verdict.PARTIAL else ""
    return folder / results.exam.id / f"{results.run.name}{partial}.json"


def write_results(
    folder: Path,
    results: Results,
    anew: Collection[str] = (),
    *,
    say: Callable[[str], object] = str,
) -> Path:
    """Write the results whole below `folder` and return the file.

    `anew` are the kinds of reports that will be written of them (`html`, `markdown`, `csv`).
    Those there are of other results are kept with these or taken away (`keep_earlier`), of
    which `say` is told. Raises ResultError where it cannot be written, or where a later
    version of this suite wrote the file that is there.
    """
    file = result_file(folder, results)
    _refuse_later(file)
    dumped = dump_results(results)
    text = json.dumps(dumped, ensure_ascii=False, indent=1) + "\n"
    try:
        keep_earlier(file, dumped, anew, say)
        # A lone surrogate in somebody's message must not cost the results.
        write_whole(file, text.encode("utf-8", "replace"))
    except OSError as error:
        raise ResultError(
            f"cannot be written ({error.strerror})",
            where=file,
            remedy="Name another folder with --results, or make room; what was there is untouched.",
        ) from error
    return file


def dump_results(results: Results) -> dict[str, Any]:
    """The results as JSON values."""
    sent = {"marks": {"__all__": {"sent"}}}
    return results.model_dump(mode="json", by_alias=True, exclude=sent)


_RESULTS = "Name a results file, such as results/EXAM/RUN.json."
_AGAIN = f"{_RESULTS} A damaged one is made again by `jmle rescore RUN --write`."


def read_results(file: Path) -> Results:
    """Read a results file; ResultError names the file and the place."""
    try:
        raw = read_json(read_regular(file))
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise ResultError(problem, where=file, remedy=_RESULTS) from error
    except ValueError as error:
        raise ResultError(f"is not valid JSON ({error})", where=file, remedy=_AGAIN) from error
    _check_version(raw, file)
    try:
        return Results.model_validate(raw)
    except ValidationError as error:
        problem = f"is no results file: {first_problem(error)}"
        raise ResultError(problem, where=file, remedy=_AGAIN) from error


def _check_version(raw: Any, file: Path) -> None:
    version = raw.get("schema") if isinstance(raw, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ResultError(
            f"has schema version {version}; this version of jmle reads {SCHEMA_VERSION}",
            where=file,
            remedy="Update jmle, or name another folder with --results.",
        )


def _refuse_later(file: Path) -> None:
    try:
        raw = read_json(read_regular(file))
    except (OSError, ValueError):
        return
    _check_version(raw, file)
