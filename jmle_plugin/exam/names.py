"""Errors for names nobody knows, with the near ones."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from jmle_plugin.errors import UnknownNameError


def unknown_name(
    what: str, name: str, known: Iterable[str], *, where: object = None, remedy: str = ""
) -> UnknownNameError:
    """An error that says which names there are, nearest first."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        hint = f"Did you mean {', '.join(near)}?"
    elif names:
        hint = f"There are: {', '.join(names)}."
    else:
        hint = "There are none yet."
    return UnknownNameError(
        f"unknown {what} {name!r}", where=where, remedy=f"{hint} {remedy}".strip()
    )
