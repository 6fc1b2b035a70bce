"""From sittings to tests: one seat per question, with the markers people select by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pytest

from jmle_plugin.fixtures import seat_of
from jmle_plugin.options import SETTINGS_KEY

if TYPE_CHECKING:
    from jmle_plugin.ask.sitting import Seat, Sitting
    from jmle_plugin.exam.model import Question

# Imported in every session: what only a sitting needs is imported inside.

SITTINGS_KEY = pytest.StashKey["tuple[Sitting, ...]"]()
NOBODY = "nobody-to-examine"
"""Id of the placeholder an exam test gets when no model and no run was named."""

MARKERS = {
    "required": "questions of the required section (必修)",
    "general": "questions of the general section (一般・臨床)",
    "image": "questions with figures",
    "multi_select": "questions where two or more options must be selected",
    "numeric": "questions answered with a number",
    "serial": "questions that share a context with others (連問)",
}


def register_markers(config: pytest.Config, sittings: Sequence[Sitting]) -> None:
    """Declare the markers, among them one per block and section of the exams sat."""
    names = dict(MARKERS)
    for sitting in sittings:
        names |= {section.id: section.title for section in sitting.exam.sections}
        names |= {f"block_{block.id}": f"block {block.id}" for block in sitting.exam.blocks}
    for name, help_text in names.items():
        config.addinivalue_line("markers", f"{name}: {help_text}")


def seat_id(sitting: Sitting, question: str, *, several: bool) -> str:
    """The id in brackets: the run's name joins only where several runs sit together."""
    return f"{sitting.run.run}-{question}" if several else question


def seat_parameters(config: pytest.Config) -> list[object]:
    """One parameter per question and run, in the exam's order."""
    sittings = config.stash.get(SITTINGS_KEY, ())
    if not sittings:
        return [pytest.param(None, id=NOBODY)]
    from jmle_plugin.ask.sitting import Seat  # noqa: PLC0415

    several = len(sittings) > 1
    return [
        pytest.param(
            Seat(sitting, question),
            id=seat_id(sitting, question.id, several=several),
            marks=[getattr(pytest.mark, name) for name in _markers(question)],
        )
        for sitting in sittings
        for question in sitting.exam.questions.values()
    ]


def seats_by_id(sittings: Sequence[Sitting]) -> dict[str, Seat]:
    """Every seat by its id in brackets, in the order of the tests."""
    from jmle_plugin.ask.sitting import Seat  # noqa: PLC0415

    several = len(sittings) > 1
    return {
        seat_id(sitting, question.id, several=several): Seat(sitting, question)
        for sitting in sittings
        for question in sitting.exam.questions.values()
    }


def exam_ids(items: Iterable[pytest.Item]) -> list[str]:
    """Node ids of the exam's tests among `items`."""
    return [item.nodeid for item in items if seat_of(item) is not None]


def refuse_unseated(config: pytest.Config, node_ids: Iterable[str]) -> None:
    """UsageError when an exam test was collected but nobody was named to sit it."""
    if not any(node_id.endswith(f"[{NOBODY}]") for node_id in node_ids):
        return
    from jmle_plugin.ask.run import list_runs  # noqa: PLC0415
    from jmle_plugin.exam.library import find_packs, pack_folders  # noqa: PLC0415

    settings = config.stash[SETTINGS_KEY]
    lines = ["nobody to examine: name a model with --model=NAME or a recorded run with --run=NAME"]
    for name in find_packs(pack_folders(settings.root)):
        runs = list_runs(settings.cassettes / name)
        lines.append(f"  exam {name}: {', '.join(runs) or 'no runs here'}")
    lines.append("  e.g. pytest --exam=sample --model=scripted/resident")
    # Ending before the workers have run makes syrupy warn, which must not hide the message.
    config.addinivalue_line("filterwarnings", "ignore:syrupy:UserWarning")
    raise pytest.UsageError("\n".join(lines))


def _markers(question: Question) -> list[str]:
    facts = {
        f"block_{question.block}": True,
        question.section: True,
        "image": bool(question.images),
        question.form: question.form in MARKERS,
        "serial": question.serial is not None,
    }
    return [name for name, holds in facts.items() if holds]
