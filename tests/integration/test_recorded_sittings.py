"""What IgakuQA and IgakuQA119 recorded, marked again: their own figures come out.

Needs the published data (JMLE_DATA).
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from jmle_plugin.ask.importing import FORMS, Form, expand, import_all
from jmle_plugin.ask.importing.writing import ForeignRun
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Sheet, Tally, Verdict
from jmle_plugin.report.sheet import notes
from jmle_plugin.results.provenance import RunContext
from tests.builders import marks_of, picture_file
from tests.conftest import ROOT

pytestmark = pytest.mark.data

YEARS = {112: 2018, 113: 2019, 114: 2020}
GPT3, CHATGPT, TRANSLATED, GPT4, PEOPLE = SYSTEMS = (
    "gpt3", "chatgpt", "translate_chatgpt-en", "gpt4", "student-majority",
)  # fmt: skip

# Points by the project's own rule: required and other.
PUBLISHED = {
    GPT3: [(105, 104), (93, 117), (97, 111)],
    CHATGPT: [(123, 143), (100, 150), (118, 148)],
    TRANSLATED: [(123, 158), (117, 157), (116, 147)],
    GPT4: [(161, 221), (170, 215), (168, 219)],
    PEOPLE: [(196, 276), (196, 274), (195, 276)],
}
# Totals where white space round the letters is left out.
STRIPPED = {
    GPT3: [211, 210, 209],
    CHATGPT: [270, 252, 271],
    TRANSLATED: [285, 278, 270],
    GPT4: [383, 387, 392],
    PEOPLE: [472, 470, 471],
}
# What the default reading makes of answers with more than letters in them: points gained.
READ_IN_WORDS = {
    (112, TRANSLATED): {"112E27": 3},
    (112, GPT4): {"112C66": 1},
    (113, TRANSLATED): {"113B29": 3, "113D30": 1},
    (113, GPT4): {"113A75": 1, "113F21": 1, "113F84": 1},
    (114, CHATGPT): {"114B3": 1},
    (114, TRANSLATED): {"114A47": 1, "114D23": 1, "114E37": 3},
    (114, GPT4): {"114C36": 1, "114D75": 1, "114F75": 1},
}
# Questions with a prohibited choice, by their rule and by the default reading.
PROHIBITED_PUBLISHED = {
    GPT3: [10, 5, 4],
    CHATGPT: [4, 5, 3],
    TRANSLATED: [6, 3, 2],
    GPT4: [1, 1, 0],
    PEOPLE: [1, 0, 0],
}
PROHIBITED = PROHIBITED_PUBLISHED | {
    GPT3: [10, 5, 5],
    CHATGPT: [4, 5, 4],
    TRANSLATED: [7, 3, 2],
}


class Marked(NamedTuple):
    marks: list[Mark]
    sheet: Sheet


@cache
def exam(edition: int, data: Path, key: str | None = None) -> Exam:
    pack = ROOT / "data" / f"jmle{edition}" / "exam.toml"
    return load_exam(pack, data_root=data, key=key)


@cache
def recorded(data: Path) -> dict[tuple[int, str], ForeignRun]:
    """The five systems' runs of three exams."""
    folder = data / "igakuqa" / "baseline_results"
    return {
        (edition, run.name): run
        for edition, year in YEARS.items()
        for run in FORMS[Form.IGAKUQA](expand([folder / str(year)], Form.IGAKUQA), None)
    }


def marked(run: ForeignRun, sat: Exam, extraction: Extraction) -> Marked:
    marks = marks_of(run, sat, extraction)
    return Marked(list(marks.values()), build_sheet(sat, marks, sat.questions))


def test_every_answer_of_the_five_systems_is_there(data_root: Path) -> None:
    runs = recorded(data_root)
    assert set(runs) == {(edition, system) for edition in YEARS for system in SYSTEMS}
    for (edition, _), run in runs.items():
        assert {one.question for one in run.replies} == set(exam(edition, data_root).questions)


@pytest.mark.parametrize("key", ["author", "official"])
@pytest.mark.parametrize("edition", YEARS)
def test_their_own_rule_gives_their_own_scores(data_root: Path, edition: int, key: str) -> None:
    place = list(YEARS).index(edition)
    made = {
        system: marked(
            recorded(data_root)[edition, system],
            exam(edition, data_root, key),
            Extraction.PUBLISHED,
        ).sheet
        for system in SYSTEMS
    }
    points = {
        name: (sheet.sections["required"].points, sheet.sections["general"].points)
        for name, sheet in made.items()
    }
    assert points == {name: years[place] for name, years in PUBLISHED.items()}
    prohibited = {name: sheet.prohibited.count for name, sheet in made.items()}
    assert prohibited == {name: years[place] for name, years in PROHIBITED_PUBLISHED.items()}
    maxima = {112: (200, 299), 113: (200, 296), 114: (197, 299)}[edition]
    for sheet in made.values():
        sections = sheet.sections
        assert (sections["required"].max, sections["general"].max) == maxima
        assert sheet.errors == []
    passed = [name for name, sheet in made.items() if sheet.verdict is Verdict.PASS]
    assert passed == [GPT4, PEOPLE]


@pytest.mark.parametrize("edition", YEARS)
def test_read_as_a_person_would_they_gain_these_points(data_root: Path, edition: int) -> None:
    sat, place = exam(edition, data_root), list(YEARS).index(edition)
    for system in SYSTEMS:
        strict = marked(recorded(data_root)[edition, system], sat, Extraction.PUBLISHED)
        ours = marked(recorded(data_root)[edition, system], sat, Extraction.STANDARD)
        before = {mark.question: mark for mark in strict.marks}
        spaced, worded = 0, {}
        for mark in ours.marks:
            old = before[mark.question]
            gain = mark.points - old.points
            if gain and sorted(label.strip() for label in old.answer) == mark.answer:
                spaced += gain
            elif gain:
                worded[mark.question] = gain
        assert strict.sheet.total.points + spaced == STRIPPED[system][place], system
        assert worded == READ_IN_WORDS.get((edition, system), {}), system
        assert ours.sheet.prohibited.count == PROHIBITED[system][place], system
        assert ours.sheet.prohibited.passed is (PROHIBITED[system][place] <= 3)
        assert (ours.sheet.verdict is Verdict.PASS) is (system in {GPT4, PEOPLE})


def test_gpt4_passed_the_112th_by_one_point(data_root: Path) -> None:
    sheet = marked(recorded(data_root)[112, GPT4], exam(112, data_root), Extraction.PUBLISHED).sheet
    assert (sheet.sections["required"].points, sheet.sections["required"].margin) == (161, 1)
    assert (sheet.sections["general"].points, sheet.sections["general"].margin) == (221, 13)
    assert (sheet.prohibited.count, sheet.prohibited.limit) == (1, 3)


def test_sheets_tell_missing_figures_and_how_people_did(data_root: Path) -> None:
    sat = exam(113, data_root)
    sheet = marked(recorded(data_root)[113, GPT4], sat, Extraction.STANDARD).sheet
    missing = sheet.images.missing
    assert missing is not None
    assert sheet.images.shown == Tally()
    assert missing.questions == sum(one.figures_missing for one in sat.questions.values())
    assert missing.questions + sheet.images.without.questions == 400
    bins = sheet.by_human_accuracy
    assert bins is not None
    assert {name: one.questions for name, one in bins.items() if name == "unknown"} == {
        "unknown": 4
    }
    rates = [bins[name].correct / bins[name].questions for name in ("under_50", "over_80")]
    assert rates[0] < rates[1] - 0.1
    assert sum(one.points for one in bins.values()) == sheet.total.points


@pytest.mark.parametrize(
    ("edition", "points", "unknown"),
    [
        (112, {"required": 178.42, "general": 237.57}, []),
        (115, {"required": 183.39, "general": 240.35}, ["115C6"]),
        # 116A71 is credited to all, whatever the share.
        (116, {"required": 180.0, "general": 243.5}, ["116A71"]),
    ],
)
def test_the_average_examinee(
    data_root: Path, edition: int, points: dict[str, float], unknown: list[str]
) -> None:
    average = build_sheet(sat := exam(edition, data_root), {}, sat.questions).examinee
    assert average is not None
    assert {name: round(one, 2) for name, one in average.sections.items()} == points
    assert average.unknown == unknown


FIGURES = ("score", "possible_score", "correct", "total")
LEADERBOARD = {
    "pfn-medllm-qwen-72b": "Preferred-MedLLM-Qwen-72B",
    "CA-DSR1-DQ32B-JP-base": "CA-DSR1-DQ32B-JP",
    "CA-DSR1-DQ32B-JP-cpt": "CA-DSR1-DQ32B-JP-CPT",
}
# What the default reading gains over the project's rule.
READ_119 = {
    "pfn-medllm-qwen-72b": {"119C69": 1, "119E7": 1, "119F4": 1},
    "CA-DSR1-DQ32B-JP-base": {},
    "CA-DSR1-DQ32B-JP-cpt": {
        "119B17": 1, "119C57": 1, "119C66": 1, "119C73": 1, "119D37": 1, "119D39": 1,
        "119D71": 1, "119E27": 3, "119E46": 3,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", LEADERBOARD)
def test_the_119th_has_its_leaderboard(data_root: Path, name: str) -> None:
    folder, sat = data_root / "igakuqa119", exam(119, data_root)
    row = json.loads((folder / "results" / "leaderboard.json").read_bytes())[LEADERBOARD[name]]
    table = folder / "results" / "demo" / f"119_{name}_grading_results.csv"
    (run,) = FORMS[Form.IGAKUQA119_TABLE]([table], ImageMode.BLIND)
    strict = marked(run, sat, Extraction.PUBLISHED)
    check_row(strict.sheet, row)
    ours = marked(run, sat, Extraction.STANDARD)
    pairs = zip(ours.marks, strict.marks, strict=True)
    gained = {new.question: gain for new, old in pairs if (gain := new.points - old.points)}
    assert gained == READ_119[name]


def test_with_all_of_its_figures_the_119th_has_the_same_leaderboard(
    data_root: Path, tmp_path: Path
) -> None:
    """119C67 has none, whatever file is called so. The figures are made up; their names are not."""
    theirs, folder = data_root / "igakuqa119", tmp_path / "igakuqa119"
    (folder / "images").mkdir(parents=True)
    for name in ("questions", "results"):
        (folder / name).symlink_to(theirs / name)
    text = (ROOT / "data" / "jmle119" / "exam.toml").read_text(encoding="utf-8")
    names = re.findall(r'^"images/(.+?)" = ', text, re.MULTILINE)
    assert len(names) == 150
    for name in names:
        (folder / "images" / name).write_bytes(picture_file(Image.new("RGB", (4, 3), "white")))
    pack = tmp_path / "jmle119" / "exam.toml"
    pack.parent.mkdir()
    pack.write_text(re.sub(r'^"images/.*\n', "", text, flags=re.MULTILINE), encoding="utf-8")
    sat = load_exam(pack, data_root=tmp_path)
    shown = [one for one in sat.questions.values() if one.images]
    lacking = [one.id for one in sat.questions.values() if one.figures_missing]
    assert (len(shown), lacking) == (101, ["119C15", "119C22"])
    assert sum(len(one.images) for one in shown) == 149
    rows = json.loads((theirs / "results" / "leaderboard.json").read_bytes())
    for name, title in LEADERBOARD.items():
        table = theirs / "results" / "demo" / f"119_{name}_grading_results.csv"
        (run,) = FORMS[Form.IGAKUQA119_TABLE]([table], ImageMode.VISION)
        check_row(marked(run, sat, Extraction.PUBLISHED).sheet, rows[title])


def check_row(sheet: Sheet, row: dict[str, float]) -> None:
    """The sheet has the figures of this row of the leaderboard."""
    assert sheet.errors == []
    assert figures(sheet.total) == tuple(row[f"overall_{name}"] for name in FIGURES)
    assert figures(sheet.images.without) == tuple(row[f"no_image_{name}"] for name in FIGURES)


def figures(tally: Tally) -> tuple[int, ...]:
    return tally.points, tally.max, tally.correct, tally.questions


def test_an_imported_run_has_the_figures_as_well(data_root: Path, tmp_path: Path) -> None:
    folder, sat = data_root / "igakuqa119", exam(119, data_root)
    (done,) = import_all([folder / "answers" / "demo"], sat, tmp_path, images=ImageMode.BLIND)
    assert (done.run.run, done.replies, done.missing) == ("pfn-medllm-qwen-72b", 400, ())
    sitting = Sitting(sat, done.run, None, done.folder)
    results = remake_results(sitting, Extraction.PUBLISHED, RunContext.outside())
    rows = json.loads((folder / "results" / "leaderboard.json").read_bytes())
    check_row(results.sheet, rows[LEADERBOARD[done.run.run]])
    told = list(notes(results))
    assert any("96 questions had figures that the data set does not have" in one for one in told)
    assert any("extraction published by IgakuQA119" in one for one in told)
    assert any("the replies answered that project's prompt" in one for one in told)
