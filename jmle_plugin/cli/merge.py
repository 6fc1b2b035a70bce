"""`jmle merge`: cassettes that several machines recorded become one folder of runs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jmle_plugin.ask.cassette import SUFFIX, read_cassette
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.recording import Recorder
from jmle_plugin.ask.run import JOURNAL, RUN_FILE, RunSpec, list_runs, write_run
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.cli.common import named_exam, say_missing, writing
from jmle_plugin.cli.options import add_options
from jmle_plugin.errors import CassetteError, RunError, SettingsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.files import write_whole


def add_merge_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle merge`."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="cassettes of a shard")
    parser.add_argument(
        "--into", type=Path, required=True, metavar="DIR", help="cassettes to add them to"
    )
    add_options(parser, "prompt", "exam-data")


def run_merge(options: argparse.Namespace) -> int:
    """Check everything, then write; the exit status is 1 where replies are still missing.

    Raises RunError, CassetteError or StaleCassetteError, with nothing written, where parts do
    not belong together or to today's exam, or have two replies to one attempt.
    """
    folders = [*options.folders, *([options.into] if options.into.is_dir() else [])]
    runs = _runs(options.folders)
    exams = {name: named_exam(options, name) for name in dict.fromkeys(exam for exam, _ in runs)}
    merged = [
        _merge(exams[exam], folders, Wanted(run=name, prompt_file=options.prompt))
        for exam, name in runs
    ]
    for one in merged:
        one.write(options.into)
    complete = [one.report() for one in merged]
    return 0 if all(complete) else 1


@dataclass(frozen=True, slots=True)
class _Merged:
    """One run, put together: its cassettes by their files' names, where they lie now."""

    sitting: Sitting
    files: Mapping[str, Path]

    def write(self, into: Path) -> None:
        """Add what `into` lacks; files that are there stay."""
        run = self.sitting.run
        target = into / run.exam / run.run
        with writing(target):
            if not (target / RUN_FILE).exists():
                write_run(target, run)
            for name, file in self.files.items():
                if not (target / name).exists():
                    write_whole(target / name, file.read_bytes())

    def report(self) -> bool:
        """Say what is there and what is missing; whether it is complete."""
        names = _names(self.sitting)
        return say_missing(
            self.sitting.run, len(names), [name for name in names if name not in self.files]
        )


def _merge(exam: Exam, folders: Sequence[Path], wanted: Wanted) -> _Merged:
    """Check the parts of one run against the exam and against each other."""
    holding = [folder for folder in folders if (folder / exam.id / wanted.run).is_dir()]
    for folder in holding:
        journal = folder / exam.id / wanted.run / JOURNAL
        if journal.exists():
            raise RunError(
                "this part was interrupted: replies in its journal are no cassettes yet",
                where=journal,
                remedy="Give the command of this part again where it was recorded.",
            )
    sitting, *others = (open_sitting(exam, folder, wanted) for folder in holding)
    for other in others:
        _check_same_run(sitting, other)
    files = _files([sitting, *others])
    recorder = Recorder(sitting.run)
    for name, seat in _names(sitting).items():
        if name in files:
            recorder.check(files[name], seat.request)
    return _Merged(sitting, files)


def _names(sitting: Sitting) -> dict[str, Seat]:
    """The cassettes of a whole run by their files' names, but for those that another run lends."""
    return {
        seat.cassette.name: seat for seat in sitting.seats() if not sitting.borrows(seat.question)
    }


def _runs(folders: Sequence[Path]) -> list[tuple[str, str]]:
    """(exam, run) of everything recorded in `folders`, each once."""
    found = {
        (exam.name, name): None
        for folder in folders
        for exam in sorted(folder.glob("*"))
        for name in list_runs(exam)
        if (exam / name / RUN_FILE).exists()
    }
    if not found:
        raise SettingsError(
            f"there is no run in {', '.join(map(str, folders))}",
            remedy="Name folders that --cassettes named: they hold <exam>/<run>/run.json.",
        )
    return list(found)


def _check_same_run(first: Sitting, other: Sitting) -> None:
    """RunError where two parts are not of one run."""
    differing = [
        name
        for name in RunSpec.model_fields
        # Each part drew a word of its own to see whether its model sees figures.
        if name != "sight" and getattr(first.run, name) != getattr(other.run, name)
    ]
    if differing:
        raise RunError(
            f"is not of the same run as {first.folder / RUN_FILE}: they differ in "
            f"{', '.join(differing)}",
            where=other.folder / RUN_FILE,
            remedy="Record all parts with the same command but for --shard.",
        )


def _files(parts: Sequence[Sitting]) -> dict[str, Path]:
    """Every cassette by its file's name; CassetteError where two parts differ in one."""
    found: dict[str, Path] = {}
    for file in (file for part in parts for file in sorted(part.folder.glob(f"*{SUFFIX}"))):
        known = found.setdefault(file.name, file)
        if known is not file and read_cassette(known) != read_cassette(file):
            raise CassetteError(
                f"{known} holds another reply to the same question",
                where=file,
                remedy="Keep one of the two: which one counts cannot be decided here.",
            )
    return found
