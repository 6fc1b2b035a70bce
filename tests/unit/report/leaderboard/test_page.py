"""What the page is told: every run, every question, and pages that lie beside."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.compare.leaderboard import Entry, Leaderboard
from jmle_plugin.exam.model import Exam
from jmle_plugin.report.html.leaderboard import FRAME, board_page
from tests.builders import make_question, make_results


def data(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    values = json.loads(found[1])
    for table, words in zip(values["tables"], values["words"]["en"]["tables"], strict=True):
        table.update(words)
    return values


class Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        del attrs
        self.found += tag == "script"


def test_every_run_and_question_is_there(
    board: Leaderboard, entries: list[Entry], exam: Exam
) -> None:
    told, terse = data(board_page(board, entries, {exam.id: exam}, Path()))["tables"]
    assert [one["id"] for one in told["questions"]] == list(exam.questions)
    assert told["blocks"] == ["A", "B"]
    assert [one["image"] for one in told["questions"]].count(True) == 1
    outcomes = {row["run"]: row["outcomes"] for row in (*told["rows"], *told["unranked"])}
    assert outcomes == {
        "often": "ccccccc",
        "blind": "ccciccc",
        "script": "ccccicc",
        "twin": "icccccc",
        "hostile": "icicccc",
        "fails": "cccccii",
        "outage": "ceccccc",
        "part": "c---c--",
    }
    assert told["rows"][0]["answers"][1] == "a,c"
    assert [row["run"] for row in terse["rows"]] == ["terse"]


def test_the_page_has_the_tables_footnotes(unlisted: Leaderboard, exam: Exam) -> None:
    entries = [Entry(Path(f"{name}.json"), make_results(exam)) for name in ("good", "bad")]
    (table,) = data(board_page(unlisted, entries, {}, Path()))["tables"]
    notes = [note for note in table["notes"] if note.startswith("PASS")]
    assert notes == ["PASS: by the published criteria; prohibited choices are not evaluable"]


def test_the_page_is_the_same_without_the_exam(
    board: Leaderboard, entries: list[Entry], exam: Exam
) -> None:
    with_exam = board_page(board, entries, {exam.id: exam}, Path())
    assert board_page(board, entries, {}, Path()) == with_exam


def test_without_the_exam_questions_of_old_files_are_those_that_were_asked(
    board: Leaderboard, entries: list[Entry], exam: Exam
) -> None:
    entries = [
        replace(one, results=one.results.model_copy(update={"questions": {}})) for one in entries
    ]
    other = Exam(
        **{name: getattr(exam, name) for name in Exam.__dataclass_fields__}
        | {"questions": {"C-1": make_question("C-1")}}
    )
    for exams in ({}, {exam.id: other}):
        told = data(board_page(board, entries, exams, Path()))["tables"][0]
        assert told["blocks"] == []
        assert [one["id"] for one in told["questions"]] == list(exam.questions)


def test_no_name_ends_the_data(board: Leaderboard, entries: list[Entry], exam: Exam) -> None:
    page = board_page(board, entries, {exam.id: exam}, Path())
    scripts = Scripts()
    scripts.feed(page)
    assert scripts.found == 1 + len(FRAME.scripts)
    assert "<img src=x" not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("base", [".", "elsewhere/deep"])
def test_pages_beside_are_linked(
    board: Leaderboard,
    entries: list[Entry],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    base: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results" / "tiny").mkdir(parents=True)
    (tmp_path / "results" / "tiny" / "often.html").write_text("a page")
    told = data(board_page(board, entries, {}, Path(base)))["tables"][0]
    pages = {row["run"]: row["page"] for row in told["rows"] if row["page"]}
    assert pages.keys() == {"often"}
    assert (tmp_path / base).joinpath(pages["often"]).resolve() == (
        tmp_path / "results" / "tiny" / "often.html"
    )


def test_no_script_takes_another_ones_names() -> None:
    # They share one scope: a second function of a name would silently replace the first.
    static = files("jmle_plugin.report.html").joinpath("static")
    found = Counter(
        name
        for script in FRAME.scripts
        for name in re.findall(
            r"^(?:function|const|let) (\w+)",
            static.joinpath(script).read_text("utf-8"),
            re.MULTILINE,
        )
    )
    assert found["foreign"] == found["heatOf"] == 1
    assert [name for name, times in found.items() if times > 1] == []
