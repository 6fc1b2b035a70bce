"""What command line, environment and ini say of each option, in this order."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import SettingsError, UnknownNameError
from jmle_plugin.session.option_table import OPTIONS, Option

_ON = ("1", "true", "yes", "on")
_OFF = ("0", "false", "no", "off")
_BY_NAME = {option.name: option for option in OPTIONS}


def add_options(parser: pytest.Parser) -> None:
    """Register every option with its ini key, in one group."""
    group = parser.getgroup("jmle", "medical licensing examination")
    for option in OPTIONS:
        where = f" [env {option.variable}, ini {option.dest}]"
        form: dict[str, Any] = {"action": "store_true"}
        if not option.switch:
            form = {"metavar": option.metavar or None, "choices": option.choices or None}
            form["action"] = "append" if option.many else "store"
        form |= {"dest": option.dest, "default": None, "help": option.help + where}
        group.addoption(option.flag, **form)
        kind = "bool" if option.switch else "args" if option.many else "string"
        parser.addini(option.dest, option.help, type=kind, default=None)  # type: ignore[arg-type]


def read_values(config: pytest.Config) -> dict[str, Sequence[Any]]:
    """Every option's values by name, parsed; SettingsError names the place of a bad one."""
    _refuse_moved_root(config)
    return {option.name: _value(option, config) for option in OPTIONS}


def asked(name: str, config: pytest.Config) -> bool:
    """Whether somebody said anything of that option, or it is at its default."""
    option = _BY_NAME[name]
    variable = os.environ.get(option.variable)
    return bool(config.getoption(option.dest) or variable or _ini(option, config))


def _refuse_moved_root(config: pytest.Config) -> None:
    """Refuse a path after a blank that made pytest look for its project elsewhere.

    pytest settles its root before it knows our options: it then takes their values for paths
    of tests, and may find neither the project's ini file nor its cassettes.
    """
    here, root = config.invocation_params.dir, config.rootpath
    at_home = here.is_relative_to(root) if config.inipath else here == root
    if at_home or config.getoption("rootdir") or config.getoption("inifilename"):
        return
    flags = [option.flag for option in OPTIONS if not option.switch]
    for flag, value in pairwise(map(str, config.invocation_params.args)):
        # Unlike Path's, this takes any text.
        if flag in flags and os.path.exists(here / value):  # noqa: PTH110
            raise SettingsError(
                f"a path after a blank moves pytest's root, which is now {root}, away from "
                "the project: pytest takes it for a test's",
                where=flag,
                remedy=f"Write {flag}={value}",
            )


def _value(option: Option, config: pytest.Config) -> Sequence[Any]:
    texts, where = _texts(option, config)
    return [_parsed(option, text, where) for text in texts]


def _parsed(option: Option, text: str, where: str) -> Any:
    try:
        return option.parse(text)
    except ValueError as error:
        shown = "" if option.private else f" {text!r}"
        raise SettingsError(f"the value{shown} {error}", where=where) from error


def _texts(option: Option, config: pytest.Config) -> tuple[Sequence[str], str]:
    """What was said, and where."""
    here = config.invocation_params.dir
    given = config.getoption(option.dest)
    if given is not None:
        return _placed(option, _listed(given), here), option.flag
    variable = os.environ.get(option.variable)
    if variable:
        where = f"environment variable {option.variable}"
        if option.switch:
            return (["yes"] if _truth(variable, where) else []), where
        values = _chosen(option, _words(variable, where) if option.many else [variable], where)
        return _placed(option, values, here), where
    ini = _ini(option, config)
    if ini or ini is False:
        where = f"ini key {option.dest}"
        beside = config.inipath.parent if config.inipath else config.rootpath
        return _placed(option, _chosen(option, _listed(ini), where), beside), where
    defaults = [option.default] if option.default else []
    return _placed(option, defaults, config.rootpath), "default"


def _placed(option: Option, values: list[str], folder: Path) -> list[str]:
    if not option.path:
        return values
    if not all(value.strip() for value in values):
        raise SettingsError(f"{option.flag} is given without a path", remedy="Name one.")
    # Unlike Path's, this leaves alone what it cannot expand.
    return [str(folder / os.path.expanduser(one)) for one in values]  # noqa: PTH111


def _ini(option: Option, config: pytest.Config) -> object:
    try:
        return config.getini(option.dest)
    except (ValueError, pytest.UsageError) as error:  # pytest does not name the key
        raise SettingsError(str(error), where=f"ini key {option.dest}") from error


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
