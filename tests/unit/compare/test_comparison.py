"""The comparison as a whole, the forms it is shown in, and the gates on it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.gate import BaselineGate, check_gate, decide_baseline
from jmle_plugin.compare.pairing import places
from jmle_plugin.errors import SettingsError
from jmle_plugin.exam.model import AnswerKey, Criterion, Exam, KeyEntry
from jmle_plugin.report.comparison import facts, headline, markdown, text_lines
from jmle_plugin.report.html.runs import run_data
from jmle_plugin.report.layout import width
from jmle_plugin.results.comparison import Comparison
from tests.builders import make_exam, make_marks, make_question, make_results, make_run
from tests.unit.compare.conftest import Sat


@pytest.fixture
def comparison(exam: Exam, sat: Sat) -> Comparison:
    old, new = sat("old", ["A-1"]), sat("new", ["A-2", "B-2"])
    return compare(old, new, places(exam), margin=2.5)


def test_figures_of_both_sides_and_of_every_part(comparison: Comparison) -> None:
    assert (comparison.old.points, comparison.new.points, comparison.difference) == (10, 7, -3)
    assert (comparison.questions, comparison.max, comparison.groups) == (7, 11, 6)
    assert [change.question for change in comparison.gained] == ["A-1"]
    assert [change.question for change in comparison.lost] == ["A-2", "B-2"]
    assert comparison.lost[0].old.answer == ["a", "c"]
    assert [(part.name, part.title, part.gained, part.lost) for part in comparison.sections] == [
        ("required", "必修", 0, 1),
        ("general", "一般・臨床", 1, 1),
    ]
    for parts in (comparison.sections, comparison.blocks, comparison.kinds):
        assert sum(part.questions for part in parts) == 7
        assert sum(part.new_points for part in parts) == 7
        assert sum(part.old_correct for part in parts) == 6
    assert all(part.p_holm is not None for part in comparison.blocks)


def test_json_tells_everything_and_comes_back(comparison: Comparison) -> None:
    text = comparison.model_dump_json(by_alias=True)
    assert json.loads(text)["schema"] == 1
    assert Comparison.model_validate_json(text) == comparison


def test_the_same_input_gives_the_same_output(exam: Exam, sat: Sat) -> None:
    old, new = sat("old", ["A-1"]), sat("new", ["A-2", "B-2"])
    one, other = (compare(old, new, places(exam), margin=2) for _ in range(2))
    assert one == other


def test_text_fits_a_terminal_and_says_noise_when_it_is(comparison: Comparison) -> None:
    lines = list(text_lines(comparison))
    assert max(map(width, lines)) <= 78
    assert "The difference of 3 points is within noise (p = 0.75)." in lines
    text = " ".join(" ".join(lines).split())
    assert "Epochs needed to find a loss of 2.5 points: cannot be estimated." in text
    assert "A-2 (1): a,c -> incorrect, key a,c" in text
    assert "Serial groups unknown" not in text


def test_two_runs_of_one_model_are_told_apart(exam: Exam, sat: Sat) -> None:
    found = compare(sat("monday"), sat("friday", ["A-1"]), places(exam))
    told = "some/model [friday] against some/model [monday]"
    assert next(text_lines(found)) == told
    assert "`some/model [friday]` against `some/model [monday]`" in markdown(found)
    page = run_data(sat("friday").model_copy(update={"comparison": found}), {}, None)
    assert page["comparison"]["old"] == "some/model [monday]"
    new = found.new.model_copy(update={"title": "Other"})
    other = found.model_copy(update={"new": new})
    assert next(text_lines(other)) == "Other against some/model"


@pytest.mark.parametrize(
    ("loss", "gain", "low", "high", "says"),
    [
        (0.03, 0.98, -9, -1, ""),
        (0.3, 0.8, -4, 2, ""),
        (0.98, 0.02, 1, 9, ""),
        (0.06, 0.95, -9, -1, "excludes 0, and the exact test says noise"),
        (0.98, 0.03, 1, 9, "excludes 0, and the exact test says noise"),
        (0.04, 0.98, -9, 0, "includes 0, and the exact test says more than noise"),
    ],
)
def test_interval_and_test_that_disagree_are_said_to(  # noqa: PLR0913, PLR0917 - a row of the table
    comparison: Comparison, loss: float, gain: float, low: int, high: int, says: str
) -> None:
    tests = comparison.tests.model_copy(update={"loss": loss, "gain": gain})
    interval = replace(comparison.interval, low=low, high=high)
    found = comparison.model_copy(update={"tests": tests, "interval": interval})
    told = " ".join(facts(found))
    assert says in told
    assert ("they are different methods" in told) == bool(says)
    assert ("within noise" in headline(found)) == (min(loss, 2 * gain) > 0.05)


@pytest.mark.parametrize(
    ("points", "bound", "says"),
    [
        (5, -4.9, "-4.9"),
        (5, -4.96, "-4.96"),
        (5, -5.04, "-5.0"),
        (5, -5, "-5.0"),
        (3, 1.26, "+1.3"),
    ],
)
def test_the_bound_is_printed_on_its_side_of_the_margin(
    comparison: Comparison, points: float, bound: float, says: str
) -> None:
    assert comparison.margin is not None
    margin = comparison.margin.model_copy(update={"points": points, "lower_bound": bound})
    ruling = decide_baseline(
        BaselineGate.NONINFERIOR, comparison.model_copy(update={"margin": margin})
    )
    assert ruling.passed == (float(says) > -points) == (bound > -points)
    assert f"(lower bound {says}, " in ruling.sentence


def test_what_decides_is_what_is_printed_at_any_level(exam: Exam, sat: Sat) -> None:
    # Four points were lost, three of them by half a case: as good a result has a chance of
    # 0.4998 under the shares seen, which is no proof against a loss of 1.
    found = compare(sat(), sat("new", ["A-1", "B-2"]), places(exam), margin=1, alpha=0.5)
    assert found.margin is not None
    ruling = decide_baseline(BaselineGate.NONINFERIOR, found)
    assert not ruling.passed
    assert found.margin.lower_bound <= -4
    assert found.margin.p_value == 1


def test_markdown_says_the_same(comparison: Comparison) -> None:
    page = markdown(comparison)
    assert "**The difference of 3 points is within noise (p = 0.75).**" in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
    assert len(rows) == 2 + 2 + 2 + 3 + 1


def test_the_same_answers_are_labelled(exam: Exam, sat: Sat) -> None:
    found = compare(sat(), sat("new"), places(exam))
    assert found.same_answers
    assert "The two runs gave the same answers." in list(text_lines(found))


def test_what_is_not_known_is_said(sat: Sat) -> None:
    found = compare(sat(), sat("new", ["A-1"]))
    text = "\n".join(text_lines(found))
    assert "Serial groups unknown" in text
    assert (found.sections, found.blocks, found.kinds) == ([], [], [])


def test_an_exam_taken_out_of_the_scoring_can_be_compared(exam: Exam, sat: Sat) -> None:
    old = sat()
    nothing = [mark.model_copy(update={"points": 0, "max": 0}) for mark in old.marks]
    empty = old.model_copy(update={"marks": nothing})
    found = compare(empty, empty, places(exam), margin=5, doubt=False)
    assert (found.max, found.groups, found.interval.low, found.tests.loss) == (0, 0, 0, 1)
    assert list(text_lines(found))


def test_questions_left_out_and_allowed_mismatches_are_said(exam: Exam, sat: Sat) -> None:
    old, new = sat("old", ["A-1"]), sat("new")
    partial = sat("new", asked=["A-1", "A-2"])
    cut = partial.model_copy(update={"marks": new.marks[:2]})
    found = compare(old, cut, places(exam), allow={"partial"})
    text = " ".join(" ".join(text_lines(found)).split())
    assert "Unlike by permission: partial (the new run is partial)." in text
    assert "Left out, answered by only one of the two: 5 questions." in text
    assert (found.questions, found.max, found.new.doubt) == (2, 2, None)


def make_pair(lost: int, gained: int = 0) -> Comparison:
    """Two runs of 60 one-point questions, of which the new one lost and gained some."""
    questions = [make_question(f"A-{number}") for number in range(1, 61)]
    exam = make_exam(questions=questions, key=make_sixty())
    sides = []
    for name, wrong in (("old", range(1, gained + 1)), ("new", range(31, 31 + lost))):
        marks = make_marks(exam)
        for number in wrong:
            changes = {"points": 0, "outcome": "incorrect", "answer": ["b"]}
            mark = marks[f"A-{number}"]
            marks[f"A-{number}"] = type(mark).model_validate(mark.model_dump() | changes)
        sides.append(make_results(exam, marks, run=make_run(run=name)))
    return compare(sides[0], sides[1], places(exam), margin=5)


def make_sixty() -> AnswerKey:
    entries = {f"A-{number}": KeyEntry((("a",),)) for number in range(1, 61)}
    return AnswerKey("official", "a key", entries, (Criterion("general", 30, 60),), None)


def test_a_significant_loss_fails_the_gate_and_noise_does_not() -> None:
    noise, loss = make_pair(4), make_pair(5)
    assert decide_baseline(BaselineGate.SIGNIFICANT, noise).passed
    ruling = decide_baseline(BaselineGate.SIGNIFICANT, loss)
    assert not ruling.passed
    assert ruling.sentence.startswith(
        "gate significant: a significant loss against old "
        "(-5 points, one-sided sign-flip p = 0.031, alpha 0.05). Smallest loss"
    )
    assert "The loss of 5 points is significant (one-sided p = 0.031)." in list(text_lines(loss))
    gain = make_pair(0, 5)
    assert "The difference of 5 points is within noise (p = 0.062)." in list(text_lines(gain))


def test_a_loss_passes_as_noninferior_only_where_it_can_be_excluded() -> None:
    # Nothing lost of 60: a loss of 5 would have shown itself with 1 - (55/60)^60 = 0.995.
    same = decide_baseline(BaselineGate.NONINFERIOR, make_pair(0))
    assert same.passed
    assert "can be excluded (lower bound -2.9, p = 0.005, alpha 0.05)" in same.sentence
    # p > 0.05 for a loss of 4 is no proof that there is none of 5.
    loss = decide_baseline(BaselineGate.NONINFERIOR, make_pair(4))
    assert not loss.passed
    assert "cannot be excluded" in loss.sentence
    assert "two equal runs that differ as often would pass" in loss.sentence


def test_a_question_always_right_that_is_now_wrong_fails_the_gate(
    exam: Exam, sat: Sat, sat_often: Sat
) -> None:
    old = sat_often("old", [], ["A-1"], [])
    spared = compare(old, sat("new", ["A-1"]), places(exam))
    assert decide_baseline(BaselineGate.NEWLY_WRONG, spared).passed
    found = compare(old, sat("new", ["A-1", "B-2"]), places(exam))
    ruling = decide_baseline(BaselineGate.NEWLY_WRONG, found)
    assert not ruling.passed
    assert "got B-2 right in all of its epochs" in ruling.sentence


def test_gates_refuse_a_baseline_that_lacks_what_they_decide_by(sat: Sat, sat_often: Sat) -> None:
    with pytest.raises(SettingsError, match="3 or more epochs; old has 1"):
        check_gate(BaselineGate.NEWLY_WRONG, sat(), None)
    with pytest.raises(SettingsError, match="--margin=15"):
        check_gate(BaselineGate.NONINFERIOR, sat(), None)
    with pytest.raises(SettingsError, match="old has no audit"):
        check_gate(BaselineGate.IMAGES, sat(), None)
    check_gate(BaselineGate.NONINFERIOR, sat(), 5)
    often = sat_often("old", [], [], [])
    check_gate(BaselineGate.NEWLY_WRONG, often, None)
    # Part of it was asked once only.
    cut = often.model_copy(update={"marks": often.marks[:-2]})
    with pytest.raises(SettingsError, match="old has 1"):
        check_gate(BaselineGate.NEWLY_WRONG, cut, None)


def test_sessions_without_a_comparison_do_not_load_the_statistics() -> None:
    code = (
        "import sys, jmle_plugin.session.hooks, jmle_plugin.session.aggregator, jmle_plugin.cli;"
        "print([name for name in ('numpy', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
