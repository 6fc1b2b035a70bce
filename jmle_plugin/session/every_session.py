"""pytest's hooks in every session, registered by `jmle_plugin.plugin`, and what is to be sat.

Sessions that name no model and no run get nothing but the options: what a sitting
needs is in `session.hooks`, registered when there is one.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jmle_plugin.errors import SettingsError
from jmle_plugin.session import collection, fixtures
from jmle_plugin.session.options import add_options, option_conflict_named
from jmle_plugin.session.runs_file import RunRow, complete_results
from jmle_plugin.session.settings import SETTINGS_KEY, Settings, read_settings
from jmle_plugin.text import count

if TYPE_CHECKING:
    from jmle_plugin.ask.opening import Wanted
    from jmle_plugin.ask.sitting import Sitting
    from jmle_plugin.exam.model import Exam
    from jmle_plugin.results.file import Results

# What only a sitting needs is imported inside.


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the exam's options."""
    add_options(parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """Say what to do where a conftest has an option of ours."""
    with option_conflict_named():
        return (yield)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Which runs of a runs file are complete, and so not sat again."""
    done = config.stash.get(collection.COMPLETE_KEY, ())
    if not done:
        return []
    names = ", ".join(one.run.name for one in done)
    return [f"jmle: {count(len(done), 'run')} complete, not sat again: {names}"]


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
    with collection.as_usage_error():
        settings = read_settings(config)
        sent = getattr(config, "workerinput", {}).get(fixtures.WORKER_INPUT)
        opened = open_sittings(settings, sent and sent["runs"])
        sittings, complete = (opened, ()) if sent else _set_complete_aside(settings, opened)
    collection.register_markers(config, sittings)
    config.stash[SETTINGS_KEY] = settings
    config.stash[collection.SITTINGS_KEY] = sittings
    config.stash[collection.COMPLETE_KEY] = complete
    if sittings:
        from jmle_plugin.session import hooks  # noqa: PLC0415 - not in sessions without one

        config.pluginmanager.register(hooks, "jmle-sitting")
        hooks.start(config, settings, sittings)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per question for whatever uses the `exam_seat` fixture."""
    if "exam_seat" in metafunc.fixturenames:
        seats = collection.seat_parameters(metafunc.config)
        metafunc.parametrize("exam_seat", seats, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a session without a model or run, and one without a test of the exam.

    A worker leaves that to its controller.
    """
    if not hasattr(config, "workerinput"):
        ids = [item.nodeid for item in items]
        collection.refuse_unseated(config, ids)
        collection.refuse_without_exam_test(config, ids)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Refuse on the controller what `pytest_collection_modifyitems` refuses without workers."""
    collection.refuse_unseated(node.config, ids)
    collection.refuse_without_exam_test(node.config, ids)


def open_sittings(
    settings: Settings, opened: Sequence[tuple[str, Mapping[str, Any], Any]] | None = None
) -> tuple[Sitting, ...]:
    """The sittings asked for: none unless a model or a run is named.

    A worker is given the runs as `opened` (folder, RunSpec as JSON, prompt file) instead of
    looking for them: its controller may be about to replace what lies there.
    """
    if not settings.rows:
        return ()
    sittings = _open(settings, _open_exams(settings), opened)
    if settings.shard is None:
        return sittings
    from jmle_plugin.ask.sitting import shard  # noqa: PLC0415

    return tuple(replace(one, part=shard(one.exam, *settings.shard)) for one in sittings)


def _open(
    settings: Settings,
    exams: Mapping[str, Exam],
    opened: Sequence[tuple[str, Mapping[str, Any], Any]] | None,
) -> tuple[Sitting, ...]:
    from jmle_plugin.ask.opening import (  # noqa: PLC0415
        open_halves,
        open_sitting,
        reopen_sitting,
    )
    from jmle_plugin.mark.extraction import check_rule  # noqa: PLC0415

    folder, audit = settings.cassettes, settings.asking.audit
    if opened is not None:
        return tuple(
            reopen_sitting(
                exams[run["exam"]], Path(place), run, prompt and Path(prompt), audit=audit
            )
            for place, run, prompt in opened
        )
    sittings: list[Sitting] = []
    for exam in exams.values():
        for row in settings.rows:
            wanted = _wanted(settings, row)
            if audit:
                sittings += open_halves(exam, folder, wanted)
            else:
                sittings.append(open_sitting(exam, folder, wanted))
    for sitting in sittings:
        check_rule(sitting, settings.extraction)
    names = [sitting.run.address for sitting in sittings]
    if twice := [one.run.run for one in sittings if names.count(one.run.address) > 1]:
        raise SettingsError(
            f"two of the models share the run name {twice[0]}", remedy="Name the runs with --run."
        )
    return tuple(sittings)


def _wanted(settings: Settings, row: RunRow) -> Wanted:
    asking = settings.asking
    return row.wanted(
        prompt=settings.prompt,
        parameters=asking.parameters,
        images=None if asking.audit else asking.images,
        image_max_edge=asking.image_max_edge,
        epochs=asking.epochs,
        may_record=settings.may_record,
        rewrite=settings.record_mode == "rewrite",
        api_base=asking.api_base,
    )


def _set_complete_aside(
    settings: Settings, sittings: tuple[Sitting, ...]
) -> tuple[tuple[Sitting, ...], tuple[Results, ...]]:
    """What is left to sit, and the results of the runs that are complete.

    Where all are, all are sat again, from what is recorded: the session then says what came
    of them.
    """
    halves = settings.asking.audit  # what they come to together is found where both sit
    if not settings.skip_complete or settings.record_mode == "rewrite" or halves:
        return sittings, ()
    found = [complete_results(one, settings.results, settings.extraction.value) for one in sittings]
    left = tuple(one for one, results in zip(sittings, found, strict=True) if results is None)
    done = tuple(results for results in found if results is not None)
    return (left, done) if left else (sittings, ())


def _open_exams(settings: Settings) -> dict[str, Exam]:
    """The exams by id, in the order in which they were named."""
    exams: dict[str, Exam] = {}
    for name in settings.exams:
        exam = _open_exam(settings, name)
        if exam.id in exams:
            raise SettingsError(
                f"--exam names {exam.id} twice, the second time as {name}",
                remedy="Name each exam once; what is asked often is a matter of --epochs.",
            )
        exams[exam.id] = exam
    return exams


def _open_exam(settings: Settings, name: str) -> Exam:
    from jmle_plugin.exam import find_pack, find_packs, pack_folders  # noqa: PLC0415
    from jmle_plugin.exam.pack import load_exam  # noqa: PLC0415

    folders = pack_folders(settings.root)
    pack = find_pack(name, folders)
    exam = load_exam(pack, data_root=settings.exam_data, key=settings.key or None)
    if exam.bench:
        from jmle_plugin.mark.bench import check_measures  # noqa: PLC0415

        check_measures(exam)
    known = find_packs(folders).get(exam.id)
    if known is not None and known.resolve() != pack.resolve():
        raise SettingsError(
            f"this pack calls itself {exam.id}, and so does {known}",
            where=pack,
            remedy="Give your pack an id of its own: results lie under it.",
        )
    return exam
