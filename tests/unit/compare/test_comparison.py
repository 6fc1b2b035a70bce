"""The comparison as a whole, the forms it is shown in, and the gates on it."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from jmle_plugin.compare.comparison import compare
from jmle_plugin.compare.gates import find_gate
from jmle_plugin.compare.pairing import places
from jmle_plugin.compare.significance import loss_and_gain
from jmle_plugin.exam.model import Exam
from jmle_plugin.report.comparison import comparison_document, facts, headline
from jmle_plugin.report.html.runs import run_words
from jmle_plugin.report.layout import width
from jmle_plugin.report.markdown import markdown
from jmle_plugin.results.comparison import Comparison
from jmle_plugin.results.doubt import Interval
from tests.builders import lines_of
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
    assert json.loads(text)["schema"] == 2
    assert Comparison.model_validate_json(text) == comparison


def test_the_same_input_gives_the_same_output(exam: Exam, sat: Sat) -> None:
    old, new = sat("old", ["A-1"]), sat("new", ["A-2", "B-2"])
    one, other = (compare(old, new, places(exam), margin=2) for _ in range(2))
    assert one == other


def test_text_fits_a_terminal_and_says_noise_when_it_is(comparison: Comparison) -> None:
    lines = lines_of(comparison_document(comparison))
    assert max(map(width, lines)) <= 78
    assert "The difference of 3 points is within noise (p = 0.75)." in lines
    text = " ".join(" ".join(lines).split())
    assert "Epochs needed to find a loss of 2.5 points: cannot be estimated." in text
    assert "A-2 (1): a,c -> incorrect, key a,c" in text
    assert "Serial groups unknown" not in text


def test_two_runs_of_one_model_are_told_apart(exam: Exam, sat: Sat) -> None:
    found = compare(sat("monday"), sat("friday", ["A-1"]), places(exam))
    told = "some/model [friday] against some/model [monday]"
    assert lines_of(comparison_document(found))[0] == told
    title = "`some/model [friday]` against `some/model [monday]`"
    assert title in markdown(comparison_document(found))
    page = run_words(sat("friday").model_copy(update={"comparison": found}), {}, None)
    assert page["comparison"]["old"] == "some/model [monday]"
    new = found.new.model_copy(update={"title": "Other"})
    other = found.model_copy(update={"new": new})
    assert lines_of(comparison_document(other))[0] == "Other against some/model"


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
    interval = Interval(low=low, high=high, level=0.95, draws=100, seed=1)
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
    ruling = find_gate("noninferior").decide(comparison.model_copy(update={"margin": margin}))
    assert ruling.passed == (float(says) > -points) == (bound > -points)
    assert f"(lower bound {says}, " in ruling.sentence


def test_what_decides_is_what_is_printed_at_any_level(exam: Exam, sat: Sat) -> None:
    # Four points were lost, three of them by half a case: as good a result has a chance of
    # 0.4998 under the shares seen, which is no proof against a loss of 1.
    found = compare(sat(), sat("new", ["A-1", "B-2"]), places(exam), margin=1, alpha=0.5)
    assert found.margin is not None
    ruling = find_gate("noninferior").decide(found)
    assert not ruling.passed
    assert found.margin.lower_bound <= -4
    assert found.margin.p_value == 1


def test_markdown_says_the_same(comparison: Comparison) -> None:
    page = markdown(comparison_document(comparison))
    assert "**The difference of 3 points is within noise (p = 0.75).**" in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1
    assert len(rows) == 2 + 2 + 2 + 3 + 1


def test_the_same_answers_are_labelled(exam: Exam, sat: Sat) -> None:
    found = compare(sat(), sat("new"), places(exam))
    assert found.same_answers
    assert "The two runs gave the same answers." in lines_of(comparison_document(found))


def test_what_is_not_known_is_said(sat: Sat) -> None:
    found = compare(sat(), sat("new", ["A-1"]))
    text = "\n".join(lines_of(comparison_document(found)))
    assert "Serial groups unknown" in text
    assert (found.sections, found.blocks, found.kinds) == ([], [], [])


def test_an_exam_taken_out_of_the_scoring_can_be_compared(exam: Exam, sat: Sat) -> None:
    old = sat()
    nothing = [mark.model_copy(update={"points": 0, "max": 0}) for mark in old.marks]
    empty = old.model_copy(update={"marks": nothing})
    found = compare(empty, empty, places(exam), margin=5, doubt=False)
    assert (found.max, found.groups, found.interval, found.tests.loss) == (0, 0, None, 1)
    assert lines_of(comparison_document(found))


def test_questions_left_out_and_allowed_mismatches_are_said(exam: Exam, sat: Sat) -> None:
    old, new = sat("old", ["A-1"]), sat("new")
    partial = sat("new", asked=["A-1", "A-2"])
    cut = partial.model_copy(update={"marks": new.marks[:2]})
    found = compare(old, cut, places(exam), allow={"partial"})
    text = " ".join(" ".join(lines_of(comparison_document(found))).split())
    assert "Unlike by permission: partial (the new run is partial)." in text
    assert "Left out, answered by only one of the two: 5 questions." in text
    assert (found.questions, found.max, found.new.doubt) == (2, 2, None)


def test_identical_pipelines_of_unequal_epochs_alarm_at_the_nominal_rate() -> None:
    # Replies differ on 9.5 % of 120 questions: five replies against one alarmed 84 % of the
    # time by majorities, and up to 15 % by a sign-flip test of means.
    generator = np.random.default_rng(12)
    alarms = {(1, 5): 0, (5, 1): 0}
    for epochs in alarms:
        for _ in range(400):
            chances = generator.beta(9, 0.5, 120)[:, None]
            old, new = ((generator.random((120, n)) < chances).astype(int) for n in epochs)
            loss, _ = loss_and_gain(
                [(tuple(a), tuple(b)) for a, b in zip(old.tolist(), new.tolist(), strict=True)]
            )
            alarms[epochs] += loss <= 0.05
    assert max(alarms.values()) <= 400 * 0.05 + 3 * (400 * 0.05 * 0.95) ** 0.5


def test_runs_of_several_epochs_are_compared_by_their_means(
    exam: Exam, sat: Sat, sat_often: Sat
) -> None:
    found = compare(sat_often("old", [], ["A-1"], []), sat("new", ["A-1"]), places(exam))
    assert (found.old.points, found.new.points) == pytest.approx((10.666667, 10))
    assert (found.old.majority, found.new.majority) == (11, None)
    assert found.old.deviation == pytest.approx(3**-0.5, abs=1e-6)
    assert found.difference == pytest.approx(-2 / 3, abs=1e-6)
    assert found.interval is None
    # The one case that differs: turned or not; and the new reply is one of two wrong of four.
    assert (found.tests.means, found.tests.replies) == pytest.approx((0.5, 0.5))
    text = " ".join(" ".join(lines_of(comparison_document(found))).split())
    assert "old: mean of 3 epochs 10.7 points (sd 0.6 over epochs); majority of 3: 11." in text
    assert "no interval, since only 1 question differ" in text
    assert "A-1 (1): a (2 of 3 right) -> incorrect, key a" in text


def test_comparisons_of_schema_1_are_still_read(comparison: Comparison) -> None:
    old = comparison.model_dump(mode="json", by_alias=True)
    old |= {"schema": 1, "interval": {"low": -9, "high": 2, "level": 0.95, "draws": 9, "seed": 1}}
    for name in ("images", "ruling"):
        del old[name]
    for side in ("old", "new"):
        del old[side]["deviation"], old[side]["majority"]
    old["newly_wrong"] = {"epochs": 1, "questions": []}
    for one in (*old["gained"], *old["lost"]):
        del one["old"]["right"], one["old"]["replies"], one["new"]["right"], one["new"]["replies"]
    read = Comparison.model_validate_json(json.dumps(old))
    assert (read.schema_version, read.difference) == (1, -3)
    assert "interval -9 to +2" in " ".join(facts(read))


def test_sessions_without_a_comparison_do_not_load_the_statistics() -> None:
    code = (
        "import sys, jmle_plugin.session.hooks, jmle_plugin.session.aggregator, jmle_plugin.cli;"
        "print([name for name in ('numpy', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
