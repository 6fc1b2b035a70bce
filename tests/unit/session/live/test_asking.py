"""A session's gateway: when there is one, what it is told, how its end is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jmle_plugin.ask.cassette import Cassette, write_cassette
from jmle_plugin.ask.opening import Wanted, open_halves
from jmle_plugin.ask.run import JOURNAL, ImageMode, write_run
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.errors import CassetteError, GatewayError, SettingsError, StaleCassetteError
from jmle_plugin.files import digest
from jmle_plugin.gateway.journal import Entry, Journal
from jmle_plugin.gateway.protocol import ModelFacts
from jmle_plugin.session.asking import LiveAsking
from jmle_plugin.session.settings import Settings
from tests.builders import (
    ANSWERS,
    make_completion,
    make_exam,
    make_imported_run,
    make_run,
    make_sitting,
)
from tests.unit.session.live.conftest import MODEL, Gateway, Started

Read = Callable[..., Settings]


@pytest.fixture
def sitting(tmp_path: Path) -> Sitting:
    return make_sitting(folder=tmp_path / "cassettes" / "some-model")


def seats(sitting: Sitting, *names: str) -> list[Seat]:
    return [Seat(sitting, sitting.exam.questions[name]) for name in names or sitting.exam.questions]


def record(sitting: Sitting, *names: str) -> None:
    for name in names or sitting.exam.questions:
        question = sitting.exam.questions[name]
        request = sitting.request(question)
        write_run(sitting.folder, sitting.run)
        write_cassette(
            sitting.cassette(question),
            Cassette(name, 1, request.question_sha256, request.body, make_completion()),
        )


def begin(
    settings: Settings, started: Started, *sittings: Sitting
) -> tuple[LiveAsking, Gateway, list[str]]:
    """A session that has started its gateway, and what it says."""
    live = LiveAsking(settings, sittings)
    live.start(print)
    return live, started.gateways[-1], []


def test_what_is_missing_is_announced_in_the_order_of_the_tests(
    settings: Read, started: Started, sitting: Sitting
) -> None:
    record(sitting, "A-2", "B-1")
    live, gateway, said = begin(settings("--epochs=1"), started, sitting)
    gateway.warning = "the key is short"
    live.ask(seats(sitting, "B-3", "A-2", "A-4", "B-3", "A-1"), said.append, interval=None)
    (announcement,) = gateway.announced
    assert announcement.run == "tiny/some-model"
    assert [one.question for one in announcement.requests] == ["B-3", "A-4", "A-1"]
    for one in announcement.requests:
        assert one.body == sitting.request(sitting.exam.questions[one.question]).body
        assert one.digest == digest(one.body)
    assert set(announcement.images) == {"1" * 64}
    assert said.pop(0) == "warning: the key is short"
    assert (
        said[0]
        == "some-model sits tiny: 3 to ask, 1 from cassettes, 8 at a time at first, 256 at most"
    )
    assert (live.address, live.token) == (gateway.address, gateway.config.token)
    assert live.finish() == {}
    assert gateway.told == ["stop", "close"]
    assert live.finish() == {}
    assert gateway.told == ["stop", "close"]


def test_settings_reach_the_gateway(settings: Read, started: Started, sitting: Sitting) -> None:
    given = settings(
        "--concurrency=3", "--max-concurrency=40", "--request-timeout=5", "--max-retries=2",
        "--rpm=60", "--tpm=9",
        "--api-base=http://here", "--price-in=1", "--price-out=2", "--max-cost=7",
            "--finish-reason=optional", "--batch", "--batch-again",
    )  # fmt: skip
    config = begin(given, started, sitting)[1].config
    told = config.model_dump(exclude={"token", "runs", "parent", "backoff", "grace"})
    assert told == {
        "concurrency": 3, "max_concurrency": 40, "request_timeout": 5.0, "max_retries": 2,
        "rpm": 60.0, "tpm": 9.0,
        "api_base": "http://here", "bases": {}, "image_max_edge": 2048, "max_cost": 7.0,
            "finish_optional": True,
        "batch": True, "batch_wait": False, "batch_again": True, "batch_settling": 60.0,
        "prices": {"input": 1e-6, "output": 2e-6},
    }  # fmt: skip
    (run,) = config.runs
    assert (run.run, run.model) == ("tiny/some-model", MODEL)
    assert Path(run.journal) == sitting.folder / JOURNAL


def test_a_recorded_run_starts_nothing(settings: Read, started: Started, sitting: Sitting) -> None:
    record(sitting)
    live = LiveAsking(settings(), [sitting])
    live.start(print)
    live.ask(seats(sitting), pytest.fail, interval=0.01)
    assert live.address is None
    assert live.finish() == {}
    assert started.gateways == []


def test_a_recorded_selection_ends_the_gateway_without_a_word(
    settings: Read, started: Started, sitting: Sitting
) -> None:
    record(sitting, "A-1")
    live, gateway, _ = begin(settings(), started, sitting)
    live.ask(seats(sitting, "A-1"), pytest.fail, interval=None)
    assert (gateway.told, gateway.announced, live.address) == (["close"], [], None)
    assert {file.name for file in sitting.folder.iterdir()} == {"A-1.yaml", "run.json"}


def test_nothing_is_announced_beside_a_cassette_that_is_no_answer(
    settings: Read, started: Started, sitting: Sitting
) -> None:
    record(sitting, "A-1", "A-2")
    whole = sitting.cassette(sitting.exam.questions["A-1"])
    text = whole.read_bytes()
    whole.write_bytes(sitting.cassette(sitting.exam.questions["A-2"]).read_bytes())
    live, gateway, said = begin(settings(), started, sitting)
    with pytest.raises(StaleCassetteError, match="it holds question A-2"):
        live.ask(seats(sitting), said.append, interval=None)
    whole.write_bytes(text[:-9])
    with pytest.raises(CassetteError, match="cut off"):
        live.ask(seats(sitting), said.append, interval=None)
    assert (gateway.announced, said) == ([], [])
    live.finish()
    assert gateway.told == ["close"]


def test_who_cannot_be_asked_is_not(
    settings: Read, started: Started, sitting: Sitting, tmp_path: Path
) -> None:
    imported = make_sitting(run=make_imported_run(run="theirs"), folder=tmp_path / "theirs")
    live, gateway, said = begin(settings(), started, imported, sitting)
    live.ask(seats(imported) + seats(sitting, "A-1"), said.append, interval=None)
    assert [one.run for one in gateway.announced] == ["tiny/some-model"]
    live.finish()
    with pytest.raises(SettingsError, match="theirs cannot be asked anew"):
        LiveAsking(settings("--record-mode=rewrite"), [imported])
    script = make_sitting(run=make_run(model="scripted/nobody"), folder=tmp_path / "nobody")
    with pytest.raises(SettingsError, match="the name of a script"):
        LiveAsking(settings(), [script])


def test_figures_of_two_sizes_do_not_sit_side_by_side(
    settings: Read, started: Started, sitting: Sitting, tmp_path: Path
) -> None:
    small = make_sitting(run=make_run(run="small", image_max_edge=300), folder=tmp_path / "small")
    with pytest.raises(SettingsError, match="figures of different sizes"):
        begin(settings(), started, sitting, small)
    assert begin(settings(), started, small)[1].config.image_max_edge == 300


def test_figures_are_shown_to_no_blind_model_unless_somebody_says_so(
    settings: Read, started: Started, sitting: Sitting
) -> None:
    started.facts[MODEL] = ModelFacts(provider="some", vision=False)
    live, gateway, said = begin(settings(), started, sitting)
    with pytest.raises(SettingsError, match="known to see no figures"):
        live.ask(seats(sitting), said.append, interval=None)
    assert (gateway.announced, said) == ([], [])
    live.ask(seats(sitting, "A-1"), said.append, interval=None)
    told, gateway, said = begin(settings("--images=vision"), started, sitting)
    told.ask(seats(sitting), said.append, interval=None)
    assert len(gateway.announced[0].requests) == 7


def test_a_blind_run_announces_no_figures(
    settings: Read, started: Started, sitting: Sitting
) -> None:
    blind = replace(sitting, run=make_run(images=ImageMode.BLIND))
    live, gateway, said = begin(settings(), started, blind)
    live.ask(seats(blind), said.append, interval=None)
    assert gateway.announced[0].images == {}


def test_each_run_has_its_own_reason(
    settings: Read, started: Started, sitting: Sitting, tmp_path: Path
) -> None:
    others = [
        make_sitting(run=make_run(run=name), folder=tmp_path / name) for name in ("capped", "fine")
    ]
    live, gateway, said = begin(settings(), started, sitting, *others)
    live.ask(
        [seat for one in (sitting, *others) for seat in seats(one)], said.append, interval=None
    )
    gateway.ended = {
        "tiny/some-model": {"fatal": "the key was refused"},
        "tiny/capped": {"capped": True},
    }
    assert live.finish() == {
        "tiny/some-model": "the key was refused",
        "tiny/capped": "--max-cost ended the asking",
    }


def test_a_dead_gateway_is_every_runs_reason_and_its_log_stays(
    settings: Read, started: Started, sitting: Sitting
) -> None:
    live, gateway, said = begin(settings(), started, sitting)
    live.ask(seats(sitting), said.append, interval=None)
    gateway.dead = True
    gateway.on_death(GatewayError("it was killed"))
    assert live.finish() == {"tiny/some-model": "it was killed"}
    assert (sitting.folder / ".gateway.log").exists()


def arrive(sitting: Sitting, name: str) -> None:
    body = sitting.request(sitting.exam.questions[name]).body
    with Journal(sitting.folder / JOURNAL) as journal:
        journal.append(Entry(name, 1, digest(body), make_completion()))


def test_what_arrived_is_kept_whether_or_not_a_test_took_it(
    settings: Read, started: Started, sitting: Sitting
) -> None:
    sitting.folder.mkdir(parents=True)
    arrive(sitting, "A-1")
    live, gateway, said = begin(settings(), started, sitting)
    live.ask(seats(sitting, "A-1", "A-2"), said.append, interval=None)
    assert [one.question for one in gateway.announced[0].requests] == ["A-2"]
    arrive(sitting, "A-2")
    assert live.finish() == {}
    assert {file.name for file in sitting.folder.iterdir()} == {"A-1.yaml", "A-2.yaml", "run.json"}


def test_nothing_is_moved_where_one_run_cannot_be_rewritten(
    settings: Read, started: Started, sitting: Sitting, tmp_path: Path
) -> None:
    other = make_sitting(run=make_run(run="other"), folder=tmp_path / "cassettes" / "other")
    record(sitting)
    record(other)
    warm = replace(other, run=make_run(run="other", parameters={"temperature": 1}))
    live, gateway, said = begin(settings("--record-mode=rewrite"), started, sitting, warm)
    with pytest.raises(SettingsError, match=r"6 replies would stay, the first A-2"):
        live.ask(seats(sitting, "A-1") + seats(warm, "A-1"), said.append, interval=None)
    assert (gateway.announced, said) == ([], [])
    for one in (sitting, other):
        assert len(list(one.folder.glob("*.yaml"))) == 7
        assert not (one.folder / ".replaced").exists()


def test_what_is_rewritten_is_announced_though_it_is_recorded(
    settings: Read, started: Started, sitting: Sitting
) -> None:
    record(sitting)
    live, gateway, said = begin(settings("--record-mode=rewrite"), started, sitting)
    live.ask(seats(sitting, "A-1", "A-2"), said.append, interval=None)
    assert [one.question for one in gateway.announced[0].requests] == ["A-1", "A-2"]
    assert said[-1] == f"  the replies recorded before are in {sitting.folder / '.replaced' / '1'}"
    assert {file.stem for file in (sitting.folder / ".replaced" / "1").glob("*.yaml")} == {
        "A-1", "A-2",
    }  # fmt: skip


@pytest.fixture
def halves(tmp_path: Path) -> tuple[Sitting, Sitting]:
    """Both halves of an audit of which nothing is recorded."""
    wanted = Wanted(model=MODEL, run="some-model", may_record=True)
    return open_halves(make_exam(), tmp_path, wanted)


def test_an_audit_announces_both_halves_and_text_only_questions_once(
    settings: Read, started: Started, halves: tuple[Sitting, Sitting]
) -> None:
    live, gateway, said = begin(settings("--images=audit"), started, *halves)
    live.ask([seat for half in halves for seat in half.seats()], said.append, interval=None)
    asked = {one.run: [each.question for each in one.requests] for one in gateway.announced}
    assert asked == {"tiny/some-model": list(ANSWERS), "tiny/some-model-blind": ["A-4"]}
    assert [len(one.images) for one in gateway.announced] == [1, 0]
    assert [line for line in said if "cost" not in line] == [
        "some-model sits tiny: 7 to ask, 0 from cassettes, 8 at a time at first, 256 at most",
        "some-model-blind sits tiny: 1 to ask, 0 from cassettes, 8 at a time at first, 256 at most",
        "  figures left out; text-only replies are those of some-model",
    ]


def test_only_the_blind_half_is_asked_of_a_run_that_was_recorded(
    settings: Read, started: Started, halves: tuple[Sitting, Sitting]
) -> None:
    record(halves[0])
    live, gateway, said = begin(settings("--images=audit"), started, *halves)
    live.ask([seat for half in halves for seat in half.seats()], said.append, interval=None)
    assert [one.run for one in gateway.announced] == ["tiny/some-model-blind"]


def test_half_an_audit_by_itself_is_only_replayed(
    settings: Read, started: Started, halves: tuple[Sitting, Sitting]
) -> None:
    blind = replace(halves[1], half=False)
    record(blind, "A-4")
    LiveAsking(settings(), [blind]).start(print)
    assert started.gateways == []
    with pytest.raises(SettingsError, match="is half of an audit"):
        LiveAsking(settings("--record-mode=rewrite"), [blind])


def test_a_model_found_to_see_no_figures_is_not_audited(
    settings: Read, started: Started, halves: tuple[Sitting, Sitting]
) -> None:
    started.facts[MODEL] = ModelFacts(provider="some", vision=False)
    live, gateway, said = begin(settings("--images=audit"), started, *halves)
    with pytest.raises(SettingsError, match="known to see no figures"):
        live.ask([seat for half in halves for seat in half.seats()], said.append, interval=None)
    assert (gateway.announced, said) == ([], [])
