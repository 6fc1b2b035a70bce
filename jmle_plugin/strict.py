"""Strict data: reading TOML, and pydantic's complaints as one line for a person."""

from __future__ import annotations

import textwrap
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from jmle_plugin.errors import PackError
from jmle_plugin.files import read_regular

T = TypeVar("T")


class Strict(BaseModel):
    """Data that cannot change, in which an unknown field is an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
        defer_build=True,  # a session uses a part of the forms, and every worker loads them all
    )


def empty(value: object) -> bool:
    """For fields that a file leaves out where there is nothing in them."""
    return not value


def absent(value: object) -> bool:
    """For fields that a file leaves out where they are null, but has with 0 or an empty list."""
    return value is None


def read_toml(path: Path) -> dict[str, Any]:
    """The table a TOML file holds; PackError naming the file, and the line of a mistake."""
    try:
        return tomllib.loads(read_regular(path).decode("utf-8"))
    except OSError as error:
        raise PackError(f"cannot be read ({error.strerror})", where=path) from error
    except UnicodeDecodeError as error:
        raise PackError(f"is not UTF-8 text ({error})", where=path) from error
    except (ValueError, RecursionError) as error:
        # Not TOMLDecodeError alone: an integer may have more digits than Python reads.
        raise PackError(f"is not valid TOML: {error}", where=path) from error


def first_problem(error: ValidationError) -> str:
    """The first complaint with its place and value, and how many more there are."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    # pydantic puts this before what our own validators say in full.
    message = first["msg"].removeprefix("Value error, ")
    found = first["input"]
    if message == first["msg"] and isinstance(found, str | int | float):
        message += f", found {textwrap.shorten(repr(found), 60)}"
    more = error.error_count() - 1
    return (f"{place}: " if place else "") + message + (f" (and {more} more)" if more else "")


def validated(adapter: TypeAdapter[T], raw: object, name: str, file: Path) -> T:
    """`raw` as the adapter's type; PackError naming `file` and `name` when it is not."""
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        raise PackError(f"{name}: {first_problem(error)}", where=file) from error
