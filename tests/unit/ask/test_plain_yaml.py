from __future__ import annotations

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from jmle_plugin.ask.plain_yaml import dump, load
from jmle_plugin.errors import SettingsError

texts = st.text(st.characters(exclude_categories=()), max_size=60)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(values)
@example({"yes": "no", "1": "1", "1.5": "1e5", "null": "~", "": "", "a": "2026-02-07"})
@example(["0x1F", "0o7", "1_000", "1:30", ".5", "5.", "1e5", "+1", "=", "<<", "!x", "&a", "*a"])
@example(["\ud800", "\0", "\x85", "\u2028", "\ufeff", "\r\n", " \n ", "\t\n", "...", "---\n..."])
@example(["３１５", "08", "-08", "1.5e3", "１.５", "1.e5", "0", "-0", "00"])
@example([1e-05, 1e300, -0.0, 123456789012345678901234567890])
def test_every_json_value_comes_back_as_it_was(value: Any) -> None:
    assert load(dump(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_type_and_sign(number: float) -> None:
    back = load(dump(number))
    assert isinstance(back, float)
    assert math.copysign(1, back) == math.copysign(1, number)


@given(st.text(max_size=60))
def test_any_yaml_reader_reads_the_same_texts(text: str) -> None:
    assert yaml.safe_load(dump({"text": text})) == {"text": text}


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        load(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("text", ["a: !!int 3", "a: !escaped 3", "a: !x [b]", "!!set {a}"])
def test_foreign_tags_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="tag"):
        load(text)


def test_a_long_list_of_values_is_refused() -> None:
    with pytest.raises(ValueError, match="more than"):
        load("[" + "a," * 400_001 + "]")


@pytest.mark.parametrize("depth", [0, 99])
@pytest.mark.parametrize("name", [None, "name"])
def test_what_nests_a_hundred_levels_is_read(name: str | None, depth: int) -> None:
    value: Any = "deep"
    for _ in range(depth):
        value = [value] if name is None else {name: value}
    assert load(json.dumps(value)) == value


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{a: "])
@pytest.mark.parametrize("depth", [101, 200_000])
def test_what_nests_deeper_is_refused_and_ends_no_process(opening: str, depth: int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - libyaml may be the first to refuse it
        load(opening * depth)


def test_depth_is_counted_here_whatever_the_library_allows() -> None:
    with pytest.raises(ValueError, match="nests more than 100 levels"):
        load("- " * 105)


@pytest.mark.parametrize(
    "text", ["a\tb\nc", "one  \ntwo", "end \n", "\U0001f44d\nいいえ", "x\n\n", "  x\ny", "あ\nい"]
)
def test_texts_stay_readable(text: str) -> None:
    written = dump({"text": text})
    assert written.startswith("text: |")
    assert "\\" not in written
    assert load(written) == {"text": text}


def test_without_libyaml_an_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    for use in (lambda: load("a: b"), lambda: dump({"a": "b"})):
        with pytest.raises(SettingsError, match="libyaml") as caught:
            use()
        assert "pip install" in str(caught.value)
