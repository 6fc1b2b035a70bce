"""From sittings to tests: one seat per question and epoch, with the markers people select by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from jmle_plugin.errors import JmleError
from jmle_plugin.exam.kinds import forms
from jmle_plugin.session.fixtures import seat_of
from jmle_plugin.session.settings import SETTINGS_KEY
from jmle_plugin.text import Inert, in_a_job

if TYPE_CHECKING:
    from jmle_plugin.ask.sitting import Seat, Sitting
    from jmle_plugin.exam.model import Question
    from jmle_plugin.results.file import Results

# Imported in every session: what only a sitting needs is imported inside.

SITTINGS_KEY = pytest.StashKey["tuple[Sitting, ...]"]()
COMPLETE_KEY: pytest.StashKey[tuple[Results, ...]] = pytest.StashKey()
"""The results of runs that are named and not sat, because nothing is left to do."""
NO_RUN = "no-model-or-run"
"""Id of the placeholder an exam test gets when no model and no run was named."""


@contextmanager
def as_usage_error() -> Iterator[None]:
    """Turn our errors into pytest's usage error, which ends the session with status 4."""
    try:
        yield
    except JmleError as error:
        said = str(error)  # foreign words in it must be no command to a job's log
        raise pytest.UsageError(Inert()(said) if in_a_job() else said) from error


def marker_helps() -> dict[str, str]:
    """What each marker that any exam may have is for."""
    return {
        "required": "questions of the required section (必修)",
        "general": "questions of the general section (一般・臨床)",
        "image": "questions with figures",
        **{name: form.marker for name, form in forms().items() if form.marker},
        "serial": "questions that share a context with others (連問)",
    }


def register_markers(config: pytest.Config, sittings: Sequence[Sitting]) -> None:
    """Declare the markers, among them one per block and section of the exams sat."""
    names = marker_helps()
    for sitting in sittings:
        names |= sitting.exam.section_titles
        names |= {f"block_{block.id}": f"block {block.id}" for block in sitting.exam.blocks}
    for name, help_text in names.items():
        config.addinivalue_line("markers", f"{name}: {help_text}")


def seats(sittings: Sequence[Sitting]) -> dict[str, Seat]:
    """Every seat by its test's id, the part in brackets, in the order they are asked.

    Run by run, epoch by epoch, in the exam's order. An id is the cassette's name (`A-1`,
    `A-1-e2`). The run's name joins in front only where several runs sit one exam (`model-A-1`),
    the exam's where several exams are sat (`jmle112/A-1`).
    """
    from jmle_plugin.ask.cassette import cassette_name  # noqa: PLC0415

    exams = {sitting.exam.id for sitting in sittings}
    found: dict[str, Seat] = {}
    for sitting in sittings:
        # No exam, run or question has a slash in its name: ids of two exams never meet.
        front = f"{sitting.exam.id}/" if len(exams) > 1 else ""
        front += f"{sitting.run.run}-" if len(sittings) > len(exams) else ""
        for seat in sitting.seats():
            found[front + cassette_name(seat.question.id, seat.epoch)] = seat
    return found


def seat_parameters(config: pytest.Config) -> list[object]:
    """One parameter per seat."""
    sittings = config.stash.get(SITTINGS_KEY, ())
    if not sittings:
        return [pytest.param(None, id=NO_RUN)]
    return [
        pytest.param(
            seat, id=name, marks=[getattr(pytest.mark, one) for one in _markers(seat.question)]
        )
        for name, seat in seats(sittings).items()
    ]


def seat_part(node_id: str) -> str:
    """The part of a node id that names its seat in `seats`; empty where it has none."""
    return node_id.partition("[")[2].removesuffix("]")


def exam_ids(items: Iterable[pytest.Item]) -> list[str]:
    """Node ids of the exam's tests among `items`."""
    return [item.nodeid for item in items if seat_of(item) is not None]


def refuse_unseated(config: pytest.Config, node_ids: Iterable[str]) -> None:
    """UsageError when an exam test was collected but no model or run was given."""
    if not any(node_id.endswith(f"[{NO_RUN}]") for node_id in node_ids):
        return
    from jmle_plugin.ask.run import list_runs  # noqa: PLC0415
    from jmle_plugin.exam import find_packs, pack_folders  # noqa: PLC0415

    settings = config.stash[SETTINGS_KEY]
    lines = [
        "no model or run was given: name a model by --model=NAME or a recorded one by --run=NAME"
    ]
    packs = find_packs(pack_folders(settings.root))
    recorded = {name: runs for name in packs if (runs := list_runs(settings.cassettes / name))}
    lines += [f"  exam {name}: {', '.join(runs)}" for name, runs in recorded.items()]
    lines.append(f"  exams without runs here: {len(packs) - len(recorded)}")
    lines.append("  e.g. add --exam=sample --model=scripted/resident")
    raise _ended("\n".join(lines), config)


def refuse_without_exam_test(config: pytest.Config, node_ids: Sequence[str]) -> None:
    """UsageError when a model or run was named and no test of the exam is there to be run.

    Not where the user chose among the tests, nor where a model in the ini file only waits for
    the sessions that sit an exam; files that cannot be imported are pytest's to report.
    """
    sittings = config.stash.get(SITTINGS_KEY, ())
    chosen = any(config.getoption(name, default=None) for name in _CHOOSING)
    named = any(config.getoption(f"jmle_{name}", default=None) for name in ("model", "run", "runs"))
    session = config.pluginmanager.get_plugin("session")
    if not sittings or chosen or (node_ids and not named) or (session and session.testsfailed):
        return
    known, parts = seats(sittings), set(map(seat_part, node_ids))
    # A test that is parametrized once more has the seat's name within its own.
    if not parts.isdisjoint(known) or any(name in part for part in parts for name in known):
        return
    from jmle_plugin.ask.run import CARRIED  # noqa: PLC0415

    elsewhere = ""
    if CARRIED.with_name("tests_exam").is_dir():
        elsewhere = "put --pyargs jmle_plugin.tests_exam behind pytest, or "
    raise _ended(
        "no test of the exam was collected, so no question would be asked: "
        f"{elsewhere}write one into this project with `jmle init`",
        config,
    )


_CHOOSING = ("keyword", "markexpr", "deselect", "lf", "failedfirst", "stepwise")


def _ended(message: str, config: pytest.Config) -> pytest.UsageError:
    """The error to raise: syrupy warns where no worker has run, which would hide the message."""
    config.addinivalue_line("filterwarnings", "ignore:syrupy:UserWarning")
    return pytest.UsageError(message)


def _markers(question: Question) -> list[str]:
    facts = {
        f"block_{question.block}": True,
        question.section: True,
        "image": question.has_figures,
        question.form: bool(question.kind.form(question.select).marker),
        "serial": question.serial is not None,
    }
    return [name for name, holds in facts.items() if holds]
