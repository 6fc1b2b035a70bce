"""What YakugakuQA recorded of two models on the pharmacists' 105th to 107th.

Needs the published data (JMLE_DATA). Figures by the packs' rules: two points a question, and what
has no right answer is credited to everybody.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from jmle_plugin.ask.importing import FORMS, Form, import_all
from jmle_plugin.ask.reply import Reply
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, mark_reply
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Verdict
from tests.builders import marks_of
from tests.conftest import ROOT

pytestmark = pytest.mark.data

YEARS = {105: 2020, 106: 2021, 107: 2022}
GPT, QWEN = "gpt4o", "Qwen_Qwen2.5-7B-Instruct"
STANDARD = {
    (105, GPT): (462, 126, 231), (106, GPT): (470, 142, 234), (107, GPT): (504, 142, 251),
    (105, QWEN): (290, 90, 145), (106, QWEN): (320, 102, 159), (107, QWEN): (318, 100, 158),
}  # fmt: skip
"""Points in all, points of the required questions, right answers."""
PUBLISHED = {(105, GPT): (460, 126), (106, GPT): (464, 142), (107, GPT): (498, 142)}
GAINED = {
    (105, GPT): {"105288": 2},
    (106, GPT): {"106106": 2, "106230": 2, "106337": 2},
    (107, GPT): {"107116": 2, "107149": 2, "107158": 2},
}
"""What the default reading makes of answers that upstream's rule, which splits at commas and
leaves the blanks, does not read."""


@cache
def exam(edition: int, data: Path) -> Exam:
    pack = ROOT / "data" / "professions" / f"pharmacist-{YEARS[edition]}" / "exam.toml"
    return load_exam(pack, data_root=data)


@cache
def marked(edition: int, system: str, extraction: Extraction, data: Path) -> dict[str, Mark]:
    sat = exam(edition, data)
    file = data / "yakugakuqa" / "baseline_results" / f"{edition}_{system}.jsonl"
    (run,) = FORMS[Form.YAKUGAKUQA]([file], None)
    return marks_of(run, sat, extraction)


@pytest.mark.parametrize(("edition", "system"), STANDARD)
def test_the_recorded_answers_have_the_points_of_the_packs_rules(
    data_root: Path, edition: int, system: str
) -> None:
    sat = exam(edition, data_root)
    ours = marked(edition, system, Extraction.STANDARD, data_root)
    sheet = build_sheet(sat, ours, sat.questions)
    found = (sheet.total.points, sheet.sections["required"].points, sheet.total.correct)
    assert found == STANDARD[edition, system]
    assert (sheet.total.max, sheet.errors) == (690, [])
    assert sheet.verdict is (Verdict.PASS if system == GPT else Verdict.FAIL)


@pytest.mark.parametrize(("edition", "system"), STANDARD)
def test_by_upstreams_rule_to_the_letter_less_is_read(
    data_root: Path, edition: int, system: str
) -> None:
    sat = exam(edition, data_root)
    strict = marked(edition, system, Extraction.PUBLISHED, data_root)
    sheet = build_sheet(sat, strict, sat.questions)
    found = (sheet.total.points, sheet.sections["required"].points)
    assert found == PUBLISHED.get((edition, system), STANDARD[edition, system][:2])
    ours = marked(edition, system, Extraction.STANDARD, data_root)
    gained = {
        name: gain for name, mark in ours.items() if (gain := mark.points - strict[name].points)
    }
    assert gained == GAINED.get((edition, system), {})


def test_of_two_answers_that_are_accepted_one_is_right_and_not_both(data_root: Path) -> None:
    sat = exam(105, data_root)
    outcomes = {
        text: mark_reply(
            sat.questions["105299"], sat.key, Reply(text, answer_of="YakugakuQA")
        ).outcome
        for text in ("1", "4", "1,4", "2")
    }
    assert [outcomes[one] is Outcome.CORRECT for one in ("1", "4", "1,4", "2")] == [
        True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("edition", YEARS)
def test_upstreams_own_tally_comes_out_by_category(data_root: Path, edition: int) -> None:
    """Text-only questions; the 105th's last twenty are paired by position, as upstream does."""
    folder = data_root / "yakugakuqa"
    about = folder / "data" / str(YEARS[edition]) / f"metadata_{edition}.jsonl"
    by_position = [json.loads(line)["category"] for line in about.read_bytes().splitlines()]
    strict = marked(edition, QWEN, Extraction.PUBLISHED, data_root)
    found: dict[str, tuple[int, int]] = {}
    for place, question in enumerate(exam(edition, data_root).questions.values()):
        if not question.figures_missing:
            category = by_position[place]
            right, of = found.get(category, (0, 0))
            found[category] = right + (strict[question.id].outcome is Outcome.CORRECT), of + 1
            assert category == question.subject or (edition == 105 and place >= 325)
    told = folder / "baseline_results" / f"{edition}_{QWEN}_count.jsonl"
    lines = [json.loads(line) for line in told.read_bytes().splitlines()]
    assert found == {one["category"]: (one["count"], one["total_count"]) for one in lines}


def test_a_folder_of_them_is_imported_without_the_tallies(data_root: Path, tmp_path: Path) -> None:
    said: list[str] = []
    folder = data_root / "yakugakuqa" / "baseline_results"
    done = import_all([folder], exam(106, data_root), tmp_path, report=said.append)
    assert [one.run.run for one in done] == [QWEN, GPT]
    assert all((one.replies, one.run.images) == (345, ImageMode.BLIND) for one in done)
    assert len(said) == 3
    assert said[0] == (f"left out: 105_{QWEN}_count.jsonl holds no run, but a tally by category")
