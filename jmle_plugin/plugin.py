"""What pytest loads in every session: it sees to how this package is imported, and hands on.

The hooks themselves are in `session.every_session`. PYTEST_DONT_REWRITE: nothing is asserted here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

import pytest


class _OwnModules(MetaPathFinder):
    """Finds this package's modules as Python itself does.

    pytest rewrites the assertions of all modules of a plugin, which here are none; without
    bytecode it would do so in each process anew, for a quarter of the time of a replay.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module of this package; None for all others."""
        own = fullname.startswith("jmle_plugin.")
        return PathFinder.find_spec(fullname, path, target) if own else None

    def pytest_unconfigure(self) -> None:
        """Leave the process as it was."""
        with suppress(ValueError):  # a test of plugins has put it back already
            sys.meta_path.remove(self)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the hooks of every session, imported as they stand."""
    own = _OwnModules()
    sys.meta_path.insert(0, own)  # before pytest's own finder
    pluginmanager.register(own, "jmle-own-modules")
    from jmle_plugin.session import every_session  # noqa: PLC0415 - not before that

    pluginmanager.register(every_session, "jmle-every-session")
