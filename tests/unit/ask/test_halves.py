"""The two halves of an image audit: what each asks, and whose replies count where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.cassette import Cassette, write_cassette
from jmle_plugin.ask.opening import Wanted, open_halves, open_sitting, reopen_sitting
from jmle_plugin.ask.prompt import DEFAULT_PROMPT, load_prompt
from jmle_plugin.ask.recording import Recorder, read_recorded
from jmle_plugin.ask.run import ImageMode, PromptRef, RunSpec, read_run, write_run
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.errors import (
    CassetteError,
    JmleError,
    MissingCassetteError,
    RunError,
    SettingsError,
    StaleCassetteError,
    UnknownNameError,
)
from tests.builders import (
    make_completion,
    make_exam,
    make_imported_run,
    make_question,
    make_questions,
    make_run,
)

EXAM = make_exam()
FIGURE_QUESTION = "A-4"
"""The only one with a figure."""


def halves(cassettes: Path, **wanted: Any) -> tuple[Sitting, Sitting]:
    return open_halves(EXAM, cassettes, Wanted(**{"may_record": True} | wanted))


def asked(sitting: Sitting) -> list[tuple[str, int]]:
    return [(seat.question.id, seat.epoch) for seat in sitting.seats()]


def record(sitting: Sitting) -> None:
    """Record every seat of a sitting, as its session would."""
    write_run(sitting.folder, sitting.run)
    for seat in sitting.seats():
        request = seat.request
        cassette = Cassette(
            request.question,
            request.epoch,
            request.question_sha256,
            request.body,
            make_completion(f"【回答】{sitting.run.images[0]}"),
        )
        write_cassette(seat.cassette, cassette)


def record_spec(cassettes: Path, spec: RunSpec) -> None:
    write_run(cassettes / "tiny" / spec.run, spec)


def reply(sitting: Sitting, name: str) -> str:
    seat = Seat(sitting, EXAM.questions[name])
    return read_recorded(Recorder(sitting.run), seat).text


def test_both_are_planned_alike_but_for_their_figures(tmp_path: Path) -> None:
    vision, blind = halves(tmp_path, model="some/model", parameters={"seed": 1}, epochs=2)
    assert (vision.run.run, blind.run.run) == ("some-model-seed=1", "some-model-seed=1-blind")
    assert (vision.run.images, blind.run.images) == (ImageMode.VISION, ImageMode.BLIND)
    assert blind.run.text_only_from == vision.run.run
    alike = {"run": "", "images": ImageMode.VISION, "text_only_from": None}
    assert vision.run.model_copy(update=alike) == blind.run.model_copy(update=alike)


def test_text_only_questions_are_asked_in_one_half_alone(tmp_path: Path) -> None:
    vision, blind = halves(tmp_path, model="some/model", epochs=2)
    assert asked(vision) == [(name, epoch) for epoch in (1, 2) for name in EXAM.questions]
    assert asked(blind) == [(FIGURE_QUESTION, 1), (FIGURE_QUESTION, 2)]
    shown, hidden = (one.request(EXAM.questions[FIGURE_QUESTION]).body for one in (vision, blind))
    assert "image_url" in str(shown)
    assert "image_url" not in str(hidden)


def test_the_blind_half_by_itself_is_a_whole_exam(tmp_path: Path) -> None:
    for half in halves(tmp_path, model="some/model"):
        record(half)
    alone = open_sitting(EXAM, tmp_path, Wanted(run="some-model-blind"))
    assert [name for name, _ in asked(alone)] == list(EXAM.questions)
    replies = {name: reply(alone, name) for name in EXAM.questions}
    assert replies.pop(FIGURE_QUESTION) == "【回答】b"  # b for blind: its own
    assert set(replies.values()) == {"【回答】v"}


def test_only_the_run_that_is_named_lends_its_replies(tmp_path: Path) -> None:
    vision, blind = halves(tmp_path, model="some/model")
    record(vision)
    record(blind)
    alone = open_sitting(EXAM, tmp_path, Wanted(run="some-model-blind"))
    vision.cassette(EXAM.questions["A-1"]).unlink()
    with pytest.raises(MissingCassetteError, match=r"some-model/A-1\.yaml"):
        reply(alone, "A-1")
    # Its own folder is nobody's place for that reply.
    stray = blind.folder / "A-1.yaml"
    vision.cassette(EXAM.questions["A-2"]).rename(stray)
    with pytest.raises(CassetteError, match="with figures, and some-model holds the others"):
        open_sitting(EXAM, tmp_path, Wanted(run="some-model-blind"))


def test_a_lent_reply_that_answered_something_else_is_stale(tmp_path: Path) -> None:
    vision, blind = halves(tmp_path, model="some/model")
    record(replace(vision, run=vision.run.model_copy(update={"parameters": {"seed": 7}})))
    record(blind)
    alone = open_sitting(EXAM, tmp_path, Wanted(run="some-model-blind"))
    with pytest.raises(StaleCassetteError, match="parameter seed was 7, now not set"):
        reply(alone, "A-1")


def test_a_recorded_run_is_audited_as_it_was_recorded(tmp_path: Path) -> None:
    record_spec(tmp_path, make_run(parameters={"seed": 1}, epochs=3, image_max_edge=300))
    vision, blind = halves(tmp_path, run="some-model", parameters={"seed": 1}, image_max_edge=300)
    assert (blind.run.parameters, blind.run.epochs, blind.run.image_max_edge) == (
        {"seed": 1},
        3,
        300,
    )
    again = halves(tmp_path, run="some-model")[1]
    assert (vision.run.epochs, again.run) == (3, blind.run)


def test_more_epochs_join_both(tmp_path: Path) -> None:
    for half in halves(tmp_path, model="some/model"):
        record(half)
    vision, blind = halves(tmp_path, model="some/model", epochs=2)
    assert (vision.run.epochs, blind.run.epochs) == (2, 2)


def test_a_worker_sits_the_same_halves(tmp_path: Path) -> None:
    for half in halves(tmp_path, model="some/model"):
        told = half.run.model_dump(mode="json")
        assert reopen_sitting(EXAM, half.folder, told, None, audit=True) == half


def refusal(kind: type[JmleError], cassettes: Path, **wanted: Any) -> str:
    with pytest.raises(kind) as caught:
        halves(cassettes, **wanted)
    assert type(caught.value) is kind
    return str(caught.value)


def test_a_model_that_sees_no_figures_is_refused(tmp_path: Path) -> None:
    said = refusal(SettingsError, tmp_path, model="gpt-3.5-turbo")
    assert "gpt-3.5-turbo is known to see no figures" in said
    assert halves(tmp_path, model="gpt-3.5-turbo", api_base="http://localhost:1")


def test_an_exam_without_figures_is_refused(tmp_path: Path) -> None:
    plain = make_exam(questions=[make_question("A-1"), make_question("B-1")])
    with pytest.raises(SettingsError, match="tiny has no questions with figures"):
        open_halves(plain, tmp_path, Wanted(model="some/model", may_record=True))


def test_runs_that_cannot_be_halves_are_refused(tmp_path: Path) -> None:
    record_spec(tmp_path, make_run(run="own-blind", images=ImageMode.BLIND))
    said = refusal(RunError, tmp_path, model="some/model", run="own")
    assert "own-blind has text-only replies of its own" in said
    assert "jmle audit VISION BLIND" in said
    said = refusal(StaleCassetteError, tmp_path, run="own-blind")
    assert "images blind, now vision" in said
    record_spec(tmp_path, make_imported_run(run="theirs"))
    assert "was imported" in refusal(SettingsError, tmp_path, run="theirs")
    assert "some-model" in refusal(UnknownNameError, tmp_path, model="some/model", may_record=False)


def test_run_json_says_whose_replies_they_are(tmp_path: Path) -> None:
    _, blind = halves(tmp_path, model="some/model")
    write_run(blind.folder, blind.run)
    assert read_run(blind.folder).text_only_from == "some-model"
    assert '"text_only_from": "some-model"' in (blind.folder / "run.json").read_text("utf-8")


def test_seats_of_other_runs_are_what_they_were() -> None:
    questions = make_questions()
    sitting = Sitting(EXAM, make_run(), None, Path("folder"))
    assert not any(sitting.borrows(question) for question in questions)
    assert sitting.cassette(questions[0]) == Path("folder/A-1.yaml")


def test_blind_half_is_asked_with_the_prompt_of_its_other_half(tmp_path: Path) -> None:
    earlier = load_prompt(DEFAULT_PROMPT.with_name("ja-1.toml"))
    spec = make_run(prompt=PromptRef(name=earlier.name, sha256=earlier.sha256))
    record(Sitting(EXAM, spec, earlier, tmp_path / EXAM.id / spec.run))
    vision, blind = halves(tmp_path, run="some-model")
    assert vision.prompt == blind.prompt == earlier
