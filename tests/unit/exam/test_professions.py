"""The other ten professions: their rules load, and an invented paper of that form can be sat.

The questions are not here: each paper is made up in the layout its pack names.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jmle_plugin.cli.exams import as_text, list_exam
from jmle_plugin.errors import DataMissingError, PackError
from jmle_plugin.exam import find_pack, find_packs
from jmle_plugin.exam.check import notes
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Sheet, Verdict
from jmle_plugin.report.sheet import verdict_sentence
from tests.builders import make_mark
from tests.conftest import ROOT
from tests.invented import invented
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


@pytest.fixture
def sitting(request: pytest.FixtureRequest, tmp_path: Path) -> Exam:
    pack = PACKS[request.param]
    invented(read_manifest(pack), tmp_path)
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


@pytest.mark.parametrize("sitting", ["dentist-2024"], indirect=True)
def test_required_questions_count_for_those_who_got_them_right(sitting: Exam) -> None:
    """C19 and C20 of the 117th: four fifths of the candidate's own maximum."""
    marks = {name: make_mark(sitting, name) for name in sitting.questions}
    for name in ["C-19", "C-20", *(f"A-{number}" for number in range(1, 16))]:
        marks[name] = make_mark(sitting, name, Outcome.INCORRECT)
    required = build_sheet(sitting, marks, sitting.questions).sections["required"]
    assert (required.points, required.max, required.stated_max, required.margin) == (63, 78, 80, 0)


@pytest.mark.parametrize("sitting", ["physical-therapist-2022"], indirect=True)
def test_a_threshold_for_another_maximum_is_told(sitting: Exam) -> None:
    """The notice counts 272 points, this paper has all 280: eight are not to be counted."""
    (told,) = (one for one in sitting.key.unconfirmed if one.startswith("criterion total"))
    assert told == (
        "criterion total: its threshold is stated for 272 points, the questions here have 280; "
        "which of them do not count, or count otherwise, is not known"
    )


@pytest.mark.parametrize("sitting", ["pharmacist-2023"], indirect=True)
def test_one_weak_subject_fails_pharmacists(sitting: Exam) -> None:
    marks = {name: make_mark(sitting, name) for name in sitting.questions}
    for number in range(71, 79):  # 法規・制度・倫理: two of ten right
        marks[f"1080{number}"] = make_mark(sitting, f"1080{number}", Outcome.INCORRECT)
    sheet = build_sheet(sitting, marks, sitting.questions)
    failed = [name for name, one in sheet.sections.items() if not one.passed]
    assert (failed, sheet.verdict) == (["law"], Verdict.FAIL)
    assert (sheet.sections["law"].points, sheet.sections["law"].margin) == (4, -2)


def test_questions_that_are_not_here_are_missing_data(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError, match=r"Get them from https://github.com/juniorliu95/"):
        load_exam(PACKS["nurse-2022"], data_root=tmp_path)


def test_a_sitting_is_found_by_its_name() -> None:
    assert find_pack("nurse-2022", [ROOT / "data"]) == PACKS["nurse-2022"]


# --- the same sitting of another data set ------------------------------------------------

BOTH = sorted(PROFESSIONS - {"clinical-laboratory-technologist"})
WITHOUT_POINTS = {"dentist", "midwife", "orthoptist"}
"""Which questions count more than one point is said by KokushiMD-10 alone."""


def read_from(name: str, root: Path, *sources: str) -> Exam:
    """The sitting, where the data sets `sources` are here."""
    for manifest in read_manifest(PACKS[name]).by_source():
        if manifest.source.folder in sources:
            invented(manifest, root)
    return load_exam(PACKS[name], data_root=root)


@pytest.mark.parametrize("profession", sorted(set(BOTH) - WITHOUT_POINTS))
def test_either_data_set_serves(profession: str, tmp_path: Path) -> None:
    name = f"{profession}-2023"
    ours = read_from(name, tmp_path / "first", "kokushimd")
    theirs = read_from(name, tmp_path / "second", "jmed48k")
    assert (ours.source, theirs.source) == ("kokushimd", "jmed48k")
    assert ("MIT" in ours.licence, "CC BY-NC 4.0" in theirs.licence) == (True, True)
    assert list(ours.questions) == list(theirs.questions)
    assert {one.id: (one.section, one.points) for one in ours.questions.values()} == {
        one.id: (one.section, one.points) for one in theirs.questions.values()
    }
    assert [sat(theirs, right).verdict for right in (True, False)] == [Verdict.PASS, Verdict.FAIL]
    assert [one for one in check_exam(theirs) if "maximum is" not in one] == []
    # Results by one are never taken for results by the other, were all questions alike.
    assert ours.hash != theirs.hash
    assert "the questions are read from jmed48k, one of several data sets" in notes(theirs)


def test_of_two_data_sets_the_packs_first_is_read(tmp_path: Path) -> None:
    alone = read_from("nurse-2022", tmp_path / "one", "kokushimd")
    both = read_from("nurse-2022", tmp_path / "two", "jmed48k", "kokushimd")
    assert (both.source, both.hash) == ("kokushimd", alone.hash)
    listed = list_exam(PACKS["nurse-2022"], tmp_path / "two")
    assert (listed.here, listed.source, listed.licence) == (True, "kokushimd", alone.licence)
    assert "nurse-2022: kokushimd" in as_text([listed])
    only = tmp_path / "two" / "jmed48k"
    listed = list_exam(PACKS["nurse-2022"], only.rename(tmp_path / "jmed48k").parent)
    assert (listed.source, "CC BY-NC" in listed.licence) == ("jmed48k", True)


def test_a_damaged_data_set_is_not_passed_over(tmp_path: Path) -> None:
    read_from("nurse-2022", tmp_path, "jmed48k", "kokushimd")
    (booklet,) = tmp_path.rglob("看護_2022_b.json")
    booklet.unlink()
    with pytest.raises(PackError, match="block B must have the questions 1 to 120"):
        load_exam(PACKS["nurse-2022"], data_root=tmp_path)


@pytest.mark.parametrize("profession", sorted(WITHOUT_POINTS))
def test_jmed48k_does_not_say_what_a_question_counts(profession: str, tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"question A-1: the source does not say its points"):
        read_from(f"{profession}-2023", tmp_path, "jmed48k")


def test_both_data_sets_are_named_where_neither_is_here(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError) as caught:
        load_exam(PACKS["nurse-2022"], data_root=tmp_path)
    told = str(caught.value)
    assert "KokushiMD-10 or https://arxiv.org/abs/2605.22080 yourself" in told
    assert "a folder that holds 'kokushimd' or 'jmed48k'" in told


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ("blocks = { AM = 'C' }", "other_sources.more.blocks: unknown block 'C'"),
        ("folder = ''", "other_sources.more.folder"),
        ("", "other_sources.more: the source beside exam.toml is always read"),
    ],
)
def test_another_source_is_one_that_can_be_read(tmp_path: Path, changed: str, problem: str) -> None:
    more = "format = 'jmed48k'\nlicence = 'theirs'\n"
    more += changed if "folder" in changed else f"folder = 'jmed48k'\n{changed}"
    file = pack_of(tmp_path, f"{OWN}\n[other_sources.more]\n{more}", BASE)
    with pytest.raises(PackError) as caught:
        read_manifest(file)
    assert problem in str(caught.value)


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
        (OWN + "treshold = 3", "treshold: "),
    ],
)
def test_a_base_is_a_file_beside_the_packs_folder(tmp_path: Path, own: str, problem: str) -> None:
    file = pack_of(tmp_path, own, BASE)
    with pytest.raises(PackError) as caught:
        read_manifest(file)
    assert problem in str(caught.value)


def test_a_base_extends_nothing(tmp_path: Path) -> None:
    file = pack_of(tmp_path, OWN, 'extends = "some"\n' + BASE)
    with pytest.raises(PackError, match="extends: "):
        read_manifest(file)
