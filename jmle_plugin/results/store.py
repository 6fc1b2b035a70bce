"""Results files on disk: found, written and read, and what is kept of those that are replaced."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jmle_plugin.ask.run import EARLIER, RUN_FILE
from jmle_plugin.errors import ResultError, UnknownNameError, unknown_name
from jmle_plugin.files import read_json, read_regular, write_whole
from jmle_plugin.mark.marks import UNCHECKED
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.file import SCHEMA_VERSION, Results, dump_results, result_file
from jmle_plugin.results.soundness import disagreement
from jmle_plugin.strict import first_problem

SUFFIX = ".json"


def find_results(named: str, folder: Path, exam: str | None = None) -> Path:
    """The results file that `named` means: a file, or a run whose results are below `folder`.

    `folder` holds `<exam>/<run>.json`; without an `exam` the run's name has to be unique among
    all of them. `EXAM/RUN` names both, and so does the folder of the run's cassettes. Any other
    name that ends in `.json` or has folders in it is a file, be it there or not.
    Raises UnknownNameError with the near names, or with the exams a name is found in.
    """
    path = Path(named)
    if path.suffix == SUFFIX or path.is_file():
        return path
    exams = sorted(one.name for one in folder.glob("*/") if one.is_dir())
    if (path / RUN_FILE).is_file():
        exam, named = path.absolute().parts[-2:]
    elif len(path.parts) > 1:
        if path.parts[:-1] not in {(one,) for one in exams}:
            return path
        exam, named = path.parts
    if exam is not None and exam not in exams:
        raise unknown_name("exam with results", exam, exams, where=folder)
    looked = [exam] if exam is not None else exams
    found = [file for one in looked if (file := folder / one / f"{named}{SUFFIX}").is_file()]
    if not found:
        names = dict.fromkeys(
            file.stem for one in looked for file in sorted((folder / one).glob(f"*{SUFFIX}"))
        )
        raise unknown_name(
            "run",
            named,
            names,
            where=folder if exam is None else folder / exam,
            remedy="Name a run that has results there, the folder with --results, or a file.",
        )
    if len(found) > 1:
        raise UnknownNameError(
            f"{named!r} is the name of several runs",
            where=folder,
            remedy=f"Say which with --exam: {', '.join(file.parent.name for file in found)}.",
        )
    return found[0]


REPORT_SUFFIXES = {"html": ".html", "markdown": ".md", "csv": ".csv"}
"""Endings of the reports that stand beside a results file and bear its name."""
BY_SESSION = ("run", "packages", "git")
"""Parts of the provenance that another session over the same replies changes."""


def report_file(file: Path, suffix: str) -> Path:
    """Where a report of the results in `file` belongs."""
    return file.with_name(file.name.removesuffix(SUFFIX) + suffix)


def keep_earlier(
    file: Path, new: Mapping[str, Any], anew: Collection[str], say: Callable[[str], object]
) -> None:
    """Make way for results that replace those in `file`, of which only reports `anew` are made.

    A result with a verdict is kept as `<run>.earlier.json`, with its reports, where an
    incomplete one replaces it (it may be impossible to make again) or where one of its reports
    would be left beside other results. Without a verdict, such reports are taken away. Reports
    of the very same results stay. `say` gets a line on each. Raises OSError.
    """
    try:
        raw = read_regular(file)
        old = read_json(raw)
        before = old["sheet"]["verdict"]
        if _lasting(old) == _lasting(new):
            return
    except (OSError, ValueError, KeyError, TypeError):
        raw, before = b"", None
    verdict = new["sheet"]["verdict"]
    there = {kind: report_file(file, suffix) for kind, suffix in REPORT_SUFFIXES.items()}
    stale = [one for kind, one in there.items() if kind not in anew and one.is_file()]
    decided = (Verdict.PASS, Verdict.FAIL)
    gone = before is None and verdict != Verdict.PARTIAL
    if before not in decided and not gone:
        for one in stale:
            one.unlink()
            say(f"Removed: {one} (of the results that were replaced, which had no verdict)")
        return
    if not stale and verdict in decided:
        return
    earlier = report_file(file, f"{EARLIER}{SUFFIX}")
    if raw:
        write_whole(earlier, raw)
        say(f"Kept: {earlier} (the results that were replaced)")
    for one in filter(Path.is_file, there.values()):
        kept = one.replace(report_file(file, EARLIER + one.suffix))
        say(f"Kept: {kept} (a report of them)")


def _lasting(results: Mapping[str, Any]) -> dict[str, Any]:
    origin = {k: v for k, v in results["provenance"].items() if k not in BY_SESSION}
    return {**results, "provenance": origin, "gates": None}


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
    which `say` gets a line. Raises ResultError where it cannot be written, or where a later
    version of this suite wrote the file that is there.
    """
    file = result_file(folder, results)
    if problem := disagreement(results):
        raise ResultError(
            f"is not written: the marks do not make the sheet ({problem})",
            where=file,
            remedy="A rule that was changed gives points that no mark may have, or counts "
            "otherwise; what was there is untouched.",
        )
    _refuse_later(file)
    dumped = dump_results(results)
    text = json.dumps(dumped, ensure_ascii=False, indent=1) + "\n"
    try:
        keep_earlier(file, dumped, anew, say)
        # A lone surrogate in a message must not cost the results.
        write_whole(file, text.encode("utf-8", "replace"))
    except OSError as error:
        raise ResultError(
            f"cannot be written ({error.strerror})",
            where=file,
            remedy="Name another folder with --results, or make room; what was there is untouched.",
        ) from error
    return file


_RESULTS = "Name a results file, such as results/EXAM/RUN.json."
_AGAIN = f"{_RESULTS} A damaged one is made again by `jmle rescore RUN --write`."


def read_sound_results(file: Path) -> Results:
    """Read a results file that is to be shown, compared or ranked.

    Raises ResultError as `read_results` does, and where marks were cut out, doubled or
    changed by hand, or the sheet says another thing than they do.
    """
    results = read_results(file)
    if problem := disagreement(results):
        raise ResultError(
            f"holds marks that do not make the sheet in it ({problem}): "
            "it was cut or changed by hand",
            where=file,
            remedy="Make it again from its cassettes with `jmle rescore --write`.",
        )
    return results


def read_results(file: Path) -> Results:
    """Read a results file, sound or not; ResultError names the file and the place."""
    try:
        raw = read_json(read_regular(file))
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise ResultError(problem, where=file, remedy=_RESULTS) from error
    except ValueError as error:
        raise ResultError(f"is not valid JSON ({error})", where=file, remedy=_AGAIN) from error
    _check_version(raw, file)
    try:
        return Results.model_validate(raw, context=UNCHECKED)
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
