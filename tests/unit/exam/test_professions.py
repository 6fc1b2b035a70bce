"""The other ten professions: their rules load, and an invented paper of that form can be sat.

The questions are not here: each paper is made up in the layout its pack names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import DataMissingError, PackError
from jmle_plugin.exam.library import find_pack, find_packs
from jmle_plugin.exam.manifest import Manifest, read_manifest
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Sheet, Verdict
from jmle_plugin.report.sheet_wording import verdict_sentence
from tests.builders import make_mark
from tests.conftest import ROOT
from tests.unit.exam.problems import check_exam

PROFESSIONS = {
    "clinical-laboratory-technologist", "dentist", "midwife", "nurse", "occupational-therapist",
    "orthoptist", "pharmacist", "physical-therapist", "public-health-nurse",
    "radiological-technologist",
}  # fmt: skip
YEARS = range(2020, 2025)
PACKS = {
    name: file for name, file in find_packs([ROOT / "data"]).items() if name[:-5] in PROFESSIONS
}
OPTIONS = {str(n): f"架空の選択肢{n}" for n in range(1, 6)}

WORTH = {"dentist": (60, 3), "midwife": (37, 2), "orthoptist": (65, 2)}
"""Where the data says the points: the number behind which they are more than one, and how many."""


def test_there_are_rules_for_every_profession_and_year() -> None:
    assert PACKS.keys() == {f"{name}-{year}" for name in PROFESSIONS for year in YEARS}


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_says_who_sits_what_and_where_its_rules_come_from(name: str) -> None:
    manifest = read_manifest(PACKS[name])
    assert (manifest.id, manifest.profession) == (name, name[:-5])
    assert f"第{manifest.edition}回" in manifest.title
    for key in manifest.keys.values():
        assert key.source
        for criterion in key.criteria.values():
            # What has no source of its own is marked.
            assert criterion.max or criterion.ratio or criterion.unconfirmed


def invented(manifest: Manifest, folder: Path) -> None:
    """A paper in the layout of the pack's source."""
    files: dict[Path, Any] = {}
    part = folder / (manifest.source.part or "")
    for block in manifest.blocks:
        questions = [
            entry(manifest, block.id, number, block.points_of(number)) for number in block.numbers
        ]
        whole = {"questions": questions} if manifest.source.format == "jmed48k" else questions
        files[part.with_name(f"{part.name}_{block.id.lower()}.json")] = whole
    for file, data in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def entry(manifest: Manifest, block: str, number: int, points: int | None) -> dict[str, Any]:
    text = f"架空の問題{block}の{number}はどれか。"
    if manifest.source.format == "jmed48k":
        return {
            "question_number": number,
            "section": {"AM": "午前", "PM": "午後"}[block],
            "question_text": text,
            "text_reference": "",
            "options": OPTIONS,
            "correct_answer": ["1"],
            "text_only": True,
            "img": None,
        }
    last, more = WORTH.get(manifest.profession, (number, 0))
    return {
        "index": str(number),
        "question": text,
        "options": OPTIONS,
        "type": "single",
        "answer": "1",
        "points": str(points or (more if number > last else 1)),
        "kinki": "2" if manifest.profession == "dentist" and number == 1 else "",
        "text_only": True,
        "human_accuracy": "",
    }


@pytest.fixture
def sitting(request: pytest.FixtureRequest, tmp_path: Path) -> Exam:
    pack = PACKS[request.param]
    manifest = read_manifest(pack)
    invented(manifest, tmp_path / (manifest.source.folder or ""))
    return load_exam(pack, data_root=tmp_path)


def sat(exam: Exam, right: bool = True) -> Sheet:
    outcome = Outcome.CORRECT if right else Outcome.INCORRECT
    marks = {name: make_mark(exam, name, outcome) for name in exam.questions}
    return build_sheet(exam, marks, exam.questions)


SAMPLE = [f"{name}-{year}" for name in sorted(PROFESSIONS) for year in (2020, 2023)]


@pytest.mark.parametrize("sitting", SAMPLE, indirect=True)
def test_a_paper_of_that_form_can_be_passed_and_failed(sitting: Exam) -> None:
    assert sat(sitting).verdict is Verdict.PASS
    assert sat(sitting, right=False).verdict is Verdict.FAIL
    # Nothing is wrong but maxima, for nobody left questions out of this paper.
    assert [one for one in check_exam(sitting) if "maximum is" not in one] == []


@pytest.mark.parametrize(
    ("sitting", "words"),
    [
        ("pharmacist-2024", "9 evaluable criteria"),
        ("radiological-technologist-2023", "one evaluable criterion"),
        ("dentist-2022", "three evaluable criteria"),
        ("dentist-2023", ""),
        ("nurse-2022", ""),
    ],
    indirect=["sitting"],
)
def test_a_pass_without_an_official_criterion_says_so(sitting: Exam, words: str) -> None:
    sheet = sat(sitting)
    assert verdict_sentence(sheet) == "PASS 合格" + (f" (passes the {words})" if words else "")
    assert bool(sheet.not_evaluated) is bool(words)


def test_which_sittings_have_criteria_that_are_not_evaluated() -> None:
    named = {
        name: [rule.partition(":")[0] for rule in key.not_evaluated]
        for name, file in PACKS.items()
        for key in read_manifest(file).keys.values()
        if key.not_evaluated
    }
    assert named == {
        **{f"pharmacist-{year}": ["prohibited choices"] for year in YEARS},
        **{f"dentist-{year}": ["prohibited choices"] for year in (2020, 2021, 2022)},
        **{
            f"radiological-technologist-{year}": ["at most one subject may have 0 points"]
            for year in YEARS
        },
    }


@pytest.mark.parametrize(
    ("sitting", "maxima"),
    [
        ("nurse-2020", {"required": 50, "general": 250}),
        ("physical-therapist-2023", {"total": 280, "practical": 120}),
        ("public-health-nurse-2021", {"all": 145}),
        ("radiological-technologist-2023", {"all": 200}),
        ("pharmacist-2024", {"total": 690, "required": 180, "physics": 30, "law": 20}),
        ("clinical-laboratory-technologist-2024", {"all": 200}),
    ],
    indirect=["sitting"],
)
def test_a_whole_paper_counts_what_the_ministry_says(sitting: Exam, maxima: dict[str, int]) -> None:
    sections = sat(sitting).sections
    assert {name: sections[name].max for name in maxima} == maxima


@pytest.mark.parametrize("sitting", ["pharmacist-2023"], indirect=True)
def test_one_weak_subject_fails_pharmacists(sitting: Exam) -> None:
    marks = {name: make_mark(sitting, name) for name in sitting.questions}
    for number in range(71, 79):  # 法規・制度・倫理: two of ten right
        marks[f"A1-{number}"] = make_mark(sitting, f"A1-{number}", Outcome.INCORRECT)
    sheet = build_sheet(sitting, marks, sitting.questions)
    failed = [name for name, one in sheet.sections.items() if not one.passed]
    assert (failed, sheet.verdict) == (["law"], Verdict.FAIL)
    assert (sheet.sections["law"].points, sheet.sections["law"].margin) == (4, -2)


def test_questions_that_are_not_here_are_missing_data(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError, match=r"Get them from https://github.com/juniorliu95/"):
        load_exam(PACKS["nurse-2022"], data_root=tmp_path)


def test_a_sitting_is_found_by_its_name() -> None:
    assert find_pack("nurse-2022", [ROOT / "data"]) == PACKS["nurse-2022"]


# --- what several sittings share --------------------------------------------------------


def pack_of(folder: Path, own: str, base: str) -> Path:
    file = folder / "some-2022" / "exam.toml"
    file.parent.mkdir()
    file.write_text(own, encoding="utf-8")
    (folder / "some.toml").write_text(base, encoding="utf-8")
    return file


BASE = """
schema = 1
profession = "some"
licence = "none"
default_key = "official"
blocks = [{ id = "A", section = "all", questions = 3 }]
sections.all.title = "All"
source = { format = "jmle" }
[keys.official]
title = "a key"
criteria.all = { threshold = 2, ratio = [3, 5] }
"""
OWN = """
extends = "some"
id = "some-2022"
title = "Some exam"
edition = 2
keys.official.criteria.all.threshold = 1
"""


def test_a_sitting_says_what_is_different(tmp_path: Path) -> None:
    manifest = read_manifest(pack_of(tmp_path, OWN, BASE))
    criterion = manifest.keys["official"].criteria["all"]
    assert (manifest.profession, criterion.threshold, criterion.ratio) == ("some", 1, (3, 5))


@pytest.mark.parametrize(
    ("own", "problem"),
    [
        ('extends = "other"', "other.toml: cannot be read"),
        ('extends = "../some"', "exam.toml"),
        ("extends = 3", "exam.toml"),
        (OWN + "treshold = 3", "treshold: Extra inputs"),
    ],
)
def test_a_base_is_a_file_beside_the_packs_folder(tmp_path: Path, own: str, problem: str) -> None:
    file = pack_of(tmp_path, own, BASE)
    with pytest.raises(PackError) as caught:
        read_manifest(file)
    assert problem in str(caught.value)


def test_a_base_extends_nothing(tmp_path: Path) -> None:
    file = pack_of(tmp_path, OWN, 'extends = "some"\n' + BASE)
    with pytest.raises(PackError, match="extends: Extra inputs"):
        read_manifest(file)
