"""The measures of a bench: on real files, by enumeration, and against scikit-learn."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark.bench import check_measures, classes_of
from jmle_plugin.mark.measures import MEASURES, Item, exact_f1, overlap_f1

DATA = Path(os.environ.get("JMLE_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
PACKS = Path(__file__).resolve().parents[3] / "data"
LETTERS = "ABCDEF"


@pytest.fixture(scope="module")
def jmed() -> Exam:
    if not (DATA / "jmed-llm").is_dir():
        pytest.skip(f"JMED-LLM's files are not in {DATA}")
    return load_exam(PACKS / "jmed-llm" / "exam.toml", data_root=DATA)


def gold(exam: Exam, section: str) -> list[tuple[str, ...]]:
    return [
        exam.key.entries[one.id].accepted[0]
        for one in exam.questions.values()
        if one.section == section
    ]


def measured(name: str, pairs: Sequence[tuple[str, str]], classes: str = LETTERS) -> float | None:
    items = [Item(((right,),), (answer,) if answer else ()) for right, answer in pairs]
    return MEASURES[name].value(tuple(classes), items)


def test_a_perfect_candidate_has_1_everywhere(jmed: Exam) -> None:
    check_measures(jmed)
    for section, names in jmed.key.measures.items():
        items = [Item((right,), right) for right in gold(jmed, section)]
        for name in names:
            assert MEASURES[name].value(classes_of(jmed, section), items) == 1


def test_one_answer_to_everything_agrees_by_chance_alone(jmed: Exam) -> None:
    for section, names in jmed.key.measures.items():
        if "kappa" in names[0]:
            items = [Item((right,), ("B",)) for right in gold(jmed, section)]
            assert MEASURES[names[0]].value(classes_of(jmed, section), items) == 0


@pytest.mark.parametrize(
    ("section", "theirs"),
    [("mrner_disease", 1.707), ("mrner_medicine", 1.294), ("nrner", 1.304)],
)
def test_one_right_expression_a_document(jmed: Exam, section: str, theirs: float) -> None:
    every = gold(jmed, section)
    items = [Item((right,), right[:1]) for right in every]
    independent = sum(2 / (1 + len(right)) for right in every) / len(every)
    assert MEASURES["f1"].value((), items) == pytest.approx(independent, abs=1e-6)
    published = MEASURES["f1-overlap"].published
    assert published is not None
    assert published(items) == pytest.approx(theirs, abs=5e-4)


def test_unreadable_replies_are_farthest_from_every_class(jmed: Exam) -> None:
    items = [Item((one,), () if one == ("A",) else one) for one in gold(jmed, "jcsts")]
    kappa = MEASURES["kappa-linear"]
    assert kappa.value(classes_of(jmed, "jcsts"), items) == pytest.approx(0.641, abs=5e-4)
    assert kappa.published is not None
    assert kappa.published(items) == pytest.approx(0.519, abs=6e-4)


def test_an_unreadable_reply_is_as_far_from_the_first_class_as_from_the_last() -> None:
    rest = [(letter, letter) for letter in LETTERS]
    values = {measured("kappa-linear", [*rest, (letter, "")]) for letter in "AF"}
    assert len(values) == 1


def test_what_is_undefined_has_no_value() -> None:
    assert measured("kappa", [("A", "A"), ("A", "A")]) is None
    assert measured("pearson", [("A", "B"), ("A", "C")]) is None
    assert measured("accuracy", [("A", "B")]) == 0


def test_pearson_takes_an_unreadable_reply_for_the_farthest_label() -> None:
    pairs = [("A", "A"), ("C", "C"), ("F", "F"), ("B", "B")]
    assert measured("pearson", [*pairs, ("A", "")]) == measured("pearson", [*pairs, ("A", "F")])
    assert measured("pearson", [*pairs, ("F", "")]) == measured("pearson", [*pairs, ("F", "A")])


ANSWERED = st.lists(
    st.tuples(st.sampled_from(LETTERS), st.sampled_from(LETTERS)), min_size=2, max_size=40
)


@given(ANSWERED)
def test_agreement_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    right, answers = zip(*pairs, strict=True)
    if len({*right, *answers}) == 1:
        return
    for name, weights in (("kappa", None), ("kappa-linear", "linear")):
        expected = metrics.cohen_kappa_score(right, answers, labels=list(LETTERS), weights=weights)
        assert measured(name, pairs) == pytest.approx(expected, abs=2e-6)
    assert measured("accuracy", pairs) == pytest.approx(
        metrics.accuracy_score(right, answers), abs=1e-6
    )


@given(ANSWERED)
def test_pearsons_r_is_that_of_its_definition(pairs: list[tuple[str, str]]) -> None:
    places = [tuple(map(LETTERS.index, pair)) for pair in pairs]
    means = [sum(one) / len(places) for one in zip(*places, strict=True)]
    off = [[one - mean for one, mean in zip(pair, means, strict=True)] for pair in places]
    spread = math.sqrt(sum(x * x for x, _ in off) * sum(y * y for _, y in off))
    found = measured("pearson", pairs)
    if spread < 1e-9:
        assert found is None
    else:
        assert found == pytest.approx(sum(x * y for x, y in off) / spread, abs=2e-6)


TERMS = st.lists(st.sampled_from(["胃", "胃癌", "癌", "早期胃癌", "肺", "肺炎"]), unique=True)


@given(TERMS.filter(bool), TERMS.filter(bool))
def test_overlap_takes_the_best_pairs_there_are(named: list[str], right: list[str]) -> None:
    same = set(named) & set(right)
    rest, left = sorted(set(named) - same), sorted(set(right) - same)
    short, long = sorted((rest, left), key=len)
    best = max(
        sum(a in b or b in a for a, b in zip(short, order, strict=False))
        for order in permutations(long)
    )
    expected = 2 * (len(same) + best / 2) / (len(named) + len(right))
    assert overlap_f1(named, [right]) == pytest.approx(expected)
    assert exact_f1(named, [right]) <= overlap_f1(named, [right]) <= 1


def test_the_empty_set_is_right_where_nothing_is_to_be_found() -> None:
    assert exact_f1(["なし"], [["なし"]]) == overlap_f1(["なし"], [["なし"]]) == 1
    assert exact_f1(["肺炎"], [["なし"]]) == exact_f1(["なし"], [["肺炎"]]) == 0
