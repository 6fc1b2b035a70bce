"""What command line, environment and ini say of each option, in this order.

Without pytest, so that the `jmle` commands read their settings as a session does: pytest's own
reader of ini files is not public, and importing it would cost a command more than its work.
"""

from __future__ import annotations

import os
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import iniconfig

from jmle_plugin.errors import SettingsError, UnknownNameError
from jmle_plugin.session.option_forms import Option

_ON = ("1", "true", "yes", "on")
_OFF = ("0", "false", "no", "off")
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the relative paths of each place start."""

    here: Path
    """Those of the command line and the environment."""
    ini: Path
    """Those of the ini file: its own folder."""
    default: Path


def option_values(option: Option, given: object, ini: object, folders: Folders) -> Sequence[Any]:
    """The values of `option`, parsed; SettingsError names the place of a bad one.

    `given` stood on the command line, `ini` in the ini file; None where nothing did.
    """
    texts, where = _texts(option, given, ini, folders)
    return [_parsed(option, text, where) for text in texts]


def _parsed(option: Option, text: str, where: str) -> Any:
    try:
        return option.parse(text)
    except ValueError as error:
        shown = "" if option.private else f" {text!r}"
        raise SettingsError(f"the value{shown} {error}", where=where) from error


def _texts(
    option: Option, given: object, ini: object, folders: Folders
) -> tuple[Sequence[str], str]:
    """The texts of a value, and where they stood."""
    if given is not None:
        return _placed(option, _listed(given), folders.here), option.flag
    variable = os.environ.get(option.variable)
    if variable:
        where = f"environment variable {option.variable}"
        if option.switch:
            return (["yes"] if _truth(variable, where) else []), where
        values = _chosen(option, _words(variable, where) if option.many else [variable], where)
        return _placed(option, values, folders.here), where
    if ini or ini is False:
        where = f"ini key {option.dest}"
        return _placed(option, _chosen(option, _listed(ini), where), folders.ini), where
    defaults = [option.default] if option.default else []
    return _placed(option, defaults, folders.default), "default"


def ini_value(option: Option, raw: object) -> object:
    """A value as it stands in an ini file, in the form in which pytest hands it over.

    `raw` is a text, or a list or boolean of a TOML file; None where the key is missing.
    """
    where = f"ini key {option.dest}"
    if isinstance(raw, str) and option.switch:
        return _truth(raw, where)
    if isinstance(raw, str) and option.many:
        return _words(raw, where)
    return raw


def _placed(option: Option, values: list[str], folder: Path) -> list[str]:
    if not option.path:
        return values
    if not all(value.strip() for value in values):
        raise SettingsError(f"{option.flag} is given without a path", remedy="Name one.")
    named = option.named() if values else {}
    # Unlike Path's, this leaves alone what it cannot expand.
    paths = {one: folder / os.path.expanduser(one) for one in values}  # noqa: PTH111
    return [str(named.get(one, paths[one])) for one in values]


def _truth(word: str, where: str) -> bool:
    """A switch misspelt must not be a switch off: it may stand between us and a bill."""
    if word.lower() not in _ON + _OFF:
        raise _unknown("truth value", word, where, _ON + _OFF)
    return word.lower() in _ON


def _unknown(what: str, value: str, where: str, known: Sequence[str]) -> UnknownNameError:
    valid = f"Valid values: {', '.join(known)}."
    return UnknownNameError(f"unknown {what} {value!r}", where=where, remedy=valid)


def _listed(value: object) -> list[str]:
    if isinstance(value, bool):
        return ["yes"] if value else []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _words(text: str, where: str) -> list[str]:
    """Values set apart by blanks, as a shell has them: quotes hold together what has any."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise SettingsError(f"cannot be taken apart: {error}", where=where) from error


def _chosen(option: Option, values: list[str], where: str) -> list[str]:
    for value in values:
        if option.choices and value not in option.choices:
            raise _unknown(option.name, value, where, option.choices)
    return values


@dataclass(frozen=True, slots=True)
class IniFile:
    """The values of one file, by key; `path` is None where there is no file."""

    path: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    """Texts, or lists of them and booleans where the file is TOML."""


def find_ini(folder: Path) -> IniFile:
    """The ini file that pytest would use in `folder`: there, or in the nearest folder above it.

    Raises SettingsError where that file cannot be read.
    """
    for base in (folder, *folder.parents):
        for name, read in _READERS.items():
            path = base / name
            values = _read(path, read) if path.is_file() else None
            if values is not None:
                return IniFile(path, values)
    return IniFile()


def _read(path: Path, read: Callable[[Path], Mapping[str, Any] | None]) -> Mapping[str, Any] | None:
    try:
        return read(path)
    except (OSError, ValueError, RecursionError, iniconfig.ParseError) as error:
        raise SettingsError(
            f"cannot be read as pytest's ini file ({error})", where=path, remedy="Correct it."
        ) from error


def _section(name: str, *, always: bool = False) -> Callable[[Path], Mapping[str, Any] | None]:
    def read(path: Path) -> Mapping[str, Any] | None:
        file = iniconfig.IniConfig(str(path))
        if name in file:
            return dict(file[name].items())
        return {} if always else None

    return read


def _pytest_toml(path: Path) -> Mapping[str, Any] | None:
    return _toml(path).get("pytest", {})  # type: ignore[no-any-return]


def _pyproject(path: Path) -> Mapping[str, Any] | None:
    table = _toml(path).get("tool", {}).get("pytest")
    return None if table is None else table.get("ini_options", table)


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


_READERS: dict[str, Callable[[Path], Mapping[str, Any] | None]] = {
    "pytest.toml": _pytest_toml,
    ".pytest.toml": _pytest_toml,
    "pytest.ini": _section("pytest", always=True),
    ".pytest.ini": _section("pytest", always=True),
    "pyproject.toml": _pyproject,
    "tox.ini": _section("pytest"),
    "setup.cfg": _section("tool:pytest"),
}
"""In pytest's order of precedence."""


def model_parameters(given: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The parameters that `--model-arg` gives; SettingsError for what cannot be one."""
    if not given:
        return {}
    from jmle_plugin.gateway.failures import check_parameters  # noqa: PLC0415 - seldom needed

    parameters = dict(given)
    if len(parameters) < len(given):
        names = [name for name, _ in given]
        raise SettingsError(
            f"--model-arg names {max(names, key=names.count)!r} twice",
            remedy="Give each parameter once.",
        )
    check_parameters(parameters, os.environ)
    return parameters


def token_prices(of_input: float | None, of_output: float | None) -> tuple[float, float] | None:
    """US dollars per token, from those per million; None where none is given."""
    if of_input is None and of_output is None:
        return None
    if of_input is None or of_output is None:
        raise SettingsError(
            "only one of --price-in and --price-out is given",
            remedy="Give both, in US dollars per million tokens, or neither.",
        )
    return of_input / _MILLION, of_output / _MILLION
