"""Options of the suite's table as arguments of a command: flag, environment and ini alike."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from jmle_plugin.session.option_forms import Option
from jmle_plugin.session.option_table import BY_NAME
from jmle_plugin.session.option_values import Folders, IniFile, find_ini, ini_value, option_values


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
