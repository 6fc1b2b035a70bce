"""Replies in a journal become cassettes, or stay where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmle_plugin.ask.cassette import read_cassette
from jmle_plugin.ask.recording import Recorder
from jmle_plugin.ask.run import JOURNAL, read_run
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.errors import JournalError, StaleCassetteError
from jmle_plugin.files import digest
from jmle_plugin.gateway.journal import Entry, Journal
from jmle_plugin.session.keeping import drop_empty, fold_journal
from tests.builders import make_completion, make_run, make_sitting


@pytest.fixture
def sitting(tmp_path: Path) -> Sitting:
    (tmp_path / "some-model").mkdir()
    return make_sitting(run=make_run(epochs=2), folder=tmp_path / "some-model")


def arrive(sitting: Sitting, name: str, text: str, epoch: int = 1) -> None:
    """A reply reaches the journal."""
    body = sitting.request(sitting.exam.questions[name], epoch).body
    with Journal(sitting.folder / JOURNAL) as journal:
        journal.append(Entry(name, epoch, digest(body), make_completion(text)))


def text_of(sitting: Sitting, name: str, epoch: int = 1) -> str:
    cassette = read_cassette(sitting.cassette(sitting.exam.questions[name], epoch))
    return str(cassette.response["choices"][0]["message"]["content"])


def test_replies_become_cassettes_that_answer(sitting: Sitting) -> None:
    arrive(sitting, "A-1", "first")
    arrive(sitting, "A-1", "second", epoch=2)
    arrive(sitting, "A-4", "a figure's")
    assert fold_journal(sitting) == 3
    assert [text_of(sitting, "A-1"), text_of(sitting, "A-1", 2)] == ["first", "second"]
    assert not (sitting.folder / JOURNAL).exists()
    assert read_run(sitting.folder) == sitting.run
    question = sitting.exam.questions["A-4"]
    Recorder(sitting.run).check(sitting.cassette(question), sitting.request(question))


def test_a_cassette_that_is_there_stays(sitting: Sitting) -> None:
    arrive(sitting, "A-1", "kept")
    fold_journal(sitting)
    arrive(sitting, "A-1", "later")
    assert fold_journal(sitting) == 1
    assert text_of(sitting, "A-1") == "kept"


def test_without_a_journal_there_is_nothing_to_do(sitting: Sitting) -> None:
    assert fold_journal(sitting) == 0
    assert list(sitting.folder.iterdir()) == []


def test_a_reply_to_another_request_stays_in_the_journal(sitting: Sitting) -> None:
    arrive(sitting, "A-1", "cold")
    arrive(sitting, "A-2", "cold")
    before = (sitting.folder / JOURNAL).read_bytes()
    warm = make_sitting(
        run=make_run(epochs=2, parameters={"temperature": 1}), folder=sitting.folder
    )
    with pytest.raises(StaleCassetteError, match="question A-1 as it was asked before") as caught:
        fold_journal(warm)
    assert caught.value.where == str(sitting.folder / JOURNAL)
    assert (sitting.folder / JOURNAL).read_bytes() == before
    assert [file.name for file in sitting.folder.iterdir()] == [JOURNAL]


def test_a_journal_in_use_is_left_alone(sitting: Sitting) -> None:
    arrive(sitting, "A-1", "first")
    with Journal(sitting.folder / JOURNAL), pytest.raises(JournalError):
        fold_journal(sitting)
    assert fold_journal(sitting) == 1


def test_what_cannot_be_written_is_kept(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    arrive(sitting, "A-1", "first")
    with monkeypatch.context() as patched:
        patched.setattr("jmle_plugin.session.keeping.write_cassette", full)
        with pytest.raises(JournalError, match="No space left on device"):
            fold_journal(sitting)
    assert fold_journal(sitting) == 1
    assert text_of(sitting, "A-1") == "first"


def test_only_what_is_empty_is_dropped(sitting: Sitting) -> None:
    with Journal(sitting.folder / JOURNAL):
        drop_empty(sitting.folder)
    assert (sitting.folder / JOURNAL).exists()
    drop_empty(sitting.folder)
    assert not sitting.folder.exists()
    drop_empty(sitting.folder)

    sitting.folder.mkdir()
    arrive(sitting, "A-1", "first")
    drop_empty(sitting.folder)
    assert fold_journal(sitting) == 1
    drop_empty(sitting.folder)
    assert text_of(sitting, "A-1") == "first"
