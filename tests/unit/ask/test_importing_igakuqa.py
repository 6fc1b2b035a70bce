"""Records of IgakuQA and IgakuQA119 become runs, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.ask.cassette import read_cassette
from jmle_plugin.ask.importing import Form, exams_of, find_form, import_all
from jmle_plugin.ask.importing.writing import Imported
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.errors import ImportFileError, UnknownNameError
from jmle_plugin.gateway.reply import read_reply
from tests.builders import make_bench_file, make_exam

EXAM = make_exam()
MODEL = "some/model"


@pytest.fixture
def cassettes(tmp_path: Path) -> Path:
    return tmp_path / "cassettes"


def block(folder: Path, name: str, **answers: str) -> Path:
    """A file of IgakuQA with these answers (A_1="c")."""
    rows = [
        {"problem_id": one.replace("_", "-"), "prediction": text, "explanation": text.upper()}
        for one, text in answers.items()
    ]
    file = folder / name
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_text(text, encoding="utf-8")
    return file


def graded(folder: Path, name: str, *answers: tuple[str, str, str]) -> Path:
    """A file of IgakuQA119: (question, model, answer)."""
    questions: dict[str, list[dict[str, Any]]] = {}
    for question, model, answer in answers:
        told = {"model": model, "timestamp": "2025", "answer": answer, "confidence": 1.0}
        told |= {"explanation": "why", "cot": None}
        questions.setdefault(question, []).append(told)
    content = {
        "experiment_id": name,
        "results": [{"question_number": one, "answers": some} for one, some in questions.items()],
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def table(folder: Path, rows: str, header: str = "question_number,model,model_answer") -> Path:
    file = folder / "119_thing_grading_results.csv"
    file.write_text(f"{header}\n{rows}", encoding="utf-8-sig")
    return file


def reply(done: Imported, question: str) -> Any:
    return read_reply(read_cassette(done.folder / f"{question}.yaml").response)


def refused(files: list[Path], cassettes: Path, **options: Any) -> str:
    with pytest.raises(ImportFileError) as caught:
        import_all(files, EXAM, cassettes, **options)
    assert not cassettes.exists()
    return str(caught.value)


def test_the_blocks_of_a_system_are_one_run(tmp_path: Path, cassettes: Path) -> None:
    files = [
        block(tmp_path, "112-B_gpt4.jsonl", B_1="c", B_2="a", B_3="e"),
        block(tmp_path, "112-A_gpt4.jsonl", A_1="a", A_2="a, c", A_3="0.40", A_4=""),
    ]
    (done,) = import_all(files, EXAM, cassettes)
    assert (done.run.run, done.run.model, done.run.title) == ("gpt4", "gpt4", "GPT-4")
    assert (done.replies, done.missing, done.run.images) == (7, (), "blind")
    assert done.run.imported is not None
    assert done.run.imported.project == "IgakuQA"
    assert done.run.imported.file == "112-A_gpt4.jsonl and 1 more"
    one = reply(done, "A-2")
    assert (one.text, one.reasoning, one.answer_of) == ("a, c", "A, C", "IgakuQA")
    assert reply(done, "A-4").text == ""


def test_a_folder_holds_a_run_for_each_system(tmp_path: Path, cassettes: Path) -> None:
    folder = tmp_path / "2018"
    folder.mkdir()
    for system in ("gpt4", "student-majority"):
        block(folder, f"112-A_{system}.jsonl", A_1="a")
        block(folder, f"112-B_{system}.jsonl", B_1="c")
    assert (form := find_form([folder])) is Form.IGAKUQA
    assert exams_of(form, [folder])[0] == "jmle112"
    done = import_all([folder], EXAM, cassettes)
    assert [one.run.run for one in done] == ["gpt4", "student-majority"]
    people = done[1].run
    assert people.model == "people/student-majority"
    assert people.title == "the answers most examinees gave (people, not a model)"
    assert people.images is ImageMode.VISION


def test_one_name_cannot_be_that_of_two_runs(tmp_path: Path, cassettes: Path) -> None:
    files = [block(tmp_path, f"112-A_{name}.jsonl", A_1="a") for name in ("gpt3", "gpt4")]
    assert "hold 2 runs (gpt3, gpt4)" in refused(files, cassettes, name="mine")


def test_a_file_of_another_name_says_what_they_are_called(tmp_path: Path, cassettes: Path) -> None:
    file = block(tmp_path, "answers.jsonl", A_1="a")
    assert "112-A_gpt4.jsonl: exam, block and system" in refused([file], cassettes)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b'{"problem_id": "A-1", "pred', "line 1 is not valid JSON"),
        (b'\n{"problem_id": "A-1"}\n', "(line 2): prediction"),
        (b'{"problem_id": "112A9", "prediction": "a"}', "'112A9', which tiny does not have"),
        (b'{"problem_id": "A-1", "prediction": "a"}\n' * 2, "answers question A-1 2 times"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(
    tmp_path: Path, cassettes: Path, raw: bytes, problem: str
) -> None:
    file = tmp_path / "112-A_gpt4.jsonl"
    file.write_bytes(raw)
    message = refused([file], cassettes)
    assert problem in message
    assert "112-A_gpt4.jsonl" in message


def test_answers_of_the_119th_need_to_be_told_what_was_shown(
    tmp_path: Path, cassettes: Path
) -> None:
    file = graded(tmp_path, "119A_thing", ("A-1", MODEL, "a"))
    assert (form := find_form([file])) is Form.IGAKUQA119
    assert exams_of(form, [file])[0] == "jmle119"
    assert "Say --images=vision or --images=blind" in refused([file], cassettes)
    (done,) = import_all([file], EXAM, cassettes, images=ImageMode.BLIND)
    assert (done.run.run, done.run.model, done.run.images) == ("thing", MODEL, "blind")
    one = reply(done, "A-1")
    assert (one.text, one.reasoning, one.answer_of) == ("a", "why", "IgakuQA119")


def test_confidence_comes_along_where_it_was_recorded(tmp_path: Path, cassettes: Path) -> None:
    file = graded(tmp_path, "119A_thing", ("A-1", MODEL, "a"), ("A-2", MODEL, "a,c"))
    content = json.loads(file.read_text("utf-8"))
    content["results"][1]["answers"][0]["confidence"] = None
    file.write_text(json.dumps(content), encoding="utf-8")
    (done,) = import_all([file], EXAM, cassettes, images=ImageMode.BLIND)
    assert [reply(done, name).confidence for name in ("A-1", "A-2")] == [1.0, None]
    kept = read_cassette(done.folder / "A-2.yaml").response
    assert "recorded_confidence" not in kept


def test_confidence_of_a_table_comes_along(tmp_path: Path, cassettes: Path) -> None:
    header = "question_number,model,model_answer,confidence"
    file = table(tmp_path, f"A-1,{MODEL},a,0.75\nA-2,{MODEL},b,\nA-3,{MODEL},1,high\n", header)
    (done,) = import_all([file], EXAM, cassettes, images=ImageMode.BLIND)
    told = [reply(done, name).confidence for name in ("A-1", "A-2", "A-3")]
    assert told == [0.75, None, None]


def test_each_model_in_a_file_is_a_run(tmp_path: Path, cassettes: Path) -> None:
    files = [
        graded(tmp_path, "119A_two", ("A-1", "m/one", "a"), ("A-1", "m/two", "b")),
        graded(tmp_path, "119B_two", ("B-1", "m/one", "c"), ("B-1", "m/two", "d")),
    ]
    done = import_all(files, EXAM, cassettes, images=ImageMode.VISION)
    assert {one.run.run: (one.run.model, one.replies) for one in done} == {
        "two-m-one": ("m/one", 2),
        "two-m-two": ("m/two", 2),
    }
    assert reply(done[1], "B-1").text == "d"


def test_a_table_of_graded_answers_is_a_run(tmp_path: Path, cassettes: Path) -> None:
    file = table(tmp_path, f'A-1,{MODEL},a\nA-2,{MODEL},"a, c"\nA-3,{MODEL},\n')
    assert (form := find_form([file])) is Form.IGAKUQA119_TABLE
    assert exams_of(form, [file])[0] == "jmle119"
    (done,) = import_all([file], EXAM, cassettes, images=ImageMode.BLIND)
    assert (done.run.run, done.run.model, done.replies) == ("thing", MODEL, 3)
    assert [reply(done, name).text for name in ("A-1", "A-2", "A-3")] == ["a", "a, c", ""]


@pytest.mark.parametrize(
    ("rows", "header", "problem"),
    [
        ("A-1,m,a\nA-2,n,a\n", "question_number,model,model_answer", "answers of 2 models"),
        ("", "question_number,model,model_answer", "answers of 0 models"),
        ("A-1,a\n", "question_number,answer", "line 2: lacks one of"),
        ("A-1,m\n", "question_number,model,model_answer", "line 2: lacks one of"),
    ],
)
def test_another_table_is_refused(
    tmp_path: Path, cassettes: Path, rows: str, header: str, problem: str
) -> None:
    file = table(tmp_path, rows, header)
    assert problem in refused([file], cassettes, images=ImageMode.BLIND)


def test_a_folder_without_replies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="holds no files of replies"):
        find_form([tmp_path])


def test_the_form_can_be_named_or_found(tmp_path: Path) -> None:
    file = make_bench_file(tmp_path / "some.json", EXAM)
    assert (form := find_form([file])) is Form.BENCH2026
    assert exams_of(form, [file])[0] == "jmle120"
    assert (form := find_form([file], "igakuqa119")) is Form.IGAKUQA119
    assert exams_of(form, [file])[0] == "jmle119"
    with pytest.raises(UnknownNameError, match="Did you mean igakuqa"):
        find_form([file], "igakuq")


def test_a_list_of_wrong_answers_is_left_out_with_a_word(tmp_path: Path, cassettes: Path) -> None:
    table(tmp_path, "A-1,m/one,a\n")
    wrong = tmp_path / "119_thing_wrong_answers.csv"
    wrong.write_text("question_number,model\n", encoding="utf-8")
    said: list[str] = []
    (done,) = import_all(
        [tmp_path], EXAM, cassettes, form=Form.IGAKUQA119_TABLE, images=ImageMode.BLIND,
        report=said.append,
    )  # fmt: skip
    assert done.run.run == "thing"
    assert said == [
        "left out: 119_thing_wrong_answers.csv holds no run, but a list of wrong answers"
    ]


def test_wrong_answers_alone_are_no_run(tmp_path: Path, cassettes: Path) -> None:
    file = tmp_path / "119_thing_wrong_answers.csv"
    file.write_text("question_number,model\n", encoding="utf-8")
    assert "holds no run, but a list of wrong answers" in refused(
        [file], cassettes, images=ImageMode.BLIND
    )


def test_an_import_that_ends_midway_names_what_it_kept(tmp_path: Path, cassettes: Path) -> None:
    first = block(tmp_path, "112-A_gpt3.jsonl", A_1="a")
    second = block(tmp_path, "112-A_gpt4.jsonl", A_9="a")
    with pytest.raises(ImportFileError, match="imported before that, and kept: gpt3") as caught:
        import_all([first, second], EXAM, cassettes)
    assert "'A-9', which tiny does not have" in str(caught.value)
    assert [one.name for one in (cassettes / "tiny").iterdir()] == ["gpt3"]
