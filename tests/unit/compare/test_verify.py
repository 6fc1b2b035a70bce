"""A results file holds what its cassettes give; whatever else it says is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmle_plugin.ask.cassette import read_cassette, write_cassette
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.prompt import DEFAULT_PROMPT
from jmle_plugin.ask.run import read_run, write_run
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.compare.verify import differences, verify
from jmle_plugin.errors import RunError, UnknownNameError
from jmle_plugin.exam.model import Exam
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.epochs import Asking
from jmle_plugin.results.file import Results, dump_results
from jmle_plugin.results.provenance import RunContext
from tests.builders import sample_exam
from tests.conftest import ROOT

RUN = "scripted-resident"
BY_SESSION = tuple(("provenance", name) for name in ("run", "packages", "git", "recorded_epochs"))


@cache
def sample() -> Exam:
    return sample_exam()


@pytest.fixture
def exam() -> Exam:
    return sample()


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    """The sample's runs, to be damaged."""
    shutil.copytree(ROOT / "cassettes" / "sample", tmp_path / "sample")
    return tmp_path


def made(
    exam: Exam,
    cassettes: Path,
    *,
    asked: set[Asking] | None = None,
    epochs: int | None = None,
    extraction: Extraction = Extraction.STANDARD,
) -> Results:
    sitting = open_sitting(exam, cassettes, Wanted(run=RUN, epochs=epochs))
    return remake_results(sitting, extraction, RunContext.outside(), asked)


def add_epoch(cassettes: Path, exam: Exam) -> None:
    """Each reply once more, as that of a second epoch."""
    folder = cassettes / "sample" / RUN
    write_run(folder, read_run(folder).model_copy(update={"epochs": 2}))
    for name in exam.questions:
        old = read_cassette(folder / f"{name}.yaml")
        again = type(old)(name, 2, old.question_sha256, old.request, old.response)
        write_cassette(folder / f"{name}-e2.yaml", again)


@pytest.mark.parametrize("extraction", Extraction)
def test_what_the_cassettes_give_agrees(
    exam: Exam, cassettes: Path, extraction: Extraction
) -> None:
    assert verify(made(exam, cassettes, extraction=extraction), exam, cassettes) == []


def test_a_file_of_schema_1_need_not_hold_what_was_added_since(exam: Exam, cassettes: Path) -> None:
    path = cassettes / "sample" / RUN / "000A-1.yaml"
    old = read_cassette(path)
    message = old.response["choices"][0]["message"] | {"refusal": "No."}
    choice = old.response["choices"][0] | {"message": message}
    told = old.response | {"recorded_confidence": 0.5, "choices": [choice]}
    write_cassette(path, replace(old, response=told))
    now = made(exam, cassettes)
    assert (now.marks[0].refused, now.marks[0].confidence) == (True, 0.5)
    assert (now.sheet.refused, now.confidence is None) == (["000A-1"], False)
    assert verify(now, exam, cassettes) == []
    dumped = dump_results(now) | {"schema": 1, "doubt": None}
    for name in ("letters", "confidence"):
        dumped.pop(name, None)
    dumped["sheet"].pop("refused")
    dumped["sheet"].pop("verdict_if_readable", None)
    for mark in dumped["marks"]:
        mark.pop("refused", None)
        mark.pop("confidence", None)
    assert verify(Results.model_validate(dumped), exam, cassettes) == []


def test_answers_that_are_written_alike_are_told_apart(exam: Exam, cassettes: Path) -> None:
    whole = made(exam, cassettes)
    place, mark = next((at, one) for at, one in enumerate(whole.marks) if len(one.answer) > 1)
    joined = mark.model_copy(update={"answer": [",".join(mark.answer)]})
    marks = [*whole.marks[:place], joined, *whole.marks[place + 1 :]]
    found = list(differences(whole.model_copy(update={"marks": marks}), whole))
    assert len(found) == 1
    assert found[0].startswith(f"{mark.question}: answer")


def test_a_partial_sitting_is_verified_for_what_it_holds(exam: Exam, cassettes: Path) -> None:
    part = made(exam, cassettes, asked={("000A-1", 1), ("000C-3", 1)})
    assert (part.sheet.verdict, len(part.marks)) == ("partial", 2)
    assert verify(part, exam, cassettes) == []
    (cassettes / "sample" / RUN / "000A-2.yaml").unlink()
    assert verify(part, exam, cassettes) == []
    (cassettes / "sample" / RUN / "000C-3.yaml").unlink()
    assert any(line.startswith("000C-3: ") for line in verify(part, exam, cassettes))


def test_epochs_that_joined_later_are_not_missed(exam: Exam, cassettes: Path) -> None:
    once = made(exam, cassettes)
    add_epoch(cassettes, exam)
    assert verify(once, exam, cassettes) == []
    twice = made(exam, cassettes)
    assert (len(twice.marks), twice.provenance.epochs) == (80, 2)
    assert verify(twice, exam, cassettes) == []
    (cassettes / "sample" / RUN / "000C-3-e2.yaml").unlink()
    found = verify(twice, exam, cassettes)
    assert any(line.startswith("000C-3-e2: correct (g), 1 of 1 in the file") for line in found)
    assert not any(line.startswith("000C-3: ") for line in found)


def test_a_question_that_was_an_error_and_has_a_reply_now(exam: Exam, cassettes: Path) -> None:
    file = cassettes / "sample" / RUN / "000A-1.yaml"
    kept = file.read_bytes()
    file.unlink()
    broken = made(exam, cassettes)
    assert broken.sheet.errors == ["000A-1"]
    assert verify(broken, exam, cassettes) == []
    outage = broken.model_copy(
        update={
            "marks": [
                one.model_copy(update={"error": "HTTP 503"}) if one.error else one
                for one in broken.marks
            ]
        }
    )
    assert verify(outage, exam, cassettes) == []
    file.write_bytes(kept)
    found = verify(outage, exam, cassettes)
    assert (
        "000A-1: an error in the file (HTTP 503), now there is a reply: correct (a), 1 of 1"
    ) in found
    assert "sheet.verdict: incomplete in the file, pass recomputed" in found


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def stale(file: Path) -> None:
    old = read_cassette(file)
    old.request["temperature"] = 1
    write_cassette(file, old)


def foreign(file: Path) -> None:
    file.write_bytes((file.parent.parent / "scripted-intern" / file.name).read_bytes())


def edited(file: Path) -> None:
    old = read_cassette(file)
    old.response["choices"][0]["message"]["content"] = "【回答】b"
    write_cassette(file, old)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (Path.unlink, "now without a reply: FILE: there is no recorded reply"),
        (cut, "now without a reply: FILE: this cassette is cut off"),
        (stale, "now without a reply: FILE: this cassette is no answer to today's question"),
        (foreign, "model was scripted/intern, now scripted/resident"),
        (edited, "correct (c), 1 of 1 in the file, incorrect (b), 0 of 1 recomputed"),
    ],
)
def test_a_cassette_that_changed_is_named(
    exam: Exam, cassettes: Path, harm: Any, words: str
) -> None:
    results = made(exam, cassettes)
    file = cassettes / "sample" / RUN / "000A-5.yaml"
    harm(file)
    found = [line for line in verify(results, exam, cassettes) if line.startswith("000A-5: ")]
    assert len(found) == 1
    assert words.replace("FILE", str(file)) in found[0]


def test_a_cassette_too_many(exam: Exam, cassettes: Path) -> None:
    results = made(exam, cassettes)
    file = cassettes / "sample" / RUN / "000Z-9.yaml"
    file.write_bytes((file.parent / "000A-1.yaml").read_bytes())
    (found,) = verify(results, exam, cassettes)
    assert str(file) in found
    assert "belongs to no question" in found


def test_another_prompt(exam: Exam, cassettes: Path, tmp_path: Path) -> None:
    results = made(exam, cassettes)
    prompt = tmp_path / "mine.toml"
    prompt.write_text(DEFAULT_PROMPT.read_text("utf-8").replace("ja-3", "mine"), "utf-8")
    (found,) = verify(results, exam, cassettes, prompt)
    assert "was recorded with prompt 'ja-1'" in found


def test_another_exam_pack(exam: Exam, cassettes: Path) -> None:
    results = made(exam, cassettes)
    origin = results.provenance
    other = origin.model_copy(update={"exam": origin.exam.model_copy(update={"hash": "0" * 64})})
    assert verify(results.model_copy(update={"provenance": other}), exam, cassettes) == [
        f"provenance.exam.hash: {'0' * 64} in the file, {exam.hash} recomputed"
    ]


def test_without_the_run_there_is_nothing_to_verify_with(exam: Exam, cassettes: Path) -> None:
    results = made(exam, cassettes)
    (cassettes / "sample" / RUN / "run.json").write_text("{")
    with pytest.raises(RunError):
        verify(results, exam, cassettes)
    shutil.rmtree(cassettes / "sample" / RUN)
    with pytest.raises(UnknownNameError):
        verify(results, exam, cassettes)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every field and element of a results file that a figure may stand in."""
    if path in BY_SESSION or path[-1:] == ("error",):
        return
    if path and not isinstance(value, dict):
        yield path
    if isinstance(value, dict | list):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(one, (*path, name))


def tampered(value: Any, draw: st.DrawFn) -> Any:
    """Another value of the same kind, or none."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + draw(st.sampled_from([-1, 1, 7, 10**9]))
    if isinstance(value, str):
        return draw(
            st.sampled_from([value + "1", "pass", "000A-2"]).filter(lambda new: new != value)
        )
    if isinstance(value, list):
        return [*value, *value[:1]] if draw(st.booleans()) and value else value[1:] or ["x"]
    return draw(st.sampled_from([1, "x", {}, []]))


RESULTS: dict[str, Any] = {}


@settings(max_examples=75)
@given(data=st.data())
def test_tampering_with_any_field_is_found(data: st.DataObject) -> None:
    """Found as a difference, or no results file at all any more."""
    exam, cassettes = sample(), ROOT / "cassettes"
    if not RESULTS:
        RESULTS.update(json.loads(json.dumps(dump_results(made(exam, cassettes)))))
    path = data.draw(st.sampled_from(list(places(RESULTS))))
    content = deepcopy(RESULTS)
    *parents, last = path
    holder = content
    for name in parents:
        holder = holder[name]
    holder[last] = data.draw(st.composite(lambda draw: tampered(holder[last], draw))())
    try:
        results = Results.model_validate(content)
    except ValueError:
        return
    try:
        found = verify(results, exam, cassettes)
    except UnknownNameError:
        assert path == ("run", "name")
        return
    assert found, path
