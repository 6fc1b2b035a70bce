"""Files whose marks do not make their sheet are compared with nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from jmle_plugin.errors import ResultError
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.results.file import dump_results
from jmle_plugin.results.store import read_sound_results, write_results
from tests.builders import make_exam, make_mark, make_marks, make_results
from tests.unit.report.sheets import SHEETS


def written(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    data = dump_results(make_results())
    change(data)
    file = folder / "run.json"
    file.write_text(json.dumps(data), "utf-8")
    return file


def test_what_a_session_writes_is_sound(tmp_path: Path) -> None:
    assert read_sound_results(written(tmp_path, lambda _: None)).sheet == make_results().sheet


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data["marks"].pop(), id="cut"),
        pytest.param(lambda data: data["marks"].append(data["marks"][0]), id="doubled"),
        pytest.param(lambda data: data["marks"][0].update(points=-5), id="negative"),
        pytest.param(lambda data: data["marks"][0].update(points=10**400), id="huge"),
        pytest.param(lambda data: data["sheet"]["total"].update(points=999), id="sheet"),
        pytest.param(lambda data: data["sheet"].update(verdict="fail"), id="verdict"),
        pytest.param(lambda data: data["sheet"].update(verdict="partial"), id="no verdict"),
        pytest.param(lambda data: data["sheet"].update(errors=["A-1"]), id="errors"),
        pytest.param(lambda data: data["sheet"].update(of=8, asked=8), id="number asked"),
        pytest.param(lambda data: data["sheet"]["total"].update(max=9), id="maximum"),
        pytest.param(lambda data: data["sheet"]["blocks"]["A"].update(points=2), id="block"),
        pytest.param(lambda data: data["sheet"]["kinds"]["single"].update(correct=0), id="kind"),
        pytest.param(lambda data: data["sheet"]["images"]["without"].update(max=9), id="text-only"),
        pytest.param(lambda data: data["sheet"]["cost"].update(usd=0.0), id="cost"),
        pytest.param(lambda data: data["marks"][0].update(seconds=1.0), id="latency"),
        pytest.param(lambda data: data["sheet"]["tokens"].update(prompt=1), id="tokens"),
        pytest.param(lambda data: data["sheet"]["prohibited"].update(count=1), id="prohibited"),
        pytest.param(lambda data: data["provenance"].update(epochs=2), id="epochs"),
        pytest.param(lambda data: data["marks"][0].update(answer=["e"]), id="answer"),
        pytest.param(lambda data: data["marks"][0].update(outcome="incorrect"), id="outcome"),
        pytest.param(lambda data: data["marks"][0].update(points=0), id="points"),
    ],
)
def test_what_was_changed_by_hand_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    file = written(tmp_path, change)
    with pytest.raises(ResultError) as caught:
        read_sound_results(file)
    assert "cut or changed by hand" in str(caught.value)


@pytest.mark.parametrize(
    ("section", "said"),
    [({}, "(verdict)"), ({"margin": 1, "passed": True}, "(section required)")],
    ids=["verdict", "section"],
)
def test_a_failure_is_not_called_a_pass(tmp_path: Path, section: dict[str, Any], said: str) -> None:
    exam = make_exam()
    marks = make_marks(exam, B_2=Outcome.INCORRECT, B_3=Outcome.INCORRECT)
    data = dump_results(make_results(exam, marks))
    data["sheet"]["verdict"] = "pass"
    data["sheet"]["sections"]["required"].update(section)
    file = tmp_path / "run.json"
    file.write_text(json.dumps(data), "utf-8")
    with pytest.raises(ResultError, match=re.escape(said)):
        read_sound_results(file)


@pytest.mark.parametrize("name", SHEETS)
def test_sheets_with_every_outcome_are_sound(tmp_path: Path, name: str) -> None:
    file = tmp_path / "run.json"
    file.write_bytes(json.dumps(dump_results(SHEETS[name])).encode())
    assert read_sound_results(file).sheet == SHEETS[name].sheet


def test_what_would_be_refused_is_not_written(tmp_path: Path) -> None:
    results = make_results()
    file = write_results(tmp_path, results)
    before = file.read_bytes()
    total = results.sheet.total.model_copy(update={"points": 999})
    sheet = results.sheet.model_copy(update={"total": total})
    with pytest.raises(ResultError, match=r"do not make the sheet \(total\)"):
        write_results(tmp_path, results.model_copy(update={"sheet": sheet}))
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"points": -1},
        {"points": 2},
        {"points": 0},
        {"min": 1},
        {"max": -1, "points": -1, "min": -1},
        {"answer": ["e"]},
        {"outcome": Outcome.INCORRECT},
        {"outcome": Outcome.ERROR},
        {"outcome": Outcome.NO_ANSWER, "points": -1, "min": -1},
    ],
)
def test_an_unsound_mark_cannot_be_made(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="the mark of A-1 is unsound"):
        Mark.model_validate(make_mark(make_exam(), "A-1").model_dump() | changes)


def test_a_mark_may_not_cost_what_no_answer_of_its_exam_costs(tmp_path: Path) -> None:
    file = written(tmp_path, lambda data: data["marks"][0].update(min=-1))
    with pytest.raises(ResultError, match="the mark of A-1"):
        read_sound_results(file)
