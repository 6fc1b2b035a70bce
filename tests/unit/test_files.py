"""Files appear whole or not at all; JSON has one form."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.files import canonical_json, digest, read_json, write_whole

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_folders_are_made_and_text_is_utf8(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b.txt", "必修\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "必修\n".encode()


def test_old_file_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write_whole(file, "a long old text")
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


def test_files_are_as_public_as_any_other(tmp_path: Path) -> None:
    write_whole(tmp_path / "ours", "")
    (tmp_path / "theirs").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


@pytest.mark.parametrize("target", ["os.fsync", "pathlib.Path.replace", "pathlib.Path.chmod"])
def test_failure_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = tmp_path / "a"
    file.write_bytes(b"old")
    monkeypatch.setattr(target, full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_interruption_leaves_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", "new")
    assert list(tmp_path.iterdir()) == []


def test_text_utf8_cannot_hold_touches_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "folder" / "a", "\ud800")
    assert list(tmp_path.iterdir()) == []


@given(value=JSON)
def test_canonical_json_is_json_in_ascii(value: Any) -> None:
    raw = canonical_json(value)
    assert raw.isascii()
    assert canonical_json(read_json(raw)) == raw


def test_order_of_names_does_not_matter() -> None:
    assert canonical_json({"b": 1, "a": [2]}) == b'{"a":[2],"b":1}'
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})


def test_values_that_differ_have_digests_that_differ() -> None:
    values = [None, 0, False, "", "0", [], {}, [0], {"0": 0}, "é", "e\u0301"]
    assert len({digest(value) for value in values}) == len(values)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_json_does_not_have_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"value": value})
    with pytest.raises(ValueError, match="no JSON number"):
        read_json(json.dumps(value))


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"{'a': 1}", b"\xff", b"1 2", b"[" * 100_000, b'"\n"'], ids=repr
)
def test_what_is_no_json_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_json(raw)


@pytest.mark.parametrize("raw", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "a": 1}}]'])
def test_a_name_that_stands_twice_is_no_json(raw: str) -> None:
    with pytest.raises(ValueError, match="'a' stands twice"):
        read_json(raw)
