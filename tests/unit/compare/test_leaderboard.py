"""Which results stand in one table, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jmle_plugin.ask.run import ImageMode, PromptRef
from jmle_plugin.compare.leaderboard import Leaderboard, identity, leaderboard
from jmle_plugin.exam.model import Exam, KeyEntry, NumericRule
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report.leaderboard import footnotes, leaderboard_document
from jmle_plugin.report.markdown import markdown
from jmle_plugin.results.file import Results
from jmle_plugin.results.soundness import FACTS
from tests.builders import (
    lines_of,
    make_exam,
    make_imported_run,
    make_key,
    make_mark,
    make_question,
    make_questions,
    make_results,
    make_run,
)
from tests.unit.compare.conftest import Sat


def names(board: Leaderboard) -> list[list[str]]:
    return [[row.run for row in table.rows] for table in board.tables]


def sitting(run: str, exam: Exam | None = None, **changes: Any) -> Results:
    extraction = changes.pop("extraction", Extraction.STANDARD)
    return make_results(exam, run=make_run(run=run, **changes), extraction=extraction)


def test_points_then_names(sat: Sat) -> None:
    board = leaderboard(
        [sat("b", ["A-1"]), sat("c"), sat("a", ["A-2"]), sat("Z", ["A-2"]), sat("d", ["B-2"])], {}
    )
    assert names(board) == [["c", "Z", "a", "b", "d"]]
    assert [row.rank for row in board.tables[0].rows] == [1, 2, 2, 2, 5]
    assert [row.source for row in board.tables[0].rows] == [1, 3, 2, 0, 4]


def test_questions_without_figures_have_an_order_of_their_own(sat: Sat) -> None:
    """A-4 alone has a figure; A-1 and A-4 are worth a point, B-2 three."""
    (table,) = leaderboard(
        [sat("sees", ["A-1"]), sat("reads", ["A-4"]), sat("c", ["B-2"])], {}
    ).tables
    assert [(row.run, row.rank, row.total.points) for row in table.rows] == [
        ("reads", 1, 10), ("sees", 1, 10), ("c", 3, 8),
    ]  # fmt: skip
    assert [(row.run, row.rank, row.total.points, row.total.max) for row in table.text_only] == [
        ("reads", 1, 10, 10), ("sees", 2, 9, 10), ("c", 3, 7, 10),
    ]  # fmt: skip
    assert [row.text_only_rank for row in table.rows] == [1, 2, 3]
    assert [row.p_above for row in table.text_only] == [None, 1, 1]
    assert all(row.ranks == (1, 3) for row in table.text_only)


def test_an_exam_of_one_sort_of_questions_has_one_order() -> None:
    exam = make_exam(questions=[one for one in make_questions() if not one.images])
    results = [make_results(exam, run=make_run(run=name)) for name in ("a", "b")]
    (table,) = leaderboard(results, {}).tables
    assert (len(table.rows), table.text_only) == (2, [])
    assert [row.text_only_rank for row in table.rows] == [None, None]


KEY = make_exam().key
UNLIKE = {
    "exam": sitting("other", replace(make_exam(), id="second")),
    "pack": sitting("other", replace(make_exam(), hash="3" * 64)),
    "key": sitting("other", replace(make_exam(), key=replace(KEY, state="author"))),
    "numeric": sitting("other", replace(make_exam(), key=replace(KEY, numeric=NumericRule.TEXT))),
    "extraction": sitting("other", extraction=Extraction.PUBLISHED),
    "prompt": sitting("other", prompt=PromptRef(name="p", sha256="9" * 64)),
}


@pytest.mark.parametrize("fact", UNLIKE)
def test_unlike_runs_stand_apart(sat: Sat, fact: str) -> None:
    board = leaderboard([UNLIKE[fact], sat("a"), sat("b")], {})
    assert sorted(map(len, names(board))) == [1, 2]
    one, other = (table.facts for table in board.tables)
    assert fact in {name for name in one if one[name] != other[name]}


def test_whatever_may_not_be_compared_may_not_share_a_table() -> None:
    assert UNLIKE.keys() == FACTS.keys() - {"images"}


def test_an_import_stands_apart_from_runs_of_our_prompt(sat: Sat) -> None:
    imported = make_results(run=make_imported_run(run="imported"))
    assert names(leaderboard([sat("a"), imported], {})) == [["a"], ["imported"]]


def test_blind_runs_share_a_table_and_say_so() -> None:
    board = leaderboard(
        [
            sitting("sees"),
            sitting("blind", images=ImageMode.BLIND),
            sitting("skips", images="skip"),
        ],
        {},
    )
    assert names(board) == [["blind", "sees"], ["skips"]]
    assert [row.images for row in board.tables[0].rows] == ["blind", "vision"]
    assert board.tables[1].facts["images"] == "skip"


def test_tables_come_by_exam_and_length(sat: Sat) -> None:
    second = replace(make_exam(), id="second")
    board = leaderboard(
        [
            sitting("x", second),
            sitting("p", extraction=Extraction.PUBLISHED),
            sat("a"),
            sat("b"),
        ],
        {},
    )
    assert names(board) == [["x"], ["a", "b"], ["p"]]


def test_no_verdict_no_rank(exam: Exam, sat: Sat) -> None:
    part = make_results(exam, asked=["A-1"], run=make_run(run="part"))
    lost = sat("lost")
    sheet = lost.sheet.model_copy(update={"verdict": Verdict.INCOMPLETE, "errors": ["A-1"]})
    lost = lost.model_copy(update={"sheet": sheet})
    (table,) = leaderboard([part, sat("a"), lost], {}).tables
    assert [row.run for row in table.unranked] == ["lost", "part"]
    for row in table.unranked:
        assert (row.rank, row.ranks, row.interval, row.p_above) == (None, None, None, None)
    assert table.unranked[0].errors == 1


def test_what_a_file_keeps_of_its_questions_ranks_as_the_exam_does(exam: Exam, sat: Sat) -> None:
    sittings = [sat("a"), sat("b", ["B-2", "B-3"])]
    with_exam, without = (leaderboard(sittings, exams) for exams in ({exam.id: exam}, {}))
    assert without == with_exam
    assert without.tables[0].serial_known


def test_an_old_files_groups_are_known_only_from_the_exam_that_was_sat(
    exam: Exam, sat: Sat
) -> None:
    sittings = [
        one.model_copy(update={"questions": {}}) for one in (sat("a"), sat("b", ["B-2", "B-3"]))
    ]
    known = leaderboard(sittings, {exam.id: exam}).tables[0]
    other = leaderboard(sittings, {exam.id: replace(exam, hash="4" * 64)}).tables[0]
    assert (known.serial_known, other.serial_known) == (True, False)
    # The case is lost as one: one sign of two is as extreme, not one of four.
    assert known.rows[1].p_above == pytest.approx(1)
    assert other.rows[1].p_above == pytest.approx(0.5)


def test_a_sitting_is_known_by_everything_that_makes_it(exam: Exam, sat: Sat) -> None:
    one = sat("a")
    assert identity(one) == identity(sat("a", ["A-1"]))
    others = [*UNLIKE.values(), sat("b"), make_results(exam, asked=["A-1"], run=make_run(run="a"))]
    assert len({identity(one), *map(identity, others)}) == 1 + len(others)


def test_json_says_nothing_of_where_rows_came_from(sat: Sat) -> None:
    assert "source" not in leaderboard([sat("a")], {}).model_dump_json()


def test_letters_are_held_against_the_other_runs_of_the_table() -> None:
    questions = [make_question(f"B-{n}") for n in range(1, 31)]
    entries = {one.id: KeyEntry((("b",),)) for one in questions}
    exam = make_exam(replace(make_key(), entries=entries), questions)

    def sat(run: str, answers: str) -> Results:
        marks = {
            one.id: make_mark(exam, one.id, Outcome.INCORRECT, answer=[answer])
            for one, answer in zip(questions, answers, strict=True)
        }
        return make_results(exam, marks, run=make_run(run=run))

    runs = [sat("leaning", "a" * 30), sat("some", "cde" * 10), sat("other", "dec" * 10)]
    board = leaderboard(runs, {exam.id: exam})
    (table,) = board.tables
    leaning = next(row for row in table.rows if row.run == "leaning")
    assert (leaning.letters["a"].picked, leaning.letters["a"].expected) == (30, 10)
    assert leaning.letters["a"].p_holm < 0.001
    (note,) = (one for one in footnotes(table) if "[leaning]" in one)
    assert note.startswith("letters of wrong answers")
    assert "a 30 times, 10.0 expected (p < 0.001)" in note
    assert note in lines_of(leaderboard_document(board), 10**4)
    assert "a 30 times, 10.0 expected" in markdown(leaderboard_document(board))
    assert leaderboard(runs, {}).tables[0].rows == table.rows
    old = [one.model_copy(update={"questions": {}}) for one in runs]
    assert not any(row.letters for row in leaderboard(old, {}).tables[0].rows)
