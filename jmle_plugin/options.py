"""Command line, environment and ini become one frozen `Settings`.

Precedence: command line, then environment, then ini, then default.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import SettingsError, UnknownNameError
from jmle_plugin.exam.library import default_data_root
from jmle_plugin.mark.extraction import Extraction

GATES = ("official", "all", "none")
_ON = ("1", "true", "yes", "on")
_OFF = ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: `--flag`, environment variable and ini key."""

    name: str
    help: str
    env: str = ""
    metavar: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""
    many: bool = False
    switch: bool = False
    path: bool = False
    """Ini values are relative to the ini file's folder, others to the current one."""

    @property
    def flag(self) -> str:
        """As given on the command line."""
        return f"--{self.name}"

    @property
    def dest(self) -> str:
        """Where argparse keeps it; prefixed, so that no other plugin's is overwritten."""
        return "jmle_" + self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return self.env or self.dest.upper()


OPTIONS = (
    Option(
        "model", "the model to examine; repeat it to examine several", metavar="NAME", many=True
    ),
    Option("run", "the run's name (default: made from the model's)", metavar="NAME", many=True),
    Option("exam", "the exam, by name or path", metavar="NAME|PATH", default="jmle120"),
    Option(
        "exam-data",
        "folder with one folder per exam source (default: where `jmle fetch` puts them)",
        env="JMLE_DATA",
        metavar="DIR",
        path=True,
    ),
    Option("key", "state of the answer key (default: the exam's own)", metavar="STATE"),
    Option(
        "extraction",
        "how answers are read: like a human examiner, or by JMLE2026-Bench's published rule",
        choices=tuple(one.value for one in Extraction),
        default=Extraction.STANDARD.value,
    ),
    Option("prompt", "prompt file to use instead of the suite's", metavar="FILE", path=True),
    Option("offline", "never call anybody: a missing reply is an error", switch=True),
    Option(
        "gate",
        "exit status 0 only for an official pass; only if nothing is wrong; or unless something "
        "errored",
        choices=GATES,
        default="official",
    ),
    Option(
        "cassettes", "folder of recorded replies", metavar="DIR", default="cassettes", path=True
    ),
    Option("results", "folder for result files", metavar="DIR", default="results", path=True),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything asked for, validated as far as no file has to be read."""

    models: tuple[str, ...]
    runs: tuple[str, ...]
    exam: str
    exam_data: Path
    key: str
    extraction: Extraction
    prompt: Path | None
    offline: bool
    gate: str
    gate_asked: bool
    """True where somebody asked for the gate, False where it is the default."""
    cassettes: Path
    results: Path
    record_mode: str
    root: Path

    @property
    def candidates(self) -> tuple[tuple[str, str], ...]:
        """(model, run) pairs; one of the two may be empty."""
        if not self.runs:
            return tuple((model, "") for model in self.models)
        if not self.models:
            return tuple(("", run) for run in self.runs)
        return tuple(zip(self.models, self.runs, strict=True))

    @property
    def may_record(self) -> bool:
        """Whether a missing reply may be asked for."""
        return not self.offline and self.record_mode != "none"


SETTINGS_KEY = pytest.StashKey[Settings]()


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


def read_settings(config: pytest.Config) -> Settings:
    """The settings of this session; SettingsError for values that cannot be."""
    values = {option.name: _value(option, config) for option in OPTIONS}
    models, runs = tuple(values["model"]), tuple(values["run"])
    if models and runs and len(models) != len(runs):
        raise SettingsError(
            f"--model is given {len(models)} times, --run {len(runs)} times",
            remedy="Give each model its own --run name, or leave the names to the suite.",
        )
    for kind, names in (("model", models), ("run", runs)):
        if "" in names:
            raise SettingsError(f"--{kind} is given without a name")
        if len(set(names)) < len(names):
            raise SettingsError(f"--{kind} names {max(names, key=names.count)!r} twice")
    record_mode = config.getoption("--record-mode", default=None)
    if record_mode == "rewrite" and (models or runs):
        # pytest-recording deletes the old replies before anybody is asked for new ones.
        raise SettingsError(
            "--record-mode=rewrite would lose the recorded replies if asking failed",
            remedy="Record under another --run name.",
        )
    return Settings(
        models=models,
        runs=runs,
        exam=values["exam"][0],
        exam_data=_path(values["exam-data"]) or default_data_root(),
        key=_first(values["key"]),
        extraction=Extraction(values["extraction"][0]),
        prompt=_path(values["prompt"]),
        offline=_first(values["offline"]) == "yes",
        gate=values["gate"][0],
        gate_asked=_asked(OPTIONS_BY_NAME["gate"], config),
        cassettes=_path(values["cassettes"]) or Path(),
        results=_path(values["results"]) or Path(),
        record_mode=record_mode or "none",
        root=config.rootpath,
    )


OPTIONS_BY_NAME = {option.name: option for option in OPTIONS}


def _value(option: Option, config: pytest.Config) -> Sequence[str]:
    here = config.invocation_params.dir
    given = config.getoption(option.dest)
    if given is not None:
        return _placed(option, _listed(given), here)
    variable = os.environ.get(option.variable)
    if variable:
        where = f"environment variable {option.variable}"
        if option.switch:
            return ["yes"] if _truth(variable, where) else []
        values = _chosen(option, variable.split() if option.many else [variable], where)
        return _placed(option, values, here)
    ini = _ini(option, config)
    if ini or ini is False:
        beside = config.inipath.parent if config.inipath else config.rootpath
        return _placed(option, _chosen(option, _listed(ini), f"ini key {option.dest}"), beside)
    return _placed(option, [option.default] if option.default else [], config.rootpath)


def _placed(option: Option, values: list[str], folder: Path) -> list[str]:
    if not option.path:
        return values
    if not all(value.strip() for value in values):
        raise SettingsError(f"{option.flag} is given without a path")
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


def _chosen(option: Option, values: list[str], where: str) -> list[str]:
    for value in values:
        if option.choices and value not in option.choices:
            raise _unknown(option.name, value, where, option.choices)
    return values


def _asked(option: Option, config: pytest.Config) -> bool:
    variable = os.environ.get(option.variable)
    return bool(config.getoption(option.dest) or variable or _ini(option, config))


def _first(values: Sequence[str]) -> str:
    return values[0] if values else ""


def _path(values: Sequence[str]) -> Path | None:
    return Path(values[0]) if values else None
