"""The options as pytest's: on its command line, in its ini file."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from traceback import walk_tb
from typing import Any

import pytest

from jmle_plugin.errors import SettingsError
from jmle_plugin.session.option_forms import Option
from jmle_plugin.session.option_table import BY_NAME, OPTIONS
from jmle_plugin.session.option_values import Folders, option_values


def add_options(parser: pytest.Parser) -> None:
    """Register every option with its ini key, in two groups: everyday and expert ones.

    Raises UsageError where another plugin has an option of that name.
    """
    everyday = parser.getgroup("jmle", "medical licensing examination")
    expert = parser.getgroup("jmle-expert", "medical licensing examination, for experts")
    for option in OPTIONS:
        form: dict[str, Any] = {"action": "store_true"}
        if not option.switch:
            form = {"metavar": option.metavar or None, "choices": option.choices or None}
            form["action"] = "append" if option.many else "store"
        form |= {"dest": option.dest, "default": None, "help": option.described}
        group = everyday if option.everyday else expert
        with option_conflict_named():
            group.addoption(option.flag, **form)
        kind = "bool" if option.switch else "args" if option.many else "string"
        parser.addini(option.dest, option.help, type=kind, default=None)  # type: ignore[arg-type]


@contextmanager
def option_conflict_named() -> Iterator[None]:
    """Name both sides where another plugin, or a conftest, has an option of ours.

    Raises UsageError for argparse's refusal of the second of the two.
    """
    try:
        yield
    except argparse.ArgumentError as error:
        shared = set((error.argument_name or "").split("/")) & {one.flag for one in OPTIONS}
        if not shared:
            raise
        calls = [frame.f_code for frame, _ in walk_tb(error.__traceback__)]
        files = [one.co_filename for one in calls if one.co_name == "pytest_addoption"]
        who = files[-1] if files else "a plugin that is loaded before jmle"
        raise pytest.UsageError(
            f"{who} and jmle, which is installed here, both have the option "
            f"{', '.join(sorted(shared))}\n"
            "  Rename the other one, or leave jmle out of this project: -p no:jmle, on the command "
            "line or as `addopts = -p no:jmle` in the ini file."
        ) from error


def read_values(config: pytest.Config) -> dict[str, Sequence[Any]]:
    """Every option's values by name, parsed; SettingsError names the place of a bad one."""
    _refuse_moved_root(config)
    here = config.invocation_params.dir
    beside = config.inipath.parent if config.inipath else config.rootpath
    folders = Folders(here, beside, config.rootpath)
    return {
        option.name: option_values(
            option, config.getoption(option.dest), _ini(option, config), folders
        )
        for option in OPTIONS
    }


def asked(name: str, config: pytest.Config) -> bool:
    """Whether the option is set anywhere, rather than at its default."""
    option = BY_NAME[name]
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


def _ini(option: Option, config: pytest.Config) -> object:
    try:
        return config.getini(option.dest)
    except (ValueError, pytest.UsageError) as error:  # pytest does not name the key
        raise SettingsError(str(error), where=f"ini key {option.dest}") from error
