"""`jmle`: what is not a test run. A command's module is imported when the command is named.

Options of the suite's table are arguments of a command: flag, environment and ini alike.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

from jmle_plugin import __version__
from jmle_plugin.errors import JmleError, SettingsError, UnknownNameError
from jmle_plugin.results.language import Language, speaking
from jmle_plugin.session.option_forms import Option
from jmle_plugin.session.option_table import BY_NAME
from jmle_plugin.session.option_values import Folders, IniFile, find_ini, ini_value, option_values
from jmle_plugin.text import inert


def add_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add these options of the table; `parse_args` leaves their final values.

    A value is that of the command line, else of the environment, else of the ini file that
    pytest would read here, else the default; None (or an empty list) where there is none.
    """
    for name in names:
        option = BY_NAME[name]
        parser.add_argument(
            option.flag,
            metavar=option.metavar or None,
            choices=option.choices or None,
            action="append" if option.many else "store",
            help=option.described.replace("%", "%%"),
        )
    parser.set_defaults(settings=names)


def settle(options: argparse.Namespace) -> None:
    """Put the values in force in the place of what the command line says.

    Raises SettingsError or UnknownNameError where one cannot be.
    """
    names = vars(options).pop("settings", ())
    ini = find_ini(Path.cwd()) if names else IniFile()
    folder = _relative(ini.path.parent) if ini.path else Path()
    for name in names:
        option = BY_NAME[name]
        given = getattr(options, option.attribute)
        raw = ini_value(option, ini.values.get(option.dest))
        values = option_values(option, given, raw, Folders(Path(), folder, folder))
        setattr(options, option.attribute, _settled(option, values))


def _settled(option: Option, values: Any) -> Any:
    found = [Path(value) for value in values] if option.path else list(values)
    if option.many:
        return found
    return found[0] if found else None


def _relative(folder: Path) -> Path:
    """The current folder as one that messages do not spell out."""
    return Path() if folder == Path.cwd() else folder


class Command(NamedTuple):
    """A command's module, with `add_NAME_arguments(parser)`, `run_NAME(options)`; its help."""

    module: str
    help: str


COMMANDS = {
    "init": Command("exams", "write the exam test, a conftest and a workflow into a project"),
    "exams": Command("exams", "list the exam packs and whether their data is here"),
    "fetch": Command("exams", "download an exam's questions and figures"),
    "import": Command("exchange", "turn other projects' recorded replies into runs"),
    "batch": Command("batch", "write requests for a batch runner, and record its results"),
    "merge": Command("exchange", "put runs together that several machines recorded (--shard)"),
    "check": Command("exams", "check an exam pack, every pixel included"),
    "show": Command("runs", "print the sheet and the comparison in a results file"),
    "verify": Command("verify", "make a results file again from the recorded replies, and compare"),
    "rescore": Command("verify", "mark recorded replies again"),
    "export": Command("exchange", "write a recorded run in another project's or tool's form"),
    "compare": Command("runs", "compare runs, the first with each of the others"),
    "report": Command("runs", "write the HTML page of one or several runs"),
    "leaderboard": Command("leaderboard", "rank results: table, plot, page"),
    "audit": Command("runs", "what figures are worth: a run with them against one without"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, or 1 with a message on standard error.

    Arguments and settings that cannot be end the process with status 2, as argparse does.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks Japanese is no error
            stream.reconfigure(errors="backslashreplace")
    with redirect_stdout(inert(sys.stdout)), redirect_stderr(inert(sys.stderr)):
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
        except KeyboardInterrupt:
            print("jmle: interrupted", file=sys.stderr)
            return 130


def _run(given: Sequence[str]) -> int:
    parser = _parser(given)
    options = parser.parse_args(given)
    try:
        settle(options)
    except (SettingsError, UnknownNameError) as error:
        parser.error(str(error))
    try:
        with speaking(getattr(options, "lang", Language.EN)):
            return int(options.command(options))
    except BrokenPipeError:
        # The reader has had enough; the interpreter must not try to flush once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except JmleError as error:
        print(f"jmle: {error}", file=sys.stderr)
        return 1


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jmle", description="Exam data, recorded runs and result files of the jmle suite."
    )
    parser.add_argument("--version", action="version", version=f"jmle {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        subparser = commands.add_parser(name, help=command.help, description=command.help)
        if name in given[:1]:
            module = import_module(f"{__name__}.{command.module}")
            getattr(module, f"add_{name}_arguments")(subparser)
            subparser.set_defaults(command=getattr(module, f"run_{name}"))
    return parser
