"""What is set aside before it is asked anew, and how an interrupted rewriting goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmle_plugin.ask.run import JOURNAL, RUN_FILE, write_run
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.errors import JournalError, SettingsError
from jmle_plugin.gateway.journal import Entry, Journal
from jmle_plugin.session import keeping
from tests.builders import make_completion, make_run, make_sitting

WARM = {"temperature": 1}


def make(folder: Path, **run: object) -> Sitting:
    return make_sitting(run=make_run(**run), folder=folder)


@pytest.fixture
def sitting(tmp_path: Path) -> Sitting:
    """A run with replies to three questions, each holding its name."""
    made = make(tmp_path / "some-model")
    write_run(made.folder, made.run)
    for name in ("A-1", "A-2", "B-1"):
        record(made, name, "old")
    return made


def record(sitting: Sitting, name: str, text: str) -> None:
    sitting.cassette(sitting.exam.questions[name]).write_text(text)


def seats(sitting: Sitting, *names: str) -> list[Seat]:
    return [Seat(sitting, sitting.exam.questions[name]) for name in names]


def names(found: list[Seat]) -> list[str]:
    return [seat.question.id for seat in found]


def there(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_what_is_chosen_is_moved_and_the_rest_stays(sitting: Sitting) -> None:
    chosen = seats(sitting, "A-1", "A-3")
    assert names(keeping.unwritten(sitting, chosen)) == ["A-1", "A-3"]
    target = keeping.set_aside(sitting, chosen)
    assert target == sitting.folder / ".replaced" / "1"
    assert there(target) == {"A-1.yaml", RUN_FILE}
    assert {"A-2.yaml", "B-1.yaml", RUN_FILE} <= there(sitting.folder)
    assert "A-1.yaml" not in there(sitting.folder)


def test_an_interrupted_rewriting_goes_on_with_what_it_lacks(sitting: Sitting) -> None:
    chosen = seats(sitting, "A-1", "A-2")
    assert not keeping.resumes(sitting)
    keeping.set_aside(sitting, chosen)
    record(sitting, "A-1", "new")
    keeping.finish(sitting)
    assert keeping.resumes(sitting)
    left = keeping.unwritten(sitting, chosen)
    assert names(left) == ["A-2"]
    assert keeping.set_aside(sitting, left) is None
    assert sitting.cassette(sitting.exam.questions["A-1"]).read_text() == "new"
    record(sitting, "A-2", "new")
    keeping.finish(sitting)
    assert not keeping.resumes(sitting)
    assert there(sitting.folder / ".replaced") == {"1"}


def test_a_wider_rewriting_asks_all_that_the_interrupted_one_did_not(sitting: Sitting) -> None:
    keeping.set_aside(sitting, seats(sitting, "A-1", "A-2"))
    record(sitting, "A-1", "new")
    left = keeping.unwritten(sitting, seats(sitting, "A-1", "A-2", "B-1", "B-2"))
    assert names(left) == ["A-2", "B-1", "B-2"]
    assert keeping.set_aside(sitting, left) == sitting.folder / ".replaced" / "2"
    assert there(sitting.folder / ".replaced" / "2") == {"B-1.yaml", RUN_FILE}
    for name in ("A-2", "B-1"):
        record(sitting, name, "new")
    keeping.finish(sitting)
    assert keeping.resumes(sitting)
    record(sitting, "B-2", "new")
    keeping.finish(sitting)
    assert not keeping.resumes(sitting)


def test_a_rewriting_killed_while_it_moved_is_begun_anew(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves = [Path.rename, KeyboardInterrupt]

    def rename(file: Path, target: Path) -> Path:
        if moves.pop(0) is KeyboardInterrupt:
            raise KeyboardInterrupt
        file.replace(target)
        return target

    chosen = seats(sitting, "A-1", "A-2")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", rename)
        with pytest.raises(KeyboardInterrupt):
            keeping.set_aside(sitting, chosen)
    # The reply that was not moved yet is an old one.
    assert names(keeping.unwritten(sitting, chosen)) == ["A-1", "A-2"]
    keeping.set_aside(sitting, chosen)
    kept = [there(sitting.folder / ".replaced" / number) for number in ("1", "2")]
    assert kept[0] | kept[1] == {"A-1.yaml", "A-2.yaml", RUN_FILE}


def test_one_run_is_never_asked_in_two_ways(sitting: Sitting) -> None:
    warm = make(sitting.folder, parameters=WARM)
    before = there(sitting.folder)
    with pytest.raises(SettingsError, match=r"2 replies would stay, the first A-2"):
        keeping.set_aside(warm, seats(warm, "A-1"))
    assert there(sitting.folder) == before

    target = keeping.set_aside(warm, seats(warm, "A-1", "A-2", "B-1"))
    assert target is not None
    assert there(target) == {"A-1.yaml", "A-2.yaml", "B-1.yaml", RUN_FILE}
    assert RUN_FILE not in there(sitting.folder)
    assert keeping.resumes(warm)


def test_another_way_does_not_go_on_with_an_interrupted_rewriting(sitting: Sitting) -> None:
    everything = seats(sitting, "A-1", "A-2", "B-1")
    keeping.set_aside(sitting, everything)
    record(sitting, "A-1", "new")
    warm = make(sitting.folder, parameters=WARM)
    assert not keeping.resumes(warm)
    assert names(keeping.unwritten(warm, everything)) == ["A-1", "A-2", "B-1"]


def test_more_epochs_are_the_same_way_of_asking(sitting: Sitting) -> None:
    more = make(sitting.folder, epochs=3)
    target = keeping.set_aside(more, seats(more, "A-1"))
    assert target is not None
    assert RUN_FILE in there(sitting.folder)


def test_a_journal_that_was_left_is_kept_with_what_is_replaced(sitting: Sitting) -> None:
    file = sitting.folder / JOURNAL
    keeping.set_journal_aside(sitting)
    with Journal(file):
        pass
    keeping.set_journal_aside(sitting)
    assert ".replaced" not in there(sitting.folder)
    with Journal(file) as journal:
        journal.append(Entry("A-3", 1, "0" * 64, make_completion("arrived")))
        with pytest.raises(JournalError):
            keeping.set_journal_aside(sitting)
    keeping.set_journal_aside(sitting)
    assert not file.exists()
    assert "arrived" in (sitting.folder / ".replaced" / "1" / "journal").read_text()
