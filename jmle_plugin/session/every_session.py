"""pytest's hooks in every session, registered by `jmle_plugin.plugin`. Each only delegates.

Sessions that name no model and no run get nothing but the options: what a sitting
needs is in `session.hooks`, registered when there is one.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Sequence
from typing import Any

import pytest

from jmle_plugin.session import collection, fixtures
from jmle_plugin.session.options import add_options
from jmle_plugin.session.settings import SETTINGS_KEY, as_usage_error, read_settings
from jmle_plugin.session.sittings import open_sittings


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the exam's options."""
    add_options(parser)


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main() -> Generator[None, object, object]:
    """Let go of what a sitting froze (`session.hooks`): a process may run several sessions."""
    try:
        return (yield)
    finally:
        gc.unfreeze()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the settings and open the sittings."""
    # Last, so that it comes after pytest-recording whatever the install order.
    config.pluginmanager.register(fixtures, "jmle-fixtures")
    with as_usage_error():
        settings = read_settings(config)
        told = getattr(config, "workerinput", {}).get(fixtures.WORKER_INPUT)
        sittings = open_sittings(settings, told and told["runs"])
    collection.register_markers(config, sittings)
    config.stash[SETTINGS_KEY] = settings
    config.stash[collection.SITTINGS_KEY] = sittings
    if sittings:
        from jmle_plugin.session import hooks  # noqa: PLC0415 - not in sessions without one

        config.pluginmanager.register(hooks, "jmle-sitting")
        hooks.start(config, settings, sittings)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per question for whatever uses the `exam_seat` fixture."""
    if "exam_seat" in metafunc.fixturenames:
        seats = collection.seat_parameters(metafunc.config)
        metafunc.parametrize("exam_seat", seats, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a session without a model or run (a worker leaves that to its controller)."""
    if not hasattr(config, "workerinput"):
        collection.refuse_unseated(config, [item.nodeid for item in items])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Refuse a session without a model or run, on the controller."""
    collection.refuse_unseated(node.config, ids)
