"""The cassette file: what goes in comes out, and whatever was damaged says so."""

from __future__ import annotations

import errno
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from jmle_plugin import files
from jmle_plugin.ask.cassette import Cassette, cassette_name, read_cassette, write_cassette
from jmle_plugin.errors import CassetteError
from jmle_plugin.files import canonical_json, digest
from tests.builders import make_cassette

ANY_TEXT = st.text(st.characters(exclude_categories=()))
TEXT_LINES = st.lists(
    st.sampled_from(["", " ", "\t", "  x", "x  ", "あ", "---", "...", "# x", "- x", "a: b", "👍"])
).map("\n".join)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT
    | TEXT_LINES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is written again and again."""
    return tmp_path_factory.mktemp("scratch") / "A-1.yaml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A sound cassette with a reply of several lines."""
    path = tmp_path / "A-1.yaml"
    write_cassette(path, make_cassette("考えます。\n\n【回答】a"))
    return path


def kept(path: Path, value: Cassette) -> Cassette:
    write_cassette(path, value)
    return read_cassette(path)


def same(one: Cassette, other: Cassette) -> bool:
    """Equal as JSON, which does not tell a character from its surrogate pair."""
    return canonical_json([one.request, one.response]) == canonical_json(
        [other.request, other.response]
    )


def problem(path: Path) -> str:
    """What a person reads about a damaged file; always with its name and what to do."""
    with pytest.raises(CassetteError) as caught:
        read_cassette(path)
    assert caught.value.where == str(path)
    assert "Restore it" in caught.value.remedy
    return caught.value.problem


def signed(**changes: Any) -> str:
    """A file whose digest fits, whatever it holds."""
    content = {
        "jmle_cassette": 1,
        "question": "A-1",
        "epoch": 1,
        "question_sha256": "0",
        "request": {},
        "response": {},
    }
    content |= changes
    return yaml.safe_dump({**content, "sha256": digest(content)}) + "...\n"


@given(text=ANY_TEXT | TEXT_LINES)
@settings(max_examples=100)
def test_any_reply_comes_back_as_it_was(scratch: Path, text: str) -> None:
    value = make_cassette(text)
    assert same(kept(scratch, value), value)


@given(body=ANY_JSON)
@settings(max_examples=100)
def test_any_json_body_comes_back_as_it_was(scratch: Path, body: Any) -> None:
    value = make_cassette(response={"body": body}, request={"model": "m", "x": body})
    assert same(kept(scratch, value), value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "\ud800",
        "a\nb\udfff\n",
        "\u202eab\u202c\nc",
        "👍\n🩺",
        "a\r\nb\r\n",
        "  lead\n    more",
        "trail  \n  \n",
        "\tlead\n\tmore",
        "\n\n\n",
        "\x85\u2028\u2029",
        "a\x85b",
        "\ufeffa\nb",
        "---",
        "...",
        "\n...\n---\n%YAML 1.2\n",
        "!escaped 'x'",
        "2026-02-07",
        "=",
        "<<",
        "null",
        "1_000",
        "あ" * 1_000_000,
        "x" * 1_000_000 + "\n" + " y" * 1_000,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_texts_yaml_is_known_to_trip_over(scratch: Path, text: str) -> None:
    assert kept(scratch, make_cassette(text)) == make_cassette(text)


def test_where_a_reply_came_from_is_kept(scratch: Path) -> None:
    value = make_cassette(imported={"project": "other"}, epoch=2)
    assert kept(scratch, value) == value


def test_file_is_made_to_be_reviewed(scratch: Path, snapshot: SnapshotAssertion) -> None:
    write_cassette(scratch, make_cassette("鑑別を挙げます。  \n\t- 肺炎 👍\n\n【回答】a\n"))
    assert scratch.read_text("utf-8") == snapshot


@pytest.mark.parametrize("text", ["a\nb", "a  \nb", "\n\tb", "  a\nb", "👍\nb\n", "a\n\n\n"])
def test_lines_stay_lines(scratch: Path, text: str) -> None:
    write_cassette(scratch, make_cassette(text))
    assert "content: |" in scratch.read_text("utf-8")


@pytest.mark.parametrize("text", ["a\rb\nc", "a\0\nb", "\ufeff\nb", "\u2028\nb"])
def test_what_an_editor_would_spoil_is_escaped(scratch: Path, text: str) -> None:
    write_cassette(scratch, make_cassette(text))
    assert 'content: "' in scratch.read_text("utf-8")


def test_file_cut_at_any_byte_is_an_error(file: Path) -> None:
    raw = file.read_bytes()
    for end in range(len(raw)):
        file.write_bytes(raw[:end])
        assert ("is empty" if end == 0 else "") in problem(file)


def test_file_cut_after_a_reply_that_looks_like_its_end_is_an_error(file: Path) -> None:
    write_cassette(file, make_cassette("a\n...\nb\n...\n"))
    raw = file.read_bytes()
    for end in range(len(raw)):
        file.write_bytes(raw[:end])
        problem(file)


def test_edited_byte_is_an_error_or_changes_nothing(file: Path) -> None:
    raw, whole = file.read_bytes(), read_cassette(file)
    chance = random.Random(1)  # noqa: S311 - places to edit, no secrets
    refused = 0
    for _ in range(500):
        place, byte = chance.randrange(len(raw)), chance.randrange(256)
        file.write_bytes(raw[:place] + bytes([byte]) + raw[place + 1 :])
        try:
            assert read_cassette(file) == whole
        except CassetteError:
            refused += 1
    assert refused > 400


def test_removed_byte_is_an_error_or_changes_nothing(file: Path) -> None:
    raw, whole = file.read_bytes(), read_cassette(file)
    for place in range(0, len(raw), 3):
        file.write_bytes(raw[:place] + raw[place + 1 :])
        try:
            assert read_cassette(file) == whole
        except CassetteError as error:
            assert error.where == str(file)  # noqa: PT017 - either outcome is right


def test_only_a_file_that_does_not_exist_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_cassette(tmp_path / "A-1.yaml")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"...\n", "end marker"),
        (b"\n...\n", "not what is written here"),
        (b"- a\n...\n", "holds no mapping"),
        (b"a: \xff\n...\n", "not UTF-8"),
        ("あ: い\n...\n".encode("shift_jis"), "not UTF-8"),
        ("a: b\n...\n".encode("utf-16"), "end marker"),
        (b"a: [\n...\n", "not what is written here"),
        (b"a: b\n---\nc: d\n...\n", "not what is written here"),
        (b"a: !!python/object/apply:os.system [ls]\n...\n", "not what is written here"),
        (b"a: !!int ''\n...\n", "not what is written here"),
        (b"a: !!bool perhaps\n...\n", "not what is written here"),
        (b"a: !!timestamp never\n...\n", "not what is written here"),
        (b"a: !!binary eA==\n...\n", "holds the tag"),
        (b"a: !!set {b}\n...\n", "holds the tag"),
        (b"1: a\n...\n", "the name 1, which is no text"),
        (b"a: 1\na: 2\n...\n", "the name 'a' twice"),
        (b"a: 1e999\n...\n", "format 1"),
        (b"a: 1.0e+999\n...\n", "no finite number"),
        (b"a: &b {c: d}\ne: *b\n...\n", "holds an alias"),
        (b"a: &b [*b]\n...\n", "holds an alias"),
        (b"a: &b {c: d}\ne: {<<: *b}\n...\n", "holds an alias"),
        (b"<<: {a: b}\nc: !escaped 3\n...\n", "not what is written here"),
        (b"a: " + b"[" * 200_000 + b"\n...\n", "not what is written here"),
        (b"a: " + b"1" * 5_000 + b"\n...\n", "format 1"),
        (b"a: b\n...\n", "format 1"),
    ],
    ids=lambda value: ascii(value[:24]) if isinstance(value, bytes) else "",
)
def test_foreign_content_is_refused(file: Path, raw: bytes, says: str) -> None:
    file.write_bytes(raw)
    assert says in problem(file)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"jmle_cassette": 2}, "format 1"),
        ({"jmle_cassette": "1"}, "format 1"),
        ({"jmle_cassette": True}, "format 1"),
        ({"question": 5}, "question = 5"),
        ({"epoch": "1"}, "epoch = '1'"),
        ({"epoch": True}, "epoch = True"),
        ({"question_sha256": None}, "question_sha256 = None"),
        ({"request": "hello"}, "request = 'hello'"),
        ({"response": []}, "response = []"),
        ({"imported": "yes"}, "imported = 'yes'"),
    ],
    ids=str,
)
def test_wrong_types_are_refused_though_the_digest_fits(
    file: Path, changes: dict[str, Any], says: str
) -> None:
    file.write_text(signed(**changes), encoding="utf-8")
    assert says in problem(file)


def test_each_field_is_needed(file: Path) -> None:
    whole = yaml.safe_load(file.read_text("utf-8"))
    for name in ("question", "epoch", "question_sha256", "request", "response"):
        content = {field: value for field, value in whole.items() if field != name}
        file.write_text(yaml.safe_dump(content) + "...\n", encoding="utf-8")
        assert f"lacks {name}" in problem(file)


def test_file_without_a_digest_was_changed(file: Path) -> None:
    content = yaml.safe_load(file.read_text("utf-8"))
    del content["sha256"]
    file.write_text(yaml.safe_dump(content) + "...\n", encoding="utf-8")
    assert "sha256 does not fit" in problem(file)


def test_many_values_are_refused(file: Path) -> None:
    file.write_text("a: [" + "1," * 500_000 + "]\n...\n", encoding="utf-8")
    assert "values" in problem(file)


def test_huge_file_is_refused_unread(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(files.MAX_BYTES + 1)
    assert "more than 67,108,864" in problem(file)


def test_folder_in_place_of_a_file_is_no_missing_cassette(tmp_path: Path) -> None:
    assert "cannot be read" in problem(tmp_path)


def test_file_in_place_of_a_folder_is_no_missing_cassette(file: Path) -> None:
    assert "cannot be read" in problem(file / "A-1.yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file_is_no_missing_cassette(file: Path) -> None:
    file.chmod(0)
    assert "cannot be read (Permission denied)" in problem(file)


@pytest.mark.parametrize("target", ["os.fsync", "pathlib.Path.replace"])
def test_failed_write_leaves_the_old_file_and_no_litter(
    file: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = file.read_bytes()
    monkeypatch.setattr(target, full)
    with pytest.raises(OSError, match="No space left"):
        write_cassette(file, make_cassette("another reply"))
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), json.loads("[" * 150 + "]" * 150)],
    ids=["nan", "inf", "deep"],
)
def test_what_could_not_be_read_back_is_not_written(file: Path, value: Any) -> None:
    before = file.read_bytes()
    with pytest.raises(CassetteError, match="cannot be stored"):
        write_cassette(file, make_cassette(response={"value": value}))
    assert file.read_bytes() == before


def test_further_askings_have_files_of_their_own() -> None:
    assert [cassette_name("A-1"), cassette_name("A-1", 2)] == ["A-1", "A-1-e2"]
