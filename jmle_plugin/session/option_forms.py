"""What an option is, and the forms of values: text -> value, or ValueError with what is wrong."""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

REPORTS = ("html", "markdown", "csv")
_NO_REPORT = "none"
_LARGEST_LEVEL = 0.5
_BARE_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_./:-]*")
_KEYS_NAME = re.compile(r"(?:key|token|secret|password|signature)=", re.IGNORECASE)
_NEARLY_TOML = {"true", "false", "none", "null", "nan", "inf"}
"""Words that were not meant as a text."""


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
    everyday: bool = False
    """Shown in the first group of `pytest --help`; the others are for experts."""
    private: bool = False
    """What is given may hold a secret, and is not repeated in errors."""
    path: bool = False
    """Ini values are relative to the ini file's folder, others to the current one."""
    named: Callable[[], Mapping[str, Path]] = dict
    """Names that may stand for a path -> the path."""
    parse: Callable[[str], Any] = str
    """Text -> value; ValueError with what is wrong."""

    @property
    def flag(self) -> str:
        """As given on the command line."""
        return f"--{self.name}"

    @property
    def dest(self) -> str:
        """Where argparse keeps it; prefixed, so that no other plugin's is overwritten."""
        return "jmle_" + self.attribute

    @property
    def attribute(self) -> str:
        """Its name as a command's argument."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable."""
        return self.env or self.dest.upper()

    @property
    def described(self) -> str:
        """Its help, with the other places where it may be set."""
        return f"{self.help} [env {self.variable}, ini {self.dest}]"


def whole(least: int, most: int = 10**12) -> Callable[[str], int]:
    """Reads a whole number of at least `least` and at most `most`."""

    def parse(text: str) -> int:
        value = int(text) if re.fullmatch(r"[0-9]{1,12}", text) else -1
        if value < least:
            raise ValueError(f"is no whole number of {least} or more")
        if value > most:
            raise ValueError(f"is more than {most}")
        return value

    return parse


def amount(text: str) -> float:
    """Reads a number of 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError("is no number of 0 or more")
    return value


def positive(text: str) -> float:
    """Reads a number above 0."""
    value = amount(text)
    if not value:
        raise ValueError("must be more than 0")
    return value


def share(text: str) -> float:
    """Reads a share that more can be than."""
    value = amount(text)
    if value >= 1:
        raise ValueError("is no share of less than 1")
    return value


def level(text: str) -> float:
    """Reads a level of significance."""
    value = positive(text)
    if value > _LARGEST_LEVEL:
        raise ValueError(f"is more than {_LARGEST_LEVEL}")
    return value


def shard(text: str) -> tuple[int, int]:
    """Reads `K/N`, the K-th of N parts."""
    match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    number, of = map(int, match.groups()) if match else (0, 0)
    if not 1 <= number <= of:
        raise ValueError("is no part like 2/8, the second of eight")
    return number, of


def model_argument(text: str) -> tuple[str, Any]:
    """Reads `KEY=VALUE`, the value in TOML's notation; a bare word is a text."""
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("is not of the form KEY=VALUE")
    return name, _toml_value(value.strip())


def _toml_value(text: str) -> Any:
    try:
        read = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        read = {}
    if set(read) == {"value"} and _is_json(read["value"]):
        return read["value"]
    if _BARE_WORD.fullmatch(text) and text.lower() not in _NEARLY_TOML:
        return text
    raise ValueError('has no TOML value (0.2, true, "text", [1, 2], {key = 3})')


def _is_json(value: Any) -> bool:
    """TOML also has dates and numbers that JSON has not."""
    if isinstance(value, dict):
        return all(_is_json(one) for one in value.values())
    if isinstance(value, list):
        return all(_is_json(one) for one in value)
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def web_address(text: str) -> str:
    """Reads the address of a server, which holds neither a user's name nor a password."""
    try:
        parts = urlsplit(text.strip())
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known or len(text.split()) != 1:
        raise ValueError("is no address like https://example.org/v1")
    if parts.username is not None:
        raise ValueError("holds a user's name: keys belong into the environment")
    if _KEYS_NAME.search(parts.query):
        raise ValueError("holds a key or token: these belong into the environment")
    return text.strip()


def exam_names(text: str) -> tuple[str, ...]:
    """Reads exams set apart by commas; a path that is there may have commas in it."""
    there = os.path.exists(text)  # noqa: PTH110 - Path's raises for a name too long for a path
    names = [text] if there else [word.strip() for word in text.split(",")]
    if "" in names:
        raise ValueError("names no exam" if len(names) == 1 else "has an exam without a name")
    if len(set(names)) < len(names):
        raise ValueError(f"names {max(names, key=names.count)!r} twice")
    return tuple(names)


def report_kinds(text: str) -> tuple[str, ...]:
    """Reads kinds of reports set apart by commas; `none` is none of them."""
    kinds = [word.strip() for word in text.split(",")]
    for kind in kinds:
        if kind not in (*REPORTS, _NO_REPORT):
            raise ValueError(f"names no kind of report: {kind!r} ({', '.join(REPORTS)}, none)")
    if _NO_REPORT in kinds and len(kinds) > 1:
        raise ValueError("names reports, and none as well")
    return tuple(kind for kind in kinds if kind != _NO_REPORT)


def prompt_files() -> Mapping[str, Path]:
    """The prompts that have a name -> their files."""
    from jmle_plugin.ask.messages import prompt_names  # noqa: PLC0415 - seldom needed

    return prompt_names()
