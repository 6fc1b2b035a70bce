"""Letters and confidence against enumeration, and against what the published runs are known for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmle_plugin.compare.habits import confidence, letters, letters_against_others
from jmle_plugin.compare.pairing import places
from jmle_plugin.compare.significance import times_picked
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.model import Exam, KeyEntry
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.file import Results
from tests.builders import make_exam, make_key, make_mark, make_question, make_results, make_run
from tests.unit.compare.published import imported, published_exam


def paper(*keys: str) -> Exam:
    """Single-choice questions B-1, B-2, ... with these keys; `ad` stands for a or d."""
    questions = [make_question(f"B-{n}") for n in range(1, 1 + len(keys))]
    entries = {
        one.id: KeyEntry(tuple((label,) for label in key))
        for one, key in zip(questions, keys, strict=True)
    }
    return make_exam(replace(make_key(), entries=entries), questions)


def answered(exam: Exam, answers: str, name: str = "old") -> Results:
    """A run with these answers, in the exam's order."""
    given = dict(zip(exam.questions, answers, strict=True))
    marks = {
        one: make_mark(exam, one)
        if [answer] in make_mark(exam, one).accepted
        else make_mark(exam, one, Outcome.INCORRECT, answer=[answer])
        for one, answer in given.items()
    }
    return make_results(exam, marks, run=make_run(run=name))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([0.2, 0.25, 0.5, 1 / 3]), max_size=8), st.data())
def test_the_p_value_is_that_of_all_ways_to_pick(chances: list[float], data: st.DataObject) -> None:
    times = data.draw(st.integers(0, len(chances)))
    fewer = more = 0.0
    for ways in product((0, 1), repeat=len(chances)):
        weight = 1.0
        for picked, chance in zip(ways, chances, strict=True):
            weight *= chance if picked else 1 - chance
        fewer += weight * (sum(ways) <= times)
        more += weight * (sum(ways) >= times)
    assert times_picked(chances, times) == pytest.approx(min(1, 2 * min(fewer, more)))


def test_wrong_answers_are_held_against_equal_chance_among_the_wrong_options() -> None:
    exam = paper("b", "b", "b", "ad", "a")
    found = letters(answered(exam, "aaaba"), exam)
    assert {label: one.picked for label, one in found.items()} == {
        "a": 3, "b": 1, "c": 0, "d": 0, "e": 0,
    }  # fmt: skip
    # Three questions have four wrong options, the fourth has three, of which a is none.
    assert found["a"].expected == pytest.approx(3 / 4)
    assert found["c"].expected == pytest.approx(3 / 4 + 1 / 3)
    assert found["a"].p_value == pytest.approx(2 / 4**3)
    assert found["a"].p_holm == pytest.approx(5 * 2 / 4**3)


def test_only_wrong_answers_of_one_letter_count() -> None:
    exam = make_exam()
    marks = {
        "A-1": make_mark(exam, "A-1", Outcome.NO_ANSWER, answer=["b", "c"]),
        "A-2": make_mark(exam, "A-2", Outcome.INCORRECT, answer=["b", "c"]),
        "A-3": make_mark(exam, "A-3", Outcome.INCORRECT, answer=["7"]),
        "A-4": make_mark(exam, "A-4", Outcome.INCORRECT, answer=["z"]),
        "B-1": make_mark(exam, "B-1"),
    }
    assert exam.questions["A-3"].kind is QuestionKind.NUMERIC
    assert letters(make_results(exam, marks, asked=marks), exam) == {}


def test_what_leans_to_a_letter_in_the_paper_is_no_habit_of_one_run() -> None:
    exam = paper(*"b" * 40)
    alike = [answered(exam, "a" * 40, name) for name in ("old", "new")]
    assert letters(alike[0], exam)["a"].p_holm < 0.001
    assert [found["a"].p_holm for found in letters_against_others(alike, places(exam))] == [1, 1]


def test_against_others_each_wrong_answer_is_as_likely_to_be_any_runs() -> None:
    exam = paper(*"bbb")
    given = ["aac", "acd", "cbd"]
    found = letters_against_others([answered(exam, one, f"r{one}") for one in given], places(exam))
    wrong = [[one[place] for one in given if one[place] != "b"] for place in range(3)]
    for answers, tested in zip(given, found, strict=True):
        own = [place for place in range(3) if answers[place] != "b"]
        ways = list(product(*(wrong[place] for place in own)))
        for label, one in tested.items():
            counts = Counter(way.count(label) for way in ways)
            fewer = sum(n for times, n in counts.items() if times <= one.picked) / len(ways)
            more = sum(n for times, n in counts.items() if times >= one.picked) / len(ways)
            assert one.p_value == pytest.approx(min(1, 2 * min(fewer, more)))
            assert one.expected == pytest.approx(
                sum(times * n for times, n in counts.items()) / len(ways), abs=1e-5
            )


def test_a_run_that_is_alone_in_its_wrong_answers_tells_nothing() -> None:
    exam = paper(*"b" * 30)
    runs = [answered(exam, "a" * 30), answered(exam, "b" * 30, "new")]
    assert letters_against_others(runs, places(exam))[0]["a"].p_holm == 1
    assert letters_against_others(runs, places(exam))[1] == {}


LEVELS = [0, 0.05, 0.1, 0.55, 0.6, 1.0]


def sure(exam: Exam, stated: Sequence[float | None], right: Sequence[bool]) -> Results:
    marks = {
        name: make_mark(
            exam, name, Outcome.CORRECT if good else Outcome.INCORRECT, confidence=level
        )
        for name, level, good in zip(exam.questions, stated, right, strict=True)
    }
    return make_results(exam, marks)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.sampled_from(LEVELS), st.booleans()), min_size=7, max_size=7))
def test_confidence_against_every_pair_of_answers(answers: list[tuple[float, bool]]) -> None:
    exam = make_exam()
    found = confidence(sure(exam, *zip(*answers, strict=True)), places(exam))
    assert found is not None
    pairs = [
        (good > bad) + (good == bad) / 2
        for good, right in answers
        for bad, wrong in answers
        if right and not wrong
    ]
    if pairs:
        assert found.auroc is not None
        assert found.auroc.value == pytest.approx(sum(pairs) / len(pairs), abs=1e-6)
        assert 0 <= found.auroc.low <= found.auroc.high <= 1
    else:
        assert found.auroc is None
    bins: dict[int, list[tuple[float, bool]]] = {}
    for level, right in answers:
        bins.setdefault({0: 0, 0.05: 0, 0.1: 0, 0.55: 5, 0.6: 5, 1.0: 9}[level], []).append(
            (level, right)
        )
    gaps = [abs(sum(right - level for level, right in some)) for some in bins.values()]
    assert found.ece is not None
    assert found.ece.value == pytest.approx(sum(gaps) / 7, abs=1e-6)
    assert [(one.answers, one.correct) for one in found.bins] == [
        (len(bins[place]), sum(right for _, right in bins[place])) for place in sorted(bins)
    ]


def test_where_no_confidence_was_recorded_nothing_is_said() -> None:
    exam = make_exam()
    assert confidence(make_results(exam), places(exam)) is None
    some = confidence(sure(exam, [0.5, *[None] * 6], [True] * 7), places(exam))
    assert some is not None
    assert (some.answers, some.cases, some.auroc) == (1, 1, None)


def test_answers_to_one_case_are_drawn_together() -> None:
    exam = make_exam()
    found = confidence(sure(exam, [0.5] * 7, [True] * 7), places(exam))
    assert found is not None
    assert (found.answers, found.cases) == (7, 6)


@pytest.mark.data
def test_confidence_of_the_records_of_the_119th(data_root: Path) -> None:
    (answers,) = imported("jmle119", data_root, "igakuqa119/answers/demo", "*.json")
    *_, table = imported("jmle119", data_root, "igakuqa119/results/demo", "*.csv")
    for found in (answers.confidence, table.confidence):
        assert found is not None
        assert (found.answers, round(found.accuracy, 3)) == (399, 0.687)
        assert found.auroc is not None
        assert found.ece is not None
        assert (round(found.auroc.value, 3), round(found.ece.value, 3)) == (0.658, 0.211)
        assert found.auroc.low < 0.658 < found.auroc.high
        assert sum(one.answers for one in found.bins) == 399


@pytest.mark.data
def test_a_model_that_answers_a_where_it_does_not_know(data_root: Path) -> None:
    exam = published_exam("jmle120", data_root)
    runs = imported("jmle120", data_root, "jmle2026-bench/results", "*Qwen3-32B*.json")
    (leaning,) = (one for one in runs if "nothink" in one.run.name)
    found = leaning.letters
    assert sum(one.picked for one in found.values()) == 63
    assert (found["a"].picked, found["a"].expected) == (30, 15)
    assert [label for label, one in found.items() if one.p_holm <= 0.05] == ["a"]
    (against,) = (
        tested
        for one, tested in zip(runs, letters_against_others(runs, places(exam)), strict=True)
        if one is leaning
    )
    assert against["a"].picked == 30


@pytest.mark.data
def test_equal_chance_also_flags_the_paper(data_root: Path) -> None:
    runs = imported("jmle114", data_root, "igakuqa/baseline_results/2020", "*.jsonl")
    picked = sum(one.letters["b"].picked for one in runs)
    assert (picked, round(sum(one.letters["b"].expected for one in runs))) == (144, 117)


def test_letters_that_are_picked_by_chance_are_rarely_flagged() -> None:
    """By simulation: letters of a run that guesses are flagged in at most 5 of 100 tables."""
    generator, exam = np.random.default_rng(1), paper(*"abcde" * 8)
    flagged = 0
    for _ in range(100):
        answers = "".join(
            generator.choice([one for one in "abcde" if one != key]) for key in "abcde" * 8
        )
        found = letters(answered(exam, answers), exam)
        flagged += any(one.p_holm <= 0.05 for one in found.values())
    assert flagged <= 8
