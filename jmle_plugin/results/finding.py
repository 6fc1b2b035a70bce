"""Results files by the names of their runs."""

from __future__ import annotations

from pathlib import Path

from jmle_plugin.errors import UnknownNameError
from jmle_plugin.exam.names import unknown_name

SUFFIX = ".json"


def find_results(named: str, folder: Path, exam: str | None = None) -> Path:
    """The results file that `named` means: a file, or a run whose results are below `folder`.

    `folder` holds `<exam>/<run>.json`; without an `exam` the run's name has to be unique among
    all of them. A name that ends in `.json` or has folders in it is a file, be it there or not.
    Raises UnknownNameError with the near names, or with the exams a name is found in.
    """
    path = Path(named)
    if path.suffix == SUFFIX or len(path.parts) != 1 or path.is_file():
        return path
    exams = sorted(one.name for one in folder.glob("*/") if one.is_dir())
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
