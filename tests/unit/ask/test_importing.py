"""Another project's result file becomes a run, whole or not at all."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.cassette import read_cassette
from jmle_plugin.ask.importing import import_results
from jmle_plugin.ask.importing.writing import Imported
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.prompt import prompt_names, recorded_prompt
from jmle_plugin.ask.run import read_run
from jmle_plugin.errors import ImportFileError, SettingsError
from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.gateway.reply import read_reply
from tests.builders import bench_result, make_bench_file, make_exam

EXAM = make_exam()


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    return tmp_path / "cassettes"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return make_bench_file(tmp_path / "some_model.json", EXAM)


def imported(file: Path, cassettes: Path, **changes: Any) -> Imported:
    """Import the file after these changes to its top level."""
    return import_results(make_bench_file(file, EXAM, **changes), EXAM, cassettes)


def refusal(file: Path, cassettes: Path) -> str:
    """What is said about a file; nothing may have been written."""
    with pytest.raises(ImportFileError) as caught:
        import_results(file, EXAM, cassettes)
    assert caught.value.where == str(file)
    assert not cassettes.exists()
    return caught.value.problem


def test_every_reply_becomes_a_cassette(file: Path, cassettes: Path) -> None:
    done = import_results(file, EXAM, cassettes)
    assert (done.replies, done.missing, done.folder.name) == (7, (), "some_model")
    assert {one.stem for one in done.folder.glob("*.yaml")} == set(EXAM.questions)
    assert read_run(done.folder) == done.run
    assert open_sitting(EXAM, cassettes, Wanted(run="some_model")).run == done.run


def test_reply_is_kept_to_the_letter_and_says_where_it_comes_from(
    file: Path, cassettes: Path
) -> None:
    text = "\0 \u202e\r\n【回答】a  \n"
    done = imported(file, cassettes, results=[bench_result("A-1", text, reasoning="so")])
    stored = read_cassette(done.folder / "A-1.yaml")
    reply = read_reply(stored.response)
    assert (reply.text, reply.reasoning, reply.usage) == (text, "so", None)
    assert done.run.imported is not None
    assert stored.imported == {
        "project": "JMLE2026-Bench",
        "file": "some_model.json",
        "sha256": done.run.imported.sha256,
        "display_name": done.run.display_name,
        "images": "vision",
        "parameters": done.run.parameters,
    }


def test_results_with_an_error_are_no_replies(file: Path, cassettes: Path) -> None:
    results = [
        bench_result("A-1", "", error="timeout"),
        bench_result("A-2", None),
        bench_result("A-3", ""),
    ]
    done = imported(file, cassettes, results=results)
    assert done.replies == 1
    assert done.missing == ("A-1", "A-2", "A-4", "B-1", "B-2", "B-3")
    assert read_reply(read_cassette(done.folder / "A-3.yaml").response).text == ""


def test_metadata_becomes_the_record_of_the_run(file: Path, cassettes: Path) -> None:
    metadata = {
        "model": "some/model",
        "image_mode": "blind",
        "display_name": "Some Model",
        "extra_body": {"top_k": 20},
    }
    run = imported(file, cassettes, metadata=metadata).run
    assert (run.model, run.title, run.images) == ("some/model", "Some Model", "blind")
    assert run.parameters == {"top_k": 20}
    assert run.prompt is not None
    assert recorded_prompt(run.prompt.sha256) == prompt_names()[run.prompt.name]


def test_run_may_be_named(file: Path, cassettes: Path) -> None:
    assert import_results(file, EXAM, cassettes, "mine").folder == cassettes / "tiny" / "mine"


@pytest.mark.parametrize("name", ["..", "a/b", "-x", "x" * 151])
def test_name_that_leads_elsewhere_is_refused(file: Path, cassettes: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be the name of a run"):
        import_results(file, EXAM, cassettes, name)
    assert not cassettes.exists()


def test_file_cut_anywhere_is_refused(file: Path, cassettes: Path) -> None:
    raw = file.read_bytes()
    for end in range(0, len(raw), 7):
        file.write_bytes(raw[:end])
        assert "is not valid JSON" in refusal(file, cassettes)


@pytest.mark.parametrize(
    "raw", [b"\xff", b"[" * 100_000, b'{"metadata": NaN}'], ids=["bytes", "deep", "nan"]
)
def test_malformed_file_is_refused(file: Path, cassettes: Path, raw: bytes) -> None:
    file.write_bytes(raw)
    assert "is not valid JSON" in refusal(file, cassettes)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ([], "dictionary"),
        ({}, "metadata"),
        ({"metadata": {"model": "m", "image_mode": "vision"}}, "results"),
        ({"metadata": {"model": "m", "image_mode": "some"}, "results": []}, "metadata.image_mode"),
        (
            {
                "metadata": {"model": "m", "image_mode": "vision"},
                "results": [bench_result("A-1"), {"question_id": "A-2"}],
            },
            "results.1.raw_response",
        ),
        (
            {
                "metadata": {"model": "m", "image_mode": "vision", "extra_body": {"messages": []}},
                "results": [bench_result("A-1")],
            },
            "cannot set messages",
        ),
    ],
    ids=["list", "empty", "no results", "mode", "no reply", "parameters"],
)
def test_file_of_another_form_is_refused_with_the_place(
    file: Path, cassettes: Path, content: Any, place: str
) -> None:
    file.write_text(json.dumps(content), encoding="utf-8")
    assert place in refusal(file, cassettes)


def test_missing_file_is_named(tmp_path: Path, cassettes: Path) -> None:
    assert "No such file" in refusal(tmp_path / "nowhere.json", cassettes)


def test_question_of_another_exam_is_refused(file: Path, cassettes: Path) -> None:
    make_bench_file(file, EXAM, results=[bench_result("Z-9")])
    assert "'Z-9', which tiny does not have" in refusal(file, cassettes)


def test_question_answered_twice_is_refused(file: Path, cassettes: Path) -> None:
    make_bench_file(file, EXAM, results=[bench_result("A-1"), bench_result("A-1", "【回答】b")])
    assert "answers question A-1 2 times" in refusal(file, cassettes)


def test_run_that_is_there_is_never_touched(file: Path, cassettes: Path) -> None:
    folder = import_results(file, EXAM, cassettes).folder
    before = {one: one.read_bytes() for one in folder.iterdir()}
    with pytest.raises(ImportFileError, match="there is a run some_model of tiny already"):
        imported(file, cassettes, results=[bench_result("A-1", "【回答】b")])
    assert {one: one.read_bytes() for one in folder.iterdir()} == before
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("target", ["os.fsync", "pathlib.Path.rename"])
def test_failing_write_leaves_nothing(
    file: Path, cassettes: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(target, full)
    with pytest.raises(ImportFileError, match=r"cannot be written \(No space left"):
        import_results(file, EXAM, cassettes)
    assert [one for one in cassettes.rglob("*") if one.name != "tiny"] == []


def test_folder_that_cannot_be_made_is_an_error(file: Path) -> None:
    with pytest.raises(ImportFileError, match="cannot be written"):
        import_results(file, EXAM, file)


def test_published_run_has_all_its_replies(data_root: Path, cassettes: Path) -> None:
    exam = load_exam(find_pack("jmle120", pack_folders()), data_root=data_root)
    file = min(
        (data_root / "jmle2026-bench" / "results").glob("*.json"),
        key=lambda one: one.stat().st_size,
    )
    done = import_results(file, exam, cassettes)
    assert (done.replies, done.missing) == (400, ())
    published = {one["question_id"]: one for one in json.loads(file.read_bytes())["results"]}
    for name in exam.questions:
        reply = read_reply(read_cassette(done.folder / f"{name}.yaml").response)
        assert reply.text == published[name]["raw_response"]
