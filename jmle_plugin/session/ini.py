"""The ini file of a folder, read as pytest does but without pytest: for the `jmle` commands.

pytest's own reader is not public, and importing pytest would cost a command more than its work.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import iniconfig

from jmle_plugin.errors import SettingsError


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
