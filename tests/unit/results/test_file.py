"""The results file: a versioned schema, written whole, read with care."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import ResultError
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import mark_error
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.file import Results, dump_results, result_file
from jmle_plugin.results.store import read_results, write_results
from tests.builders import (
    make_epochs,
    make_exam,
    make_imported_run,
    make_mark,
    make_marks,
    make_results,
)

EXAM = make_exam()
SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "results-schema.json"
REGENERATE = f"""{SCHEMA.name} is not the schema of Results. If the change is meant, run

    python -c 'import json; from jmle_plugin.results.file import Results; print(json.dumps(
    Results.model_json_schema(by_alias=True), indent=2, sort_keys=True))' > docs/{SCHEMA.name}
"""
SAMPLES = {
    "pass": make_results(),
    "incomplete": make_results(EXAM, make_marks(EXAM, A_1=Outcome.ERROR)),
    "partial": make_results(asked=["A-1"]),
    "epochs": make_epochs(EXAM, {}, {"A_1": Outcome.NO_ANSWER}, {"B_1": Outcome.ERROR}),
    "imported": make_results(run=make_imported_run(), extraction=Extraction.PUBLISHED),
}


def test_published_schema_is_todays() -> None:
    today = json.dumps(Results.model_json_schema(by_alias=True), indent=2, sort_keys=True) + "\n"
    assert SCHEMA.read_text("utf-8") == today, REGENERATE


@pytest.mark.parametrize("sample", SAMPLES)
def test_file_fits_the_published_schema(tmp_path: Path, sample: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    file = write_results(tmp_path, SAMPLES[sample])
    schema = json.loads(SCHEMA.read_bytes())
    jsonschema.Draft202012Validator(schema).validate(json.loads(file.read_bytes()))


@pytest.mark.parametrize("sample", SAMPLES)
def test_results_come_back_as_they_were(tmp_path: Path, sample: str) -> None:
    assert read_results(write_results(tmp_path, SAMPLES[sample])) == SAMPLES[sample]


def test_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    results = make_results()
    first = write_results(tmp_path / "a", results).read_bytes()
    assert write_results(tmp_path / "b", results).read_bytes() == first


def test_marks_stand_in_the_exams_order() -> None:
    marks = dict(reversed(make_marks(EXAM).items()))
    assert [mark.question for mark in make_results(EXAM, marks).marks] == list(EXAM.questions)


def test_epochs_of_a_question_stand_together(tmp_path: Path) -> None:
    results = make_epochs(EXAM, {}, {"A_1": Outcome.INCORRECT})
    assert [(mark.question, mark.epoch) for mark in results.marks[:3]] == [
        ("A-1", 1),
        ("A-1", 2),
        ("A-2", 1),
    ]
    assert read_results(write_results(tmp_path, results)) == results


def test_parameters_sent_are_told_once(tmp_path: Path) -> None:
    marks = {
        name: mark.model_copy(update={"sent": {"seed": len(name)}})
        for name, mark in make_marks(EXAM).items()
    }
    results = make_results(EXAM, marks)
    file = write_results(tmp_path, results)
    raw = json.loads(file.read_bytes())
    assert raw["provenance"]["sent"] == [{"parameters": {"seed": 3}, "replies": 7}]
    assert all("sent" not in mark for mark in raw["marks"])
    assert read_results(file) == results


def test_file_from_before_costs_and_epochs_is_read(tmp_path: Path) -> None:
    raw = dumped()
    for part, names in {
        "sheet": ["cost", "figures", "epochs"],
        "provenance": ["sent", "epochs", "no_vision", "image_max_edge"],
    }.items():
        for name in names:
            del raw[part][name]
    for mark in raw["marks"]:
        del mark["cost"], mark["images"]
    file = tmp_path / "old.json"
    file.write_text(json.dumps(raw))
    sheet = read_results(file).sheet
    assert (sheet.cost.usd, sheet.figures, sheet.epochs) == (None, None, None)


def test_file_is_named_after_exam_and_run(tmp_path: Path) -> None:
    assert result_file(tmp_path, make_results()) == tmp_path / "tiny" / "some-model.json"


def test_partial_sitting_never_takes_the_place_of_a_full_one(tmp_path: Path) -> None:
    full = write_results(tmp_path, SAMPLES["pass"])
    before = full.read_bytes()
    partial = write_results(tmp_path, SAMPLES["partial"])
    assert partial.name == "some-model.partial.json"
    assert full.read_bytes() == before


def test_results_of_yesterday_are_replaced(tmp_path: Path) -> None:
    write_results(tmp_path, make_results())
    today = make_results(EXAM, make_marks(EXAM, A_1=Outcome.INCORRECT))
    assert read_results(write_results(tmp_path, today)) == today


def test_japanese_stays_japanese(tmp_path: Path) -> None:
    assert "一般・臨床" in write_results(tmp_path, make_results()).read_text("utf-8")


def test_text_utf8_cannot_hold_does_not_cost_the_results(tmp_path: Path) -> None:
    marks = make_marks(EXAM) | {"A-1": make_mark(EXAM, "A-1", Outcome.ERROR, error="\ud800!")}
    file = write_results(tmp_path, make_results(EXAM, marks))
    assert read_results(file).marks[0].error == "?!"


@pytest.mark.parametrize("content", [b"", b"{}", b"not json", b"\xff", b'{"schema": 1}'])
def test_damaged_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    results = make_results()
    file = result_file(tmp_path, results)
    file.parent.mkdir()
    file.write_bytes(content)
    write_results(tmp_path, results)
    assert read_results(file) == results


def dumped(**changes: Any) -> dict[str, Any]:
    return dump_results(make_results()) | changes


def refusal(file: Path, content: bytes) -> ResultError:
    """The error about a file with this content; it always names the file."""
    file.write_bytes(content)
    with pytest.raises(ResultError) as caught:
        read_results(file)
    assert caught.value.where == str(file)
    return caught.value


def test_later_schema_is_neither_read_nor_overwritten(tmp_path: Path) -> None:
    file = write_results(tmp_path, make_results())
    later = json.dumps({"schema": 3, "unheard": "of"}).encode()
    error = refusal(file, later)
    assert "schema version 3; this version of jmle reads 2" in error.problem
    assert "Update jmle" in error.remedy
    with pytest.raises(ResultError, match="schema version 3"):
        write_results(tmp_path, make_results())
    assert file.read_bytes() == later
    assert list(file.parent.iterdir()) == [file]


def test_file_cut_anywhere_is_named(tmp_path: Path) -> None:
    raw = json.dumps(dumped()).encode()
    for end in range(0, len(raw), 97):
        assert "is not valid JSON" in refusal(tmp_path / "cut.json", raw[:end]).problem


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ([], "dictionary"),
        ({}, "exam"),
        (dumped(schema=0), "schema"),
        (dumped(schema="1"), "schema"),
        (dumped(colour="red"), "colour"),
        (dumped(exam={"id": "tiny"}), "exam.title"),
        *(
            (dumped(exam=dumped()["exam"] | {"id": name}), "exam.id")
            for name in ("../../../x", "a\u0000b", "", "a/b", "a\n")
        ),
        *(
            (dumped(run=dumped()["run"] | {"name": name}), "run.name")
            for name in ("../../../x", "a\u0000b", "", "a/b", ".x")
        ),
        (dumped(marks=[{"question": "A-1"}]), "marks.0.points"),
        (dumped(sheet=dumped()["sheet"] | {"verdict": "excellent"}), "sheet.verdict"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_file_of_another_form_is_refused_with_the_place(
    tmp_path: Path, content: Any, place: str
) -> None:
    error = refusal(tmp_path / "other.json", json.dumps(content).encode())
    assert "is no results file" in error.problem
    assert place in error.problem


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    assert "is not valid JSON" in refusal(tmp_path / "deep.json", b"[" * 100_000).problem


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"some\.json: cannot be read \(No such file"):
        read_results(tmp_path / "some.json")


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file", encoding="utf-8")
    with pytest.raises(ResultError, match="cannot be written") as caught:
        write_results(tmp_path / "results", make_results())
    assert "--results" in caught.value.remedy


def test_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = write_results(tmp_path, make_results())
    before = file.read_bytes()
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ResultError, match="No space left on device"):
        write_results(tmp_path, make_results(EXAM, {}))
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_an_outage_keeps_the_result_it_replaces(tmp_path: Path) -> None:
    decided = make_results()
    file = write_results(tmp_path, decided)
    whole = file.read_bytes()
    name, mark = next((name, one) for name, one in make_marks(make_exam()).items())
    outage = mark_error(make_exam().questions[mark.question], make_exam().key, "gone")
    incomplete = make_results(marks=make_marks(make_exam()) | {name: outage})
    assert write_results(tmp_path, incomplete) == file
    assert read_results(file).sheet.verdict is Verdict.INCOMPLETE
    earlier = file.with_name(f"{decided.run.name}.earlier.json")
    assert earlier.read_bytes() == whole
    # Another outage does not replace what was kept by what it replaced.
    write_results(tmp_path, incomplete)
    assert earlier.read_bytes() == whole
