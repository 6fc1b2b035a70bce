"""`jmle import`, `merge` and `export`: recorded runs from elsewhere, and for elsewhere."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from jmle_plugin.ask.cassette import SUFFIX, read_cassette
from jmle_plugin.ask.importing import Form, exams_of, find_form, import_all, silent
from jmle_plugin.ask.importing.writing import Imported
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.recording import Recorder
from jmle_plugin.ask.run import JOURNAL, RUN_FILE, ImageMode, RunSpec, list_runs, write_run
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.cli import add_options
from jmle_plugin.cli.common import named_exam, one_exam, say, say_missing, writing
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.errors import CassetteError, DataMissingError, RunError, SettingsError
from jmle_plugin.exam import suite_folder
from jmle_plugin.exam.model import Exam
from jmle_plugin.files import write_whole
from jmle_plugin.mark import Extraction
from jmle_plugin.report.sheet import summary_line
from jmle_plugin.results.exporting import FORMS, RecordedRun, export
from jmle_plugin.results.provenance import RunContext
from jmle_plugin.session.option_table import BY_NAME
from jmle_plugin.text import count, printable

_TEST = "tests_exam"


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle import`."""
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="files, or their folder"
    )
    parser.add_argument("--exam", default="", help="default: the one the files belong to")
    parser.add_argument("--run", default="", metavar="NAME", help="default: by the files' names")
    parser.add_argument("--format", default="", metavar="FORM", help="default: found out")
    parser.add_argument(
        "--images",
        choices=("vision", "blind"),
        help="whether the figures were shown, where the files do not say it",
    )
    add_options(parser, "cassettes", "exam-data")


def run_import(options: argparse.Namespace) -> int:
    """Run `jmle import`; its exit status."""
    form = find_form(options.files, options.format)
    images = ImageMode(options.images) if options.images else None
    report: Callable[[str], None] = say
    for name, exam in _exams_here(options, form):
        import_all(
            options.files,
            exam,
            options.cassettes,
            options.run,
            form=form,
            images=images,
            report=report,
            each=partial(_tell, options, name),
        )
        report = silent  # what was said once is not said again
    return 0


def _tell(options: argparse.Namespace, exam: str, one: Imported) -> None:
    """Say what was imported, at once: an import that is stopped midway has said it."""
    print(printable(f"{one.run.title}: {one.replies} replies in {one.folder}"))
    if one.missing:
        missing = count(len(one.missing), "question")
        print(f"  no reply to {missing} (first: {one.missing[0]})")
    if one.others:
        print(f"  left out: {count(one.others, 'answer')} to questions that {exam} does not ask")
    print(f"  replay: {_replay(options, exam, one.run.run)}", flush=True)


def _exams_here(options: argparse.Namespace, form: Form) -> Iterator[tuple[str, Exam]]:
    """Name and exam of what to import into: the one named, or those of the files that are here."""
    names = [options.exam] if options.exam else exams_of(form, options.files)
    missing: list[DataMissingError] = []
    for name in names:
        try:
            exam = named_exam(options, name)
        except DataMissingError as error:
            missing.append(error)
            if len(names) > 1:
                say(f"left out: {name}, whose questions are not on this machine")
        else:
            yield name, exam
    if len(missing) == len(names):
        raise missing[0]


def _replay(options: argparse.Namespace, exam: str, run: str) -> str:
    """The command that replays a run where the import was called."""
    command = ["pytest", *_exam_test(), f"--exam={exam}", f"--run={run}", "--offline"]
    if options.cassettes != Path(BY_NAME["cassettes"].default):
        command.append(f"--cassettes={options.cassettes}")
    if options.exam_data:
        command.append(f"--exam-data={options.exam_data}")
    return shlex.join(command)


def _exam_test() -> list[str]:
    """What names the exam's test to pytest, where this folder has none of its own."""
    if Path(_TEST).is_dir():
        return []
    if find_spec(f"jmle_plugin.{_TEST}"):
        return ["--pyargs", f"jmle_plugin.{_TEST}"]
    # The suite is installed from its repository, whose folder is not where this session is at home.
    return ["--rootdir=.", str(suite_folder(_TEST))]


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


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `jmle export`."""
    parser.add_argument("run", metavar="RUN", help="a recorded run's name")
    parser.add_argument("--format", required=True, choices=FORMS)
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="default: RUN with the form's ending, here"
    )
    add_options(
        parser, "exam", "key", "extraction", "epochs", "prompt", "api-base", "cassettes",
        "exam-data",
    )  # fmt: skip


def run_export(options: argparse.Namespace) -> int:
    """Run `jmle export`; its exit status."""
    exam = named_exam(options, one_exam(options.exam, "runs are exported for"), options.key)
    wanted = Wanted(run=options.run, prompt_file=options.prompt, epochs=options.epochs)
    sitting = open_sitting(exam, options.cassettes, wanted)
    made = remake_results(sitting, Extraction(options.extraction), RunContext.outside())
    file = options.output or Path(f"{options.run}{FORMS[options.format].suffix}")
    with writing(file):
        recorded = RecordedRun.read(sitting, made, options.api_base or "")
        export(recorded, options.format, file)
    print(summary_line(made))
    print(f"Written: {file}")
    return 0
