"""What cannot be ranked is refused with its file's name and a remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.cli.leaderboard import read_entries
from jmle_plugin.errors import ResultError
from jmle_plugin.results.store import write_results
from tests.unit.report.leaderboard.conftest import Sat


def changed(file: Path, **changes: Any) -> Path:
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | changes), "utf-8")
    return file


def test_patterns_stand_for_what_they_match(tmp_path: Path, sat: Sat) -> None:
    for name in ("b", "a"):
        write_results(tmp_path, sat(name))
    found = read_entries([str(tmp_path / "tiny" / "*.json")])
    assert [(one.file.name, one.results.run.name) for one in found] == [
        ("a.json", "a"),
        ("b.json", "b"),
    ]


def test_a_file_with_the_signs_of_a_pattern_is_a_file(tmp_path: Path, sat: Sat) -> None:
    file = write_results(tmp_path, sat("a")).rename(tmp_path / "a[1]*.json")
    assert [one.file for one in read_entries([str(file)])] == [file]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"schema": 3}, "schema version 3"),
        ({"schema": 0}, "no results file"),
        ({"marks": []}, "marks that do not make the sheet"),
        ({"sheet": 1}, "no results file"),
    ],
)
def test_bad_files_are_refused(
    tmp_path: Path, sat: Sat, changes: dict[str, Any], problem: str
) -> None:
    file = changed(write_results(tmp_path, sat("a")), **changes)
    with pytest.raises(ResultError, match=problem) as caught:
        read_entries([str(file)])
    assert caught.value.where == str(file)
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["gone.json", "none/*.json", ".", "words.json", "list.json"])
def test_what_is_no_results_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "words.json").write_text("no JSON")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(ResultError) as caught:
        read_entries([str(tmp_path / name)])
    assert caught.value.where == str(tmp_path / name)
    assert caught.value.remedy


def test_a_run_stands_there_once(tmp_path: Path, sat: Sat) -> None:
    file = write_results(tmp_path, sat("a"))
    copy = Path(str(file).replace("a.json", "copy.json"))
    copy.write_bytes(file.read_bytes())
    for second in (file, copy):
        with pytest.raises(ResultError, match="the run a stands in") as caught:
            read_entries([str(file), str(second)])
        assert caught.value.where == str(second)


def test_what_a_session_leaves_beside_a_result_is_another_sitting(tmp_path: Path, sat: Sat) -> None:
    write_results(tmp_path, sat("a"))
    write_results(tmp_path, sat("a", asked=("A-1",)))
    found = read_entries([str(tmp_path / "tiny" / "*.json")])
    assert [one.file.name for one in found] == ["a.json", "a.partial.json"]


def test_an_earlier_result_of_the_same_sitting_is_left_out_and_named(
    tmp_path: Path, sat: Sat
) -> None:
    file = write_results(tmp_path, sat("a", "A_1"))
    earlier = file.rename(file.with_name("a.earlier.json"))
    pattern, told = str(tmp_path / "tiny" / "*.json"), list[str]()
    assert [one.file for one in read_entries([pattern], say=told.append)] == [earlier]
    assert told == []
    write_results(tmp_path, sat("a"))
    assert [one.file for one in read_entries([pattern], say=told.append)] == [file]
    assert told == [f"Left out: {earlier} (its run was sat again: a.json)"]
