"""The journal: whole lines, one writer, damage named."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jmle_plugin.errors import JournalError
from jmle_plugin.gateway import journal as gateway_journal
from jmle_plugin.gateway.journal import Entry, Journal

ENTRIES = [Entry(f"A-{n}", 1, "0" * 64, {"text": f"答え{n}\ud800\x00\n"}) for n in (1, 2, 3)]


def read(file: Path) -> list[Entry]:
    """What whoever opens it next finds in it."""
    with Journal(file) as journal:
        return journal.entries


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "run" / ".journal"
    with Journal(file) as journal:
        for entry in ENTRIES:
            journal.append(entry)
    return file


def test_what_was_written_is_read(path: Path) -> None:
    assert read(path) == ENTRIES


def test_no_file_no_replies(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == []


def test_it_goes_on_where_it_ended(path: Path) -> None:
    more = Entry("B-1", 2, "f" * 64, {})
    with Journal(path) as journal:
        journal.append(more)
    assert read(path) == [*ENTRIES, more]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 10_000))
def test_cut_anywhere_only_the_last_line_is_lost(path: Path, cut: int) -> None:
    whole = path.read_bytes()
    cut %= len(whole) + 1
    file = path.with_name("cut")
    file.write_bytes(whole[:cut])
    left = ENTRIES[: whole[:cut].count(b"\n")]
    with Journal(file) as journal:
        assert journal.entries == left
        journal.append(ENTRIES[2])
    assert read(file) == [*left, ENTRIES[2]]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda line: line[:-10], "is no JSON"),
        (lambda _: b"", "is no JSON"),
        (lambda _: b"NaN", "is no JSON"),
        (lambda line: b"\x00" * len(line), "is no JSON"),
        (lambda _: b"[]", "is not what is written here"),
        (lambda _: b"{}", "is not what is written here"),
        (lambda line: line.replace(b"A-2", b"A-9"), "was changed after it was written"),
    ],
)
def test_other_damage_is_refused_and_the_line_named(
    path: Path, damage: object, problem: str
) -> None:
    lines = path.read_bytes().split(b"\n")
    lines[1] = damage(lines[1])  # type: ignore[operator]
    path.write_bytes(b"\n".join(lines))
    before = path.read_bytes()
    with pytest.raises(JournalError, match=problem) as caught:
        Journal(path)
    assert caught.value.where == f"{path}:2"
    assert path.read_bytes() == before


def test_second_writer_is_refused(path: Path) -> None:
    with Journal(path), pytest.raises(JournalError, match="another session"):
        Journal(path)
    Journal(path).close()


def test_a_writer_that_is_just_ending_is_waited_for(path: Path) -> None:
    first = Journal(path)
    ending = threading.Timer(0.1, first.close)
    ending.start()
    Journal(path).close()
    ending.join()


def test_a_writer_that_waits_for_its_last_replies_is_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_journal, "_PATIENCE", 0.2)
    first = Journal(path)
    first.announce_end()
    ending = threading.Timer(0.6, first.close)
    ending.start()
    with Journal(path), pytest.raises(JournalError, match="another session"):
        Journal(path)
    ending.join()
    assert list(path.parent.iterdir()) == [path]


def test_what_a_killed_writer_said_of_its_end_is_forgotten(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_journal, "_PATIENCE", 0.0)
    path.with_name(f"{path.name}.ending").touch()
    with Journal(path), pytest.raises(JournalError, match="another session"):
        Journal(path)


def test_a_disk_that_cannot_lock_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("jmle_plugin.gateway.journal._lock", refuse)
    with pytest.raises(JournalError, match=r"cannot be locked .*\(No locks available\)"):
        Journal(path)


def test_cleared_it_is_empty_and_goes_on(path: Path) -> None:
    with Journal(path) as journal:
        journal.clear()
        journal.append(ENTRIES[0])
    assert read(path) == ENTRIES[:1]


def test_removed_it_is_gone_and_the_next_begins_anew(path: Path) -> None:
    Journal(path).remove()
    assert not path.exists()
    with Journal(path) as journal:
        assert journal.entries == []


def test_file_removed_between_opening_and_locking_is_made_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = vars(gateway_journal)["_lock"]

    def late(file: BinaryIO) -> None:
        monkeypatch.setattr(gateway_journal, "_lock", lock)
        path.unlink()
        lock(file)

    monkeypatch.setattr(gateway_journal, "_lock", late)
    with Journal(path) as journal:
        journal.append(ENTRIES[0])
    assert read(path) == ENTRIES[:1]


def test_text_for_people_is_json(path: Path) -> None:
    first = json.loads(path.read_bytes().split(b"\n")[0])
    assert set(first) == {"question", "epoch", "digest", "response", "sha256"}


def test_folder_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(tmp_path / "file" / ".journal")
