"""A run's name and its record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.ask.run import (
    ImageMode,
    RunSpec,
    check_run_name,
    list_runs,
    read_run,
    run_name,
    write_run,
)
from jmle_plugin.errors import RunError, SettingsError
from tests.builders import make_imported_run, make_run

PARAMETERS = st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.none()), max_size=3)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("scripted/resident", "scripted-resident"),
        ("openai/gpt-oss-120b", "openai-gpt-oss-120b"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("_private", "private"),
        ("模型", "run"),
        ("", "run"),
        ("a b\tc\0d", "a-b-c-d"),
        ("anthropic.claude:v1", "anthropic.claude-v1"),
    ],
)
def test_name_is_made_from_the_models(model: str, name: str) -> None:
    assert run_name(model) == name


@given(model=st.text(st.characters(exclude_categories=())), parameters=PARAMETERS)
def test_name_is_fit_for_a_file_whatever_the_model_is_called(
    model: str, parameters: dict[str, Any]
) -> None:
    name = run_name(model, parameters=parameters)
    check_run_name(name)
    assert Path(name).name == name


@given(first=st.integers(), second=st.integers(), model=st.sampled_from(["m", "m" * 200]))
def test_parameters_that_differ_make_names_that_differ(first: int, second: int, model: str) -> None:
    names = [run_name(model, parameters={"seed": value}) for value in (first, second)]
    assert (names[0] == names[1]) is (first == second)


def test_what_differs_from_the_defaults_joins_the_name() -> None:
    name = run_name(
        "m", parameters={"t": 0.5, "effort": "low"}, images=ImageMode.BLIND, prompt="abcdef0123"
    )
    assert name == "m-blind-effort=low-t=0.5-prompt=abcdef01"


def test_order_of_parameters_does_not_matter() -> None:
    assert run_name("m", parameters={"a": 1, "b": 2}) == run_name("m", parameters={"b": 2, "a": 1})


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "-a", "a b", "a\n", "あ", "a" * 151])
def test_names_that_could_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be the name of a run"):
        check_run_name(name)


@pytest.mark.parametrize(
    "spec",
    [
        make_run(),
        make_run(parameters={"temperature": 0.5, "stop": ["あ"]}, display_name="A モデル"),
        make_imported_run(),
    ],
)
def test_record_comes_back_as_it_was(tmp_path: Path, spec: RunSpec) -> None:
    write_run(tmp_path, spec)
    assert read_run(tmp_path) == spec


def test_record_is_readable(tmp_path: Path) -> None:
    write_run(tmp_path, make_run(display_name="模型"))
    text = (tmp_path / "run.json").read_text("utf-8")
    assert text.startswith('{\n  "schema": 1,\n')
    assert '"display_name": "模型"' in text


def refused(folder: Path, content: bytes) -> RunError:
    """The error for a record with this content; it always names the file."""
    (folder / "run.json").write_bytes(content)
    with pytest.raises(RunError) as caught:
        read_run(folder)
    assert caught.value.where == str(folder / "run.json")
    return caught.value


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b'{"schema": NaN}', b"[" * 100_000],
    ids=lambda raw: repr(raw[:9]),
)
def test_damaged_record_is_named(tmp_path: Path, content: bytes) -> None:
    error = refused(tmp_path, content)
    assert "is not valid JSON" in error.problem
    assert error.remedy == "Restore the file."


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"exam": 5}, "exam"),
        ({"model": None}, "model"),
        ({"run": "../x"}, "run"),
        ({"images": "some"}, "images"),
        ({"prompt": {"name": "x"}}, "prompt.sha256"),
        ({"colour": "red"}, "colour"),
        ({"schema": 0}, "schema"),
        ({"parameters": {"messages": []}}, "cannot set messages"),
        ({"parameters": {"model": "other"}}, "cannot set model"),
        ({"display_name": "\ud800"}, "surrogates"),
        ({"parameters": {"stop": "\ud800"}}, "surrogates"),
    ],
    ids=str,
)
def test_record_that_says_something_impossible_is_refused_with_the_place(
    tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    content = make_run().model_dump(mode="json", by_alias=True) | changes
    assert place in refused(tmp_path, json.dumps(content).encode()).problem


def test_record_that_is_no_table_is_refused(tmp_path: Path) -> None:
    assert "dictionary" in refused(tmp_path, b"[1]").problem


def test_later_schema_asks_for_an_update(tmp_path: Path) -> None:
    error = refused(tmp_path, b'{"schema": 2, "unheard": "of"}')
    assert "schema version 2" in error.problem
    assert error.remedy == "Update jmle."


def test_missing_record_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="it is unknown what") as caught:
        read_run(tmp_path / "some-model")
    assert "Restore the file, or record or import" in caught.value.remedy


def test_runs_are_listed_by_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_run(tmp_path / name, make_run(run=name))
    (tmp_path / "no-run").mkdir()
    assert list_runs(tmp_path) == ["a", "b"]
    assert list_runs(tmp_path / "nowhere") == []


def test_scripts_are_never_taken_for_models() -> None:
    spec = make_run(model="scripted/resident", display_name="GPT-9")
    assert spec.scripted
    assert spec.title == "GPT-9 (scripted replies, not a model)"
    assert make_run().title == "some/model"
