"""Finding a run, or planning one; what does not belong together is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.cassette import write_cassette
from jmle_plugin.ask.opening import Wanted, open_sitting, reopen_sitting
from jmle_plugin.ask.prompt import DEFAULT_PROMPT, load_prompt
from jmle_plugin.ask.run import ImageMode, PromptRef, RunSpec, write_run
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.errors import (
    CassetteError,
    JmleError,
    RunError,
    SettingsError,
    StaleCassetteError,
    UnknownNameError,
)
from tests.builders import (
    make_cassette,
    make_exam,
    make_imported_run,
    make_question,
    make_run,
)

EXAM = make_exam()


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    """The folder of all runs, with one of `some/model` in it."""
    record(tmp_path, make_run())
    return tmp_path


@pytest.fixture
def prompt_file(tmp_path: Path) -> Path:
    """Another wording."""
    file = tmp_path / "other.toml"
    text = DEFAULT_PROMPT.read_text("utf-8").replace('name = "ja-3"', 'name = "other"')
    file.write_text(text, encoding="utf-8")
    return file


def record(cassettes: Path, spec: RunSpec) -> Path:
    folder = cassettes / "tiny" / spec.run
    write_run(folder, spec)
    return folder


def opened(cassettes: Path, **asked: Any) -> Sitting:
    return open_sitting(EXAM, cassettes, Wanted(**asked))


def refusal(kind: type[JmleError], cassettes: Path, **asked: Any) -> JmleError:
    with pytest.raises(kind) as caught:
        opened(cassettes, **asked)
    assert type(caught.value) is kind
    return caught.value


@pytest.mark.parametrize(
    "asked",
    [{"model": "some/model"}, {"run": "some-model"}, {"model": "some/model", "run": "some-model"}],
)
def test_run_is_found_by_its_model_or_its_name(cassettes: Path, asked: dict[str, Any]) -> None:
    found = opened(cassettes, **asked)
    assert found == Sitting(EXAM, make_run(), load_prompt(), cassettes / "tiny" / "some-model")


def test_finding_a_run_writes_nothing(cassettes: Path) -> None:
    before = sorted(cassettes.rglob("*"))
    opened(cassettes, model="other", may_record=True)
    opened(cassettes, model="some/model")
    assert sorted(cassettes.rglob("*")) == before


def test_new_run_is_planned_where_recording_is_allowed(cassettes: Path) -> None:
    planned = opened(cassettes, model="a/b", may_record=True)
    assert planned.run == make_run(run="a-b", model="a/b")
    assert planned.cassette(EXAM.questions["A-1"], 2) == cassettes / "tiny" / "a-b" / "A-1-e2.yaml"


def test_unknown_run_is_told_the_near_names(cassettes: Path) -> None:
    error = refusal(UnknownNameError, cassettes, run="same-model")
    assert "Did you mean some-model?" in error.remedy
    assert error.where == str(cassettes / "tiny")


def test_first_run_is_told_that_there_are_none(tmp_path: Path) -> None:
    assert "There are none yet." in refusal(UnknownNameError, tmp_path, model="x").remedy


def test_run_without_a_model_cannot_be_planned(cassettes: Path) -> None:
    refusal(UnknownNameError, cassettes, run="new", may_record=True)


@pytest.mark.parametrize("name", ["..", "../tiny/some-model", "/tmp", ".", "a/b", "x" * 151])  # noqa: S108
def test_run_name_never_leads_out_of_its_folder(cassettes: Path, name: str) -> None:
    error = refusal(SettingsError, cassettes, run=name, model="m", may_record=True)
    assert "cannot be the name of a run" in error.problem


def test_model_name_no_file_can_hold_is_refused(cassettes: Path) -> None:
    refusal(SettingsError, cassettes, model="\udcff", may_record=True)


def test_run_of_another_model_is_refused(cassettes: Path) -> None:
    error = refusal(RunError, cassettes, run="some-model", model="other/model")
    assert "is a run of some/model, not of other/model" in error.problem


def test_two_models_of_one_name_are_told_apart(cassettes: Path) -> None:
    refusal(RunError, cassettes, model="some-model", may_record=True)


def test_folder_without_a_record_is_refused(cassettes: Path) -> None:
    folder = cassettes / "tiny" / "some-model"
    (folder / "run.json").unlink()
    write_cassette(folder / "A-1.yaml", make_cassette())
    assert "it is unknown what" in refusal(RunError, cassettes, run="some-model").problem


def test_damaged_record_is_refused(cassettes: Path) -> None:
    (cassettes / "tiny" / "some-model" / "run.json").write_text("{", encoding="utf-8")
    assert "is not valid JSON" in refusal(RunError, cassettes, run="some-model").problem


@pytest.mark.parametrize("changes", [{"exam": "other"}, {"run": "renamed"}])
def test_record_of_another_run_is_refused(cassettes: Path, changes: dict[str, str]) -> None:
    write_run(cassettes / "tiny" / "some-model", make_run(**changes))
    error = refusal(RunError, cassettes, run="some-model")
    assert "but lies where run some-model of tiny belongs" in error.problem


def test_cassette_without_its_question_is_refused(cassettes: Path) -> None:
    file = cassettes / "tiny" / "some-model" / "Z-9.yaml"
    write_cassette(file, make_cassette(question="Z-9"))
    assert refusal(CassetteError, cassettes, run="some-model").where == str(file)


@pytest.mark.parametrize(
    ("epochs", "stray"),
    [(1, "A-1-e2"), (3, "A-1-e4"), (3, "A-1-e1"), (3, "A-1-e02"), (3, "Z-9-e2"), (3, "A-1-e")],
)
def test_cassette_of_an_epoch_that_is_not_asked_is_refused(
    cassettes: Path, epochs: int, stray: str
) -> None:
    folder = record(cassettes, make_run(epochs=epochs))
    for name in ("A-1", *(f"A-1-e{n}" for n in range(2, epochs + 1))):
        (folder / f"{name}.yaml").touch()
    assert opened(cassettes, run="some-model").run.epochs == epochs
    (folder / f"{stray}.yaml").touch()
    assert refusal(CassetteError, cassettes, run="some-model").where == str(
        folder / f"{stray}.yaml"
    )


@pytest.mark.parametrize("name", ["A-1.yaml", ".A-1.yaml.x.tmp"])
def test_cassettes_of_the_exam_are_at_home(cassettes: Path, name: str) -> None:
    (cassettes / "tiny" / "some-model" / name).touch()
    assert opened(cassettes, run="some-model").run == make_run()


def test_other_prompt_makes_a_run_stale(cassettes: Path, prompt_file: Path) -> None:
    error = refusal(StaleCassetteError, cassettes, run="some-model", prompt_file=prompt_file)
    assert "'ja-3'" in error.problem
    assert "'other'" in error.problem


def test_run_of_another_prompt_has_a_name_of_its_own(cassettes: Path, prompt_file: Path) -> None:
    planned = opened(cassettes, model="some/model", prompt_file=prompt_file, may_record=True)
    assert planned.run.run == f"some-model-prompt={load_prompt(prompt_file).sha256[:8]}"


def test_copy_of_the_own_prompt_is_the_own_prompt(cassettes: Path, prompt_file: Path) -> None:
    prompt_file.write_bytes(DEFAULT_PROMPT.read_bytes())
    found = opened(cassettes, model="some/model", prompt_file=prompt_file)
    assert found.run == make_run()


EARLIER = load_prompt(DEFAULT_PROMPT.with_name("ja-1.toml"))


def record_earlier(cassettes: Path, **changes: Any) -> RunSpec:
    prompt = PromptRef(name=EARLIER.name, sha256=EARLIER.sha256)
    spec = make_run(run="earlier", prompt=prompt, **changes)
    record(cassettes, spec)
    return spec


@pytest.mark.parametrize("model", ["", "some/model"])
def test_run_keeps_the_prompt_it_was_recorded_with(cassettes: Path, model: str) -> None:
    spec = record_earlier(cassettes)
    found = opened(cassettes, run="earlier", model=model, may_record=True)
    assert (found.run, found.prompt) == (spec, EARLIER)
    told = spec.model_dump(mode="json", by_alias=True)
    again = reopen_sitting(EXAM, cassettes / "tiny" / "earlier", told, None)
    assert again.prompt == EARLIER


def test_run_asked_anew_gets_the_prompt_of_new_runs(cassettes: Path) -> None:
    record_earlier(cassettes)
    wanted = {"run": "earlier", "rewrite": True, "may_record": True}
    assert opened(cassettes, model="some/model", **wanted).prompt == load_prompt()
    assert opened(cassettes, **wanted).prompt == EARLIER


def test_marker_of_a_prompt_stands_in_the_run(cassettes: Path, prompt_file: Path) -> None:
    text = prompt_file.read_text("utf-8").replace("【回答】", "Answer:")
    prompt_file.write_text(text, encoding="utf-8")
    planned = opened(cassettes, model="some/model", prompt_file=prompt_file, may_record=True)
    assert (planned.run.marker, planned.marker) == ("Answer:", "Answer:")
    usual = opened(cassettes, run="some-model")
    assert (usual.run.marker, usual.marker) == (None, "【回答】")


def test_imported_run_has_no_prompt(cassettes: Path, prompt_file: Path) -> None:
    record(cassettes, make_imported_run(run="theirs"))
    assert opened(cassettes, run="theirs").prompt is None
    refusal(SettingsError, cassettes, run="theirs", prompt_file=prompt_file)


def test_imported_run_that_names_its_prompt_is_sat_alike_by_a_worker(cassettes: Path) -> None:
    record(cassettes, make_imported_run(run="theirs", prompt=PromptRef(name="theirs", sha256="")))
    found = opened(cassettes, run="theirs", may_record=True)
    spec = found.run.model_dump(mode="json", by_alias=True)
    assert found.prompt is None
    assert reopen_sitting(EXAM, found.folder, spec, None).prompt is None
    with pytest.raises(SettingsError, match="2 is more"):
        opened(cassettes, run="theirs", may_record=True, epochs=2)


def test_folder_that_a_session_left_empty_is_no_run(cassettes: Path) -> None:
    (cassettes / "tiny" / "fresh").mkdir()
    assert opened(cassettes, run="fresh", model="m", may_record=True).run == make_run(
        run="fresh", model="m"
    )


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"parameters": {"seed": 1, "effort": "high"}}, "m-effort=high-seed=1"),
        ({"images": ImageMode.BLIND}, "m-blind"),
        ({"images": ImageMode.VISION}, "m"),
        ({"image_max_edge": 512}, "m-max-edge=512"),
        ({"image_max_edge": 2048}, "m"),
        ({"epochs": 3}, "m"),
    ],
)
def test_what_is_asked_otherwise_is_part_of_the_name(
    cassettes: Path, asked: dict[str, Any], name: str
) -> None:
    assert opened(cassettes, model="m", may_record=True, **asked).run.run == name


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"parameters": {"seed": 1}}, "parameters none, now seed=1"),
        ({"images": ImageMode.BLIND}, "images vision, now blind"),
        ({"image_max_edge": 512}, "image-max-edge 2048, now 512"),
    ],
)
@pytest.mark.parametrize("model", ["some/model", ""])
def test_recorded_run_is_not_continued_in_another_way(
    cassettes: Path, asked: dict[str, Any], told: str, model: str
) -> None:
    error = refusal(StaleCassetteError, cassettes, model=model, run="some-model", **asked)
    assert told in error.problem


def test_recorded_run_named_alone_stays_as_it_was_asked(cassettes: Path) -> None:
    spec = make_run(run="r", parameters={"seed": 1}, images=ImageMode.BLIND, image_max_edge=512)
    record(cassettes, spec)
    assert opened(cassettes, run="r").run == spec
    refusal(StaleCassetteError, cassettes, run="r", model=spec.model)


def test_recorded_run_may_get_more_epochs(cassettes: Path) -> None:
    record(cassettes, make_run(run="r", epochs=2))
    epochs = [
        opened(cassettes, run="r", epochs=n, may_record=True).run.epochs for n in (None, 1, 3)
    ]
    assert epochs == [2, 1, 3]


@pytest.mark.parametrize(
    ("spec", "may_record"),
    [
        (make_run(run="r", epochs=2), False),
        (make_run(run="r", epochs=2, model="scripted/intern"), True),
        (make_run(run="r", epochs=2, text_only_from="other"), True),
        (make_imported_run(run="r", epochs=2), True),
    ],
    ids=["offline", "scripted", "half of an audit", "imported"],
)
def test_closed_run_gets_no_more_epochs(cassettes: Path, spec: RunSpec, may_record: bool) -> None:
    record(cassettes, spec)
    assert opened(cassettes, run="r", epochs=2, may_record=may_record).run.epochs == 2
    error = refusal(SettingsError, cassettes, run="r", epochs=3, may_record=may_record)
    assert "--epochs=3" in error.problem
    assert "--epochs=2" in error.remedy


def test_replies_of_epochs_not_asked_today_are_at_home(cassettes: Path) -> None:
    folder = record(cassettes, make_run(run="r", epochs=2))
    (folder / "A-1-e2.yaml").touch()
    assert opened(cassettes, run="r", epochs=1).run.epochs == 1
    (folder / "A-1-e3.yaml").touch()
    refusal(CassetteError, cassettes, run="r")


def test_model_that_sees_nothing_is_examined_blind(
    cassettes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jmle_plugin.ask.opening.sees_figures", lambda *_: False)
    run = opened(cassettes, model="m", may_record=True).run
    assert (run.run, run.images, run.no_vision) == ("m", ImageMode.BLIND, True)
    record(cassettes, run)
    assert opened(cassettes, model="m").run == run
    asked = opened(cassettes, model="m", run="n", images=ImageMode.VISION, may_record=True).run
    assert (asked.images, asked.no_vision) == (ImageMode.VISION, False)


def test_rewriting_asks_in_todays_way(cassettes: Path) -> None:
    changed = {"parameters": {"seed": 1}, "may_record": True, "rewrite": True}
    found = opened(cassettes, run="some-model", model="some/model", **changed)
    assert found.run == make_run(parameters={"seed": 1})
    assert opened(cassettes, run="some-model", **changed).run == found.run


def test_rewriting_a_run_named_alone_repeats_it(cassettes: Path) -> None:
    spec = make_run(run="r", parameters={"seed": 1}, images=ImageMode.BLIND, epochs=2)
    record(cassettes, spec)
    assert opened(cassettes, run="r", rewrite=True, may_record=True).run == spec


def test_worker_sits_what_it_is_told(cassettes: Path) -> None:
    spec = make_run(run="elsewhere")
    told, folder = spec.model_dump(mode="json"), cassettes / "tiny" / "elsewhere"
    assert reopen_sitting(EXAM, folder, told, None) == Sitting(EXAM, spec, load_prompt(), folder)


FIGURELESS = make_exam(
    questions=[
        make_question("A-1", figures_missing=True), make_question("B-1"),
    ]
)  # fmt: skip


@pytest.mark.parametrize("images", [None, ImageMode.BLIND])
def test_an_exam_without_any_of_its_figures_is_sat_blind(
    tmp_path: Path, images: ImageMode | None
) -> None:
    wanted = Wanted(model="m", run="r", may_record=True, images=images)
    sitting = open_sitting(FIGURELESS, tmp_path, wanted)
    assert (sitting.run.images, sitting.run.no_vision) == (ImageMode.BLIND, False)
    write_run(sitting.folder, sitting.run)
    again = open_sitting(FIGURELESS, tmp_path, Wanted(model="m", run="r", may_record=True))
    assert again.run == sitting.run


def test_figures_that_are_not_there_cannot_be_shown(tmp_path: Path) -> None:
    wanted = Wanted(model="m", may_record=True, images=ImageMode.VISION)
    with pytest.raises(SettingsError, match="none of the figures of tiny are in its data set"):
        open_sitting(FIGURELESS, tmp_path, wanted)


def test_questions_whose_figures_are_missing_are_skipped_as_well(tmp_path: Path) -> None:
    wanted = Wanted(model="m", may_record=True, images=ImageMode.SKIP)
    sitting = open_sitting(FIGURELESS, tmp_path, wanted)
    assert [seat.question.id for seat in sitting.seats()] == ["B-1"]
