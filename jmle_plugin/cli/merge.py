"""`jmle merge`: cassettes that several machines recorded become one folder of runs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jmle_plugin.ask.cassette import SUFFIX, read_cassette
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.recording import Recorder
from jmle_plugin.ask.run import JOURNAL, RUN_FILE, RunSpec, list_runs, read_run, write_run
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.cli.common import named_exam, say, writing
from jmle_plugin.cli.options import add_options
from jmle_plugin.errors import CassetteError, RunError, SettingsError
from jmle_plugin.files import write_whole

_SHOWN = 5


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
    merged = [_merge(options, folders, *names) for names in _runs(options.folders)]
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
        run, names = self.sitting.run, _names(self.sitting)
        missing = [name.removesuffix(SUFFIX) for name in names if name not in self.files]
        say(f"{run.exam} {run.run}: {len(names) - len(missing)} of {len(names)} replies")
        if missing:
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            say(f"  missing: {', '.join(missing[:_SHOWN])}{more}")
        return not missing


def _merge(options: argparse.Namespace, folders: Sequence[Path], exam: str, name: str) -> _Merged:
    """Check the parts of one run against each other and against the exam."""
    parts = [part for folder in folders if (part := folder / exam / name).is_dir()]
    for part in parts:
        if (part / JOURNAL).exists():
            raise RunError(
                "this part was interrupted: replies in its journal are no cassettes yet",
                where=part / JOURNAL,
                remedy="Give the command of this part again where it was recorded.",
            )
    spec, files = _one_spec(parts), _files(parts)
    wanted = Wanted(run=name, prompt_file=options.prompt)
    opened = open_sitting(named_exam(options, exam), parts[0].parents[1], wanted)
    sitting, recorder = replace(opened, run=spec), Recorder(spec)
    names = _names(sitting)
    for file_name, file in files.items():
        if file_name not in names:
            raise CassetteError(
                f"this cassette belongs to no question that {name} asks",
                where=file,
                remedy="Move it away: a run's folder holds its own cassettes and nothing else.",
            )
        seat = names[file_name]
        recorder.check(file, sitting.request(seat.question, seat.epoch))
    return _Merged(sitting, files)


def _names(sitting: Sitting) -> dict[str, Seat]:
    """The cassettes of a whole run by their files' names, but for those that another run lends."""
    return {
        sitting.cassette(seat.question, seat.epoch).name: seat
        for seat in sitting.seats()
        if not sitting.borrows(seat.question)
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


def _one_spec(parts: Sequence[Path]) -> RunSpec:
    """What all parts are a run of; RunError where they are not of one."""
    # Each part drew a word of its own to see whether its model sees figures.
    first, *others = [(part, read_run(part).model_copy(update={"sight": None})) for part in parts]
    for part, spec in others:
        if spec != first[1]:
            fields = [
                name
                for name in RunSpec.model_fields
                if getattr(spec, name) != getattr(first[1], name)
            ]
            raise RunError(
                f"is not of the same run as {first[0] / RUN_FILE}: they differ in "
                f"{', '.join(fields)}",
                where=part / RUN_FILE,
                remedy="Record all parts with the same command but for --shard.",
            )
    return read_run(parts[0])


def _files(parts: Sequence[Path]) -> dict[str, Path]:
    """Every cassette by its file's name; CassetteError where two parts differ in one."""
    found: dict[str, Path] = {}
    for file in _cassettes(parts):
        known = found.setdefault(file.name, file)
        if known is not file and read_cassette(known) != read_cassette(file):
            raise CassetteError(
                f"{known} holds another reply to the same question",
                where=file,
                remedy="Keep one of the two: which one counts cannot be decided here.",
            )
    return found


def _cassettes(parts: Sequence[Path]) -> Iterator[Path]:
    for part in parts:
        yield from sorted(part.glob(f"*{SUFFIX}"))
