"""`jmle`: what is not a test run."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from jmle_plugin import __version__
from jmle_plugin.errors import JmleError
from jmle_plugin.mark.extraction import Extraction
from jmle_plugin.text import printable

CASSETTES = "cassettes"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, or 1 with a message on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks Japanese is no error
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except BrokenPipeError:
        # Whoever read has had enough; the interpreter must not try to flush once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except JmleError as error:
        print(f"jmle: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("jmle: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jmle", description="Exam data, recorded runs and result files of the jmle suite."
    )
    parser.add_argument("--version", action="version", version=f"jmle {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    fetch = commands.add_parser("fetch", help="download an exam's questions and figures")
    fetch.add_argument("exam")
    fetch.add_argument("--base-url", metavar="URL", help="a mirror with upstream's layout")
    _add_data(fetch)
    fetch.set_defaults(command=_fetch)

    load = commands.add_parser("import", help="turn JMLE2026-Bench replies into cassettes")
    load.add_argument("file", type=Path)
    load.add_argument("--exam", default="jmle120")
    load.add_argument("--run", default="", metavar="NAME", help="default: the file's name")
    _add_cassettes(load)
    _add_data(load)
    load.set_defaults(command=_import)

    check = commands.add_parser("check", help="check an exam pack, every pixel included")
    check.add_argument("exam")
    _add_data(check)
    check.set_defaults(command=_check)

    show = commands.add_parser("show", help="print the score sheet in a results file")
    show.add_argument("file", type=Path)
    show.set_defaults(command=_show)

    verify = commands.add_parser(
        "verify", help="make a results file again from the recorded replies, and compare"
    )
    verify.add_argument("file", type=Path)
    verify.add_argument("--exam", metavar="NAME|PATH", help="default: the one the file names")
    _add_recorded(verify)
    verify.set_defaults(command=_verify)

    rescore = commands.add_parser("rescore", help="mark recorded replies again")
    rescore.add_argument("runs", nargs="+", metavar="RUN")
    rescore.add_argument("--exam", metavar="NAME|PATH", default="jmle120")
    rescore.add_argument("--key", metavar="STATE", help="default: the exam's own")
    rescore.add_argument("--extraction", choices=list(Extraction), default=Extraction.STANDARD)
    rescore.add_argument(
        "--results",
        type=Path,
        default=Path(os.environ.get("JMLE_RESULTS") or "results"),
        metavar="DIR",
        help="folder for result files [env JMLE_RESULTS]",
    )
    rescore.add_argument("--write", action="store_true", help="write the results files")
    _add_recorded(rescore)
    rescore.set_defaults(command=_rescore)
    return parser


def _add_recorded(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prompt", type=Path, metavar="FILE", help="the prompt, where it is not the suite's own"
    )
    _add_cassettes(parser)
    _add_data(parser)


def _add_cassettes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cassettes",
        type=Path,
        default=Path(os.environ.get("JMLE_CASSETTES") or CASSETTES),
        metavar="DIR",
        help="folder of recorded replies [env JMLE_CASSETTES]",
    )


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--exam-data",
        type=Path,
        metavar="DIR",
        help="folder with one folder per exam source [env JMLE_DATA]",
    )


def _data_root(options: argparse.Namespace) -> Path:
    from jmle_plugin.exam.library import default_data_root  # noqa: PLC0415 - each command its own

    if options.exam_data:
        return Path(options.exam_data)
    named = os.environ.get("JMLE_DATA")
    return Path(named) if named else default_data_root()


def _pack(options: argparse.Namespace) -> Path:
    from jmle_plugin.exam.library import find_pack, pack_folders  # noqa: PLC0415

    return find_pack(options.exam, pack_folders(Path.cwd()))


def _fetch(options: argparse.Namespace) -> int:
    from jmle_plugin.exam.fetch import fetch_exam  # noqa: PLC0415

    # A polite end lets the download clean up behind itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    root = _data_root(options)
    done = fetch_exam(_pack(options), root, base_url=options.base_url, report=_say)
    if done.files:
        print(done)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _import(options: argparse.Namespace) -> int:
    from jmle_plugin.ask.importing import import_results  # noqa: PLC0415
    from jmle_plugin.exam.pack import load_exam  # noqa: PLC0415

    exam = load_exam(_pack(options), data_root=_data_root(options))
    done = import_results(options.file, exam, options.cassettes, options.run)
    print(printable(f"{done.run.title}: {done.replies} replies in {done.folder}"))
    if done.missing:
        print(f"  no reply to {len(done.missing)} questions (first: {done.missing[0]})")
    where = "" if options.cassettes == Path(CASSETTES) else f" --cassettes={options.cassettes}"
    print(f"  replay: pytest --exam={exam.id} --run={done.run.run} --offline{where}")
    return 0


def _check(options: argparse.Namespace) -> int:
    from jmle_plugin.exam.check import check_key, check_paper  # noqa: PLC0415
    from jmle_plugin.exam.pack import load_exam  # noqa: PLC0415

    pack, root = _pack(options), _data_root(options)
    exam = load_exam(pack, data_root=root)
    problems = check_paper(exam)
    for state in exam.key_states:
        problems += check_key(load_exam(pack, data_root=root, key=state))
    for problem in problems:
        print(problem)
    figures = {image.name for question in exam.questions.values() for image in question.images}
    points = sum(question.points for question in exam.questions.values())
    print(
        f"{exam.id}: {len(exam.questions)} questions, {points} points, {len(figures)} images, "
        f"key states {', '.join(exam.key_states)}: "
        + (f"{len(problems)} problems" if problems else "no problems")
    )
    return 1 if problems else 0


def _verify(options: argparse.Namespace) -> int:
    from jmle_plugin.exam.pack import load_exam  # noqa: PLC0415
    from jmle_plugin.report.results import read_results  # noqa: PLC0415
    from jmle_plugin.report.terminal import summary_line  # noqa: PLC0415
    from jmle_plugin.review.verifying import verify  # noqa: PLC0415

    try:
        results = read_results(options.file)
        options.exam = options.exam or results.exam.id
        key = results.provenance.key.state
        exam = load_exam(_pack(options), data_root=_data_root(options), key=key)
        found = verify(results, exam, options.cassettes, options.prompt)
    except JmleError as error:
        print(f"jmle: cannot be verified: {error}", file=sys.stderr)
        return 2
    for line in found:
        print(line)
    if not found:
        print(f"{options.file} agrees with its cassettes: {summary_line(results)}")
    return 1 if found else 0


def _rescore(options: argparse.Namespace) -> int:
    from jmle_plugin.ask.opening import Wanted, open_sitting  # noqa: PLC0415
    from jmle_plugin.exam.pack import load_exam  # noqa: PLC0415
    from jmle_plugin.report.provenance import RunContext  # noqa: PLC0415
    from jmle_plugin.report.results import write_results  # noqa: PLC0415
    from jmle_plugin.review.remaking import remake_results  # noqa: PLC0415
    from jmle_plugin.review.rescoring import rescored_lines  # noqa: PLC0415

    exam = load_exam(_pack(options), data_root=_data_root(options), key=options.key)
    sittings = [
        open_sitting(exam, options.cassettes, Wanted(run=run, prompt_file=options.prompt))
        for run in dict.fromkeys(options.runs)
    ]
    context = (
        RunContext.start(Path.cwd(), options.results, "0")
        if options.write
        else RunContext.outside()
    )
    for sitting in sittings:
        made = remake_results(sitting, Extraction(options.extraction), context)
        for line in rescored_lines(made, options.results):
            print(line)
        if options.write:
            print(f"  written: {write_results(options.results, made)}")
    return 0


def _show(options: argparse.Namespace) -> int:
    from jmle_plugin.report.results import read_results  # noqa: PLC0415
    from jmle_plugin.report.terminal import sheet_lines  # noqa: PLC0415

    for line in sheet_lines(read_results(options.file)):
        print(line.text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
