"""Files whose marks do not make their sheet are compared with nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import ResultError
from jmle_plugin.report.results import dump_results
from jmle_plugin.report.soundness import read_sound_results
from tests.builders import make_results


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
    ],
)
def test_what_was_changed_by_hand_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    file = written(tmp_path, change)
    with pytest.raises(ResultError) as caught:
        read_sound_results(file)
    assert "cut or changed by hand" in str(caught.value)
