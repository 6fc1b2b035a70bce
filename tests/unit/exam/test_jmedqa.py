"""JMedQA's layout, on a table made up in it: the data set itself is not to be had here."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.cli import main
from jmle_plugin.errors import DataMissingError, PackError
from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.check import key_differences, notes
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.model import Exam, Treatment
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.exam.sources import PaperQuestion
from jmle_plugin.exam.sources.jmedqa import read
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Sheet, Verdict
from tests.builders import make_mark
from tests.invented import invented
from tests.made_up_jmedqa import EDITIONS, voided, write_jmedqa
from tests.unit.exam.problems import check_exam

MAXIMA = {
    112: (200, 299), 113: (200, 296), 114: (197, 299), 115: (200, 300), 116: (197, 297),
    117: (200, 295), 118: (200, 300), 119: (200, 300), 120: (200, 300),
}  # fmt: skip


def load(edition: int, root: Path) -> Exam:
    return load_exam(find_pack(f"jmle{edition}", pack_folders()), data_root=root)


def read_one(root: Path, name: str = "2018A2", **changes: Any) -> PaperQuestion:
    write_jmedqa(root, [112], changes={name: changes})
    paper = read(root / "jmedqa", "2018")
    return next(one for one in paper.questions if one.id == name)


def sat(exam: Exam, *, right: bool = True) -> Sheet:
    outcome = Outcome.CORRECT if right else Outcome.INCORRECT
    marks = {name: make_mark(exam, name, outcome) for name in exam.questions}
    return build_sheet(exam, marks, exam.questions)


def test_nine_sittings_load_as_nine_packs_with_their_points_and_maxima(tmp_path: Path) -> None:
    write_jmedqa(tmp_path)
    for edition in EDITIONS:
        exam = load(edition, tmp_path)
        maxima = {rule.name: rule.maximum for rule in exam.key.criteria}
        assert (maxima["required"], maxima["general"]) == MAXIMA[edition]
        # Excluded questions are not there, and nothing is wrong with that.
        assert len(exam.questions) == 400 - len(voided(edition))
        assert (exam.lacking, exam.credited) == ((), ())
        assert [one for one in check_exam(exam) if "same text" not in one] == []
        assert [sat(exam, right=one).verdict for one in (True, False)] == [
            Verdict.PASS, Verdict.FAIL,
        ]  # fmt: skip


def test_117_and_118_say_what_is_not_confirmed(tmp_path: Path) -> None:
    write_jmedqa(tmp_path, [117, 118])
    by_edition = {edition: load(edition, tmp_path).key for edition in (117, 118)}
    assert [key.prohibited and key.prohibited.limit for key in by_edition.values()] == [2, 3]
    for key in by_edition.values():
        assert any("which questions count three points" in doubt for doubt in key.unconfirmed)
    excluded = {
        name for name, one in by_edition[117].entries.items() if one.treatment is Treatment.EXCLUDE
    }
    assert excluded == {"117C15", "117C60", "117D38", "117D53", "117F42"}


def test_names_are_those_of_the_pack_whichever_data_set_is_read(tmp_path: Path) -> None:
    write_jmedqa(tmp_path, [112, 120])
    assert "112B30" in load(112, tmp_path).questions
    assert "120A-1" in load(120, tmp_path).questions
    exam = load(112, tmp_path)
    assert exam.source == "jmedqa"
    # IgakuQA's list of prohibited choices is not this data set's.
    assert exam.key.prohibited is not None
    assert not exam.key.prohibited.listed


def test_areas_are_subjects_and_dependency_stands_by_itself(tmp_path: Path) -> None:
    write_jmedqa(tmp_path, [115])
    questions = load(115, tmp_path).questions.values()
    assert {one.subject for one in questions} == {"架空の内科", "架空の外科", "架空の公衆衛生"}
    assert Counter(one.image_dependency for one in questions) == {
        "": 80, "enough text": 80, "not enough text": 80, "image question": 80, "image only": 80,
    }  # fmt: skip
    assert sum(bool(one.images) for one in questions) == 320


def test_without_the_folder_of_images_figures_are_missing_and_said_to_be(tmp_path: Path) -> None:
    write_jmedqa(tmp_path, [115], figures=False)
    exam = load(115, tmp_path)
    assert exam.figureless
    assert any("figures of 320 questions are not in the data set" in one for one in notes(exam))


def test_a_figure_that_is_missing_among_others_is_an_error(tmp_path: Path) -> None:
    paths = json.dumps({"別冊No.2": ["images/2018/A/2018A_No02.png"]})
    write_jmedqa(tmp_path, [112], changes={"2018A2": {"image_paths_json": paths}})
    with pytest.raises(PackError, match="question 112A2 needs this image"):
        load(112, tmp_path)


@pytest.mark.parametrize("name", ["2018A7", "2018B30"])
def test_a_question_that_counts_and_is_not_there_makes_the_sheet_partial(
    tmp_path: Path, name: str
) -> None:
    write_jmedqa(tmp_path, [112], without=[name])
    exam = load(112, tmp_path)
    question = name.replace("2018", "112")
    assert exam.lacking == (question,)
    assert f"question {question} is not in the data set: there is no verdict without it" in notes(
        exam
    )
    sheet = sat(exam)
    assert (sheet.verdict, sheet.asked, sheet.of) == (Verdict.PARTIAL, 398, 399)
    assert sheet.lacking == [question]
    assert [one.margin for one in sheet.sections.values()] == [None, None]
    assert check_exam(exam) == []


def test_a_question_that_is_not_there_and_credited_to_everybody_gives_its_points(
    tmp_path: Path,
) -> None:
    write_jmedqa(tmp_path, [116], without=["2022A71"])
    exam = load(116, tmp_path)
    assert (exam.lacking, [one.id for one in exam.credited]) == ((), ["116A71"])
    sheet = sat(exam, right=False)
    # Points of everybody's, and no right answer.
    assert (sheet.total.points, sheet.total.correct, sheet.total.max) == (1, 0, 494)
    assert sheet.verdict is Verdict.FAIL
    assert sat(exam).verdict is Verdict.PASS
    some = list(exam.questions)[:10]
    marks = {name: make_mark(exam, name) for name in some}
    assert build_sheet(exam, marks, some).total.points == 10


@pytest.mark.parametrize(
    ("changes", "kind", "accepted"),
    [
        ({}, QuestionKind.CHOICE, [("a",)]),
        (
            {"question_raw": "2つ選べ。", "answer_json": '["a", "c"]'},
            QuestionKind.CHOICE,
            [("a", "c")],
        ),
        ({"answer_json": '["a", "c"]'}, QuestionKind.CHOICE, [("a",), ("c",)]),
        (
            {"answer_mode": "numeric", "options_json": "{}", "answer_json": '["1.2"]'},
            QuestionKind.NUMERIC,
            [("1.2",)],
        ),
        (
            {"answer_mode": "", "options_json": '{"a": "", "b": ""}', "answer_json": '["26"]'},
            QuestionKind.NUMERIC,
            [("26",)],
        ),
        ({"options_json": ""}, QuestionKind.CHOICE, [("a",)]),
    ],
)  # fmt: skip
def test_a_key_of_several_labels_is_all_that_the_question_asks_for_or_any(
    tmp_path: Path,
    changes: dict[str, str],
    kind: QuestionKind,
    accepted: list[tuple[str, ...]],
) -> None:
    question = read_one(tmp_path, **changes)
    assert (question.kind, [question.answer, *question.also]) == (kind, accepted)
    assert question.points is None


CASE = "次の文を読み、1、2の問いに答えよ。架空の患者が架空の症状を訴えて来院した。\n"


def linked(root: Path, *texts: str) -> list[PaperQuestion]:
    """The linked questions A2, A3, ... with these texts."""
    names = [f"2018A{number}" for number in range(2, 2 + len(texts))]
    told = {
        name: {"is_linked": "true", "question_raw": text}
        for name, text in zip(names, texts, strict=True)
    }
    write_jmedqa(root, [112], changes=told)
    return [one for one in read(root / "jmedqa", "2018").questions if one.id in names]


def test_linked_questions_have_their_case_told_once(tmp_path: Path) -> None:
    first, second, other = linked(tmp_path, f"{CASE}診断は？", "治療は？", f"{CASE}次の診断は？")
    assert first.serial == second.serial
    assert second.text.startswith(f"{CASE}診断は？\n\n治療は？")
    assert [first.defect, second.defect, other.defect] == ["", "", ""]
    # A case that every row repeats is not told twice.
    assert other.text.startswith(CASE)
    assert other.text.count("架空の患者") == 1


def test_linked_questions_without_an_opening_are_said_to_be_unsure(tmp_path: Path) -> None:
    first, second = linked(tmp_path, "架空の患者。診断は？", "治療は？")
    assert first.serial == second.serial
    assert "taken from the order of questions" in first.defect
    assert "taken from the order of questions" in second.defect


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"answer_json": "[]"}, r"question 2018A2: the answer \[\] cannot be read"),
        ({"answer_json": '["f"]'}, r"question 2018A2: the answer \['f'\] cannot be read"),
        ({"answer_json": '["a", "a"]'}, "cannot be read"),
        ({"answer_json": "[NaN"}, "question 2018A2"),
        ({"section": "B"}, "names no question of section 'B'"),
        ({"year": "2019"}, "names no question of section 'A' in 2019"),
        ({"problem_unique_id": "A2"}, "names no question"),
        ({"options_json": "[]]"}, "question 2018A2"),
    ],
)
def test_what_is_no_such_source_is_refused_with_the_question(
    tmp_path: Path, changes: dict[str, str], problem: str
) -> None:
    with pytest.raises(PackError, match=problem):
        read_one(tmp_path, **changes)


def test_a_year_that_the_table_lacks_is_named(tmp_path: Path) -> None:
    write_jmedqa(tmp_path, [113])
    with pytest.raises(PackError, match="has no question of the year 2018"):
        read(tmp_path / "jmedqa", "2018")


def test_the_check_names_questions_that_two_data_sets_answer_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = find_pack("nurse-2022", pack_folders())
    for manifest in read_manifest(pack).by_source():
        invented(manifest, tmp_path)
    assert list(key_differences(pack, tmp_path)) == []
    (file,) = (tmp_path / "jmed48k").rglob("*_a.json")
    told = json.loads(file.read_bytes())
    told["questions"][2]["correct_answer"] = ["4"]
    file.write_text(json.dumps(told), encoding="utf-8")
    found = "question A-3: the key is 1 in kokushimd, 4 in jmed48k"
    assert list(key_differences(pack, tmp_path)) == [found]
    main(["check", "nurse-2022", f"--exam-data={tmp_path}"])
    assert f"data sets differ: {found}" in capsys.readouterr().out


@pytest.mark.data
def test_real_keys_are_compared_with_those_of_a_made_up_table(
    data_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "igakuqa").symlink_to(data_root / "igakuqa")
    write_jmedqa(tmp_path, [115])
    pack = find_pack("jmle115", pack_folders())
    ours = load_exam(pack, data_root=tmp_path).key.entries
    otherwise = {name for name, entry in ours.items() if entry.accepted != (("a",),)}
    named = {one.split()[1].rstrip(":") for one in key_differences(pack, tmp_path)}
    assert named == otherwise


@pytest.mark.parametrize(
    "column",
    ["question_raw", "options_json", "image_paths_json", "is_linked", "has_unpublished_image"],
)
def test_a_table_without_a_column_is_refused_and_nothing_left_out_unsaid(
    tmp_path: Path, column: str
) -> None:
    write_jmedqa(tmp_path, [112])
    file = tmp_path / "jmedqa" / "jmedqa.csv"
    file.write_text(
        file.read_text(encoding="utf-8").replace(column, "renamed", 1), encoding="utf-8"
    )
    with pytest.raises(PackError, match=rf"line 2 \(question 2018A1\): {column}"):
        read(tmp_path / "jmedqa", "2018")


def test_a_row_with_more_fields_than_columns_is_refused(tmp_path: Path) -> None:
    write_jmedqa(tmp_path, [112])
    file = tmp_path / "jmedqa" / "jmedqa.csv"
    head, first, *rows = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([head, f"{first},more", *rows]), encoding="utf-8")
    with pytest.raises(PackError, match=r"question 2018A1\) has more fields than columns"):
        read(tmp_path / "jmedqa", "2018")


def test_an_empty_file_is_no_exam_that_is_not_here(tmp_path: Path) -> None:
    write_jmedqa(tmp_path, [112])
    (tmp_path / "jmedqa" / "jmedqa.csv").write_bytes(b"")
    with pytest.raises(PackError, match="is empty") as raised:
        load(112, tmp_path)
    assert not isinstance(raised.value, DataMissingError)


def test_a_question_that_depends_on_a_figure_without_a_file_lacks_it(tmp_path: Path) -> None:
    question = read_one(tmp_path, image_paths_json="{}", image_dependency="Image Only")
    assert (question.image_dependency, question.images) == ("image only", ())
    assert question.figures_missing
