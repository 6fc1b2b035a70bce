"""Statistics that a sheet prints of one recorded run, recomputed from its marks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from jmle_plugin.compare.habits import letters, letters_against_others
from jmle_plugin.compare.pairing import Place, places
from jmle_plugin.compare.verdict import verdict_doubt
from jmle_plugin.exam.kinds import SINGLE
from jmle_plugin.exam.model import Exam, Treatment
from jmle_plugin.mark.epochs import score_epochs
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.sheet import Sheet, Verdict
from jmle_plugin.results.doubt import Estimate, Letter, PassChance
from jmle_plugin.results.file import Results
from tests.unit.compare.counting import (
    Floats,
    are_ends,
    cases_of,
    holm,
    near,
    tails,
    total_of,
)
from tests.unit.compare.published import Runs, asked_again, imported, published_exam

pytestmark = pytest.mark.data

YEARS = {"jmle112": "2018", "jmle113": "2019", "jmle114": "2020"}


def systems(name: str, data_root: Path) -> tuple[Results, ...]:
    """Five recorded systems: chatgpt, gpt3, gpt4, people, and one that translates first."""
    return imported(name, data_root, f"igakuqa/baseline_results/{YEARS[name]}", "*.jsonl")


def system(name: str, data_root: Path, called: str) -> Results:
    (found,) = (one for one in systems(name, data_root) if one.run.name == called)
    return found


# --- strata and examinees -----------------------------------------------------------------


@pytest.mark.parametrize("name", YEARS)
def test_a_stratums_share_and_interval_are_those_of_its_questions(
    name: str, data_root: Path
) -> None:
    """Wilson's interval, as scipy has it; of 28 subjects and five systems."""
    exam = published_exam(name, data_root)
    for run in systems(name, data_root):
        subjects = run.sheet.strata.subjects
        assert len(subjects) > 20
        inside: defaultdict[str, list[Mark]] = defaultdict(list)
        for mark in run.marks:
            inside[exam.questions[mark.question].subject or "unknown"].append(mark)
        assert subjects.keys() == inside.keys()
        for subject, marks in inside.items():
            found = subjects[subject]
            counted = [mark.outcome is Outcome.CORRECT for mark in marks if mark.max]
            assert (found.questions, found.counted) == (len(marks), len(counted))
            assert (found.points, found.max) == (
                sum(mark.points for mark in marks),
                sum(mark.max for mark in marks),
            )
            if not counted:
                assert (found.share, found.low, found.high) == (None, None, None)
                continue
            exact = stats.binomtest(sum(counted), len(counted)).proportion_ci(method="wilson")
            assert (found.share, found.low, found.high) == pytest.approx(
                (mean(counted), *exact), abs=5.1e-5
            )


@pytest.mark.parametrize("name", [*YEARS, "jmle115", "jmle116"])
def test_the_average_examinee_has_the_points_of_the_shares_that_were_right(
    name: str, data_root: Path
) -> None:
    exam = published_exam(name, data_root)
    sheet = score_epochs(exam, {}, [(one, 1) for one in exam.questions])
    expected: defaultdict[str, float] = defaultdict(float)
    unknown = []
    for one in exam.questions.values():
        treatment, share = exam.key.entries[one.id].treatment, one.human_accuracy
        earned = {
            Treatment.EXCLUDE: 0.0,
            Treatment.CREDIT_ALL: float(one.points),
            Treatment.STANDARD: one.points * (share or 0.0),
        }[treatment]
        if share is None and treatment is not Treatment.EXCLUDE:
            unknown.append(one.id)
        expected[one.section] += earned
    assert sheet.examinee is not None
    assert sheet.examinee.sections == pytest.approx(expected, abs=5e-3)
    assert sheet.examinee.points == pytest.approx(sum(expected.values()), abs=5e-3)
    assert sheet.examinee.unknown == unknown


@pytest.mark.parametrize("name", YEARS)
def test_points_by_how_many_examinees_were_right(name: str, data_root: Path) -> None:
    exam = published_exam(name, data_root)
    for run in systems(name, data_root):
        bins: defaultdict[str, list[Mark]] = defaultdict(list)
        for mark in run.marks:
            share = exam.questions[mark.question].human_accuracy
            if share is None:
                bins["unknown"].append(mark)
            elif share < 0.5:
                bins["under_50"].append(mark)
            elif share <= 0.8:
                bins["50_to_80"].append(mark)
            else:
                bins["over_80"].append(mark)
        found = run.sheet.by_human_accuracy
        assert found is not None
        assert found.keys() == bins.keys()
        for part, marks in bins.items():
            assert (found[part].questions, found[part].points, found[part].max) == (
                len(marks),
                sum(mark.points for mark in marks),
                sum(mark.max for mark in marks),
            )


# --- letters ------------------------------------------------------------------------------


def picked_p(chances: Sequence[float], times: int) -> float:
    """The two-sided p-value of so many picks, by the distribution of their number."""
    spread = total_of({1: chance, 0: 1 - chance} for chance in chances)
    return min(1.0, 2 * min(tails(spread, times)))


def letters_by_hand(picks: Iterable[tuple[str, Mapping[str, float]]]) -> dict[str, list[float]]:
    """Letter -> times picked, times expected, p."""
    known = list(picks)
    found = {}
    for label in sorted({label for _, chances in known for label in chances}):
        chances = [one[label] for _, one in known if label in one]
        times = sum(one == label for one, _ in known)
        found[label] = [times, sum(chances), picked_p(chances, times)]
    return found


def wrong_picks(results: Results, exam: Exam) -> dict[str, Mark]:
    return {
        mark.question: mark
        for mark in results.marks
        if exam.questions[mark.question].form == SINGLE
        and mark.outcome is Outcome.INCORRECT
        and len(mark.answer) == 1
    }


def same_letters(found: Mapping[str, Letter], by_hand: Mapping[str, list[float]]) -> None:
    assert {label: [one.picked, one.expected, one.p_value] for label, one in found.items()} == {
        label: pytest.approx(one, abs=1e-6) for label, one in by_hand.items()
    }


LEANING = ["Qwen3-32B (no-think)", "gpt-oss-20b (low)", "gpt-oss-120b (medium)", "Qwen3-32B"]


def test_letters_of_wrong_answers_are_those_that_counting_gives(data_root: Path) -> None:
    exam, runs = published_exam("jmle120", data_root), Runs(data_root)
    for name in LEANING:
        picks = []
        for question, mark in wrong_picks(runs[name], exam).items():
            accepted = {label for answer in mark.accepted for label in answer}
            options = [one for one in exam.questions[question].labels if one not in accepted]
            if mark.answer[0] in options:
                picks.append((mark.answer[0], dict.fromkeys(options, 1 / len(options))))
        by_hand = letters_by_hand(picks)
        found = letters(runs[name], exam)
        same_letters(found, by_hand)
        adjusted = holm([one[2] for one in by_hand.values()])
        assert [one.p_holm for one in found.values()] == pytest.approx(adjusted, abs=1e-6)
    # Against each other: as likely to be any run's wrong answer to the same question.
    table = [runs[name] for name in LEANING]
    wrong = [wrong_picks(one, exam) for one in table]
    tested = []
    for own in wrong:
        picks = []
        for question, mark in own.items():
            given = [one[question].answer[0] for one in wrong if question in one]
            picks.append(
                (mark.answer[0], {label: given.count(label) / len(given) for label in given})
            )
        tested.append(letters_by_hand(picks))
    against = letters_against_others(table, places(exam))
    for found, by_hand in zip(against, tested, strict=True):
        same_letters(found, by_hand)
    adjusted = holm([one[2] for by_hand in tested for one in by_hand.values()])
    assert [one.p_holm for found in against for one in found.values()] == pytest.approx(
        adjusted, abs=1e-6
    )


# --- the chance of passing ----------------------------------------------------------------

AGAIN = {
    "jmle112": ("chatgpt", "student-majority"),
    "jmle113": ("gpt3", "student-majority", "student-majority"),
    "jmle114": ("student-majority", "translate_chatgpt-en"),
}
"""Systems that are taken for the epochs of one, so that it passes sometimes."""
OFTEN = [
    ("gpt-oss-20b (low)", "gpt-oss-20b (low)", "Qwen3-32B (no-think)"),
    ("gpt-oss-20b (low)", "gpt-oss-20b (low)", "gpt-oss-20b (medium)"),
    ("gpt-oss-20b (low)", "gpt-oss-120b (medium)", "gpt-oss-20b (low)"),
]
"""The same of the 120th, which has no list of prohibited choices."""


def chance(found: PassChance | None) -> float:
    assert found is not None
    return found.passed / found.draws


def is_share_of_draws(found: PassChance | None, exact: float) -> None:
    """Assert that so many draws pass as chance makes of an exact figure: four standard errors."""
    assert found is not None
    assert 0.1 < exact < 0.9
    assert chance(found) == pytest.approx(exact, abs=near(exact, found.draws))


@pytest.mark.parametrize("name", AGAIN)
def test_the_chance_to_pass_this_exam_again_is_that_of_one_reply_a_question(
    name: str, data_root: Path
) -> None:
    run = asked_again([system(name, data_root, one) for one in AGAIN[name]])
    where = places(published_exam(name, data_root))
    found = verdict_doubt(run, where)
    assert found is not None
    is_share_of_draws(found.this_exam_again, again_by_hand(run, where))


@pytest.mark.parametrize("names", OFTEN, ids=" and ".join)
def test_the_same_of_runs_of_an_exam_without_a_list_of_prohibited_choices(
    names: tuple[str, ...], data_root: Path
) -> None:
    runs, where = Runs(data_root), places(published_exam("jmle120", data_root))
    run = asked_again([runs[name] for name in names])
    found = verdict_doubt(run, where)
    assert found is not None
    is_share_of_draws(found.this_exam_again, again_by_hand(run, where))
    # With epochs each group has the weight of one, shared by its replies.
    is_share_of_draws(found.another_exam, urn_in_full(run, where))


def again_by_hand(run: Results, where: Mapping[str, Place]) -> float:
    """The chance to pass, of all ways to take one reply a question, by exact distributions.

    A figure is a thousand for each point, and one for each prohibited choice.
    """
    replies: dict[str, list[int]] = {}
    for mark in run.marks:
        figure = 1000 * mark.points + bool(mark.prohibited and mark.max)
        replies.setdefault(mark.question, []).append(figure)
    chosen = {0: 1.0}
    for section, tally in run.sheet.sections.items():
        spread = total_of(
            {one: given.count(one) / len(given) for one in given}
            for question, given in replies.items()
            if where[question].section == section
        )
        enough: defaultdict[int, float] = defaultdict(float)
        for figure, its in spread.items():
            points, prohibited = divmod(figure, 1000)
            if points >= tally.threshold:
                enough[prohibited] += its
        chosen = total_of([chosen, enough])
    rule = run.sheet.prohibited
    few = rule.limit if rule.count is not None and rule.limit is not None else 1000
    return sum(its for prohibited, its in chosen.items() if prohibited <= few)


Kinds = dict[tuple[int, int], float]
"""Points and prohibited choices of a case -> how often that was seen."""


def urns(run: Results, where: Mapping[str, Place]) -> list[tuple[str, int, Kinds]]:
    """Section, number of cases, and what was seen of each stratum, a little more on the ends."""
    epochs: dict[int, dict[str, Mark]] = {}
    for mark in run.marks:
        epochs.setdefault(mark.epoch, {})[mark.question] = mark
    sittings = [*epochs.values()]
    sizes: Counter[tuple[str, int, int, int]] = Counter()
    found: dict[tuple[str, int, int, int], Kinds] = {}
    for case in cases_of(sittings[0], where):
        worth = [sittings[0][name].max for name in case]
        stratum = where[case[0]].section, max(worth), len(case), sum(worth)
        sizes[stratum] += 1
        kinds = found.setdefault(stratum, dict.fromkeys({(0, 0), (sum(worth), 0)}, 0.1))
        for marks in sittings:
            several = [marks[name] for name in case]
            prohibited = sum(bool(mark.prohibited and mark.max) for mark in several)
            seen = sum(mark.points for mark in several), prohibited
            kinds[seen] = kinds.get(seen, 0.0) + 1 / len(sittings)
    return [(stratum[0], sizes[stratum], kinds) for stratum, kinds in found.items()]


def urn_in_full(run: Results, where: Mapping[str, Place]) -> float:
    """The chance to pass another paper, by the exact distribution of an urn's draws.

    So many draws of each kind have the chance n! / W(n) times w(c) / c! of every kind, where w(c)
    is the rising factorial of its weight.
    """
    of_section = {section: np.ones(1) for section in run.sheet.sections}
    for section, cases, kinds in urns(run, where):
        # By cases drawn and points earned.
        table = np.zeros((cases + 1, cases * max(points for points, _ in kinds) + 1))
        table[0, 0] = 1
        for (points, _), weight in kinds.items():
            wider, times = np.zeros_like(table), 1.0
            for drawn in range(cases + 1):
                by = drawn * points
                wider[drawn:, by:] += times * table[: cases + 1 - drawn, : table.shape[1] - by]
                times *= (weight + drawn) / (drawn + 1)
            table = wider
        of_section[section] = np.convolve(of_section[section], table[-1] / table[-1].sum())
    passed = 1.0
    for section, tally in run.sheet.sections.items():
        passed *= float(of_section[section][tally.threshold :].sum())
    return passed


PAPERS = 4000


@pytest.mark.parametrize("name", YEARS)
def test_a_chance_of_passing_is_that_of_an_urn_drawn_ball_by_ball(
    name: str, data_root: Path
) -> None:
    run = system(name, data_root, "gpt4")
    assert run.doubt is not None
    found = run.doubt.another_exam
    assert found is not None
    assert 0.1 < chance(found) < 0.9
    by_hand = urn_by_hand(run, places(published_exam(name, data_root)))
    assert chance(found) == pytest.approx(by_hand, abs=near(by_hand, PAPERS, found.draws))


def urn_by_hand(run: Results, where: Mapping[str, Place]) -> float:
    """The share of papers that pass: each case drawn goes back in with another like it."""
    generator = np.random.default_rng(3)
    points = {one: np.zeros(PAPERS) for one in run.sheet.sections}
    prohibited = np.zeros(PAPERS)
    for section, cases, kinds in urns(run, where):
        balls = np.tile([*kinds.values()], (PAPERS, 1))
        worth = np.array([*kinds])
        for _ in range(cases):
            place = generator.random(PAPERS) * balls.sum(axis=1)
            drawn = (np.cumsum(balls, axis=1) < place[:, None]).sum(axis=1)
            balls[np.arange(PAPERS), drawn] += 1
            points[section] += worth[drawn, 0]
            prohibited += worth[drawn, 1]
    passed = np.ones(PAPERS, bool)
    for one, tally in run.sheet.sections.items():
        passed &= points[one] >= tally.threshold
    assert run.sheet.prohibited.limit is not None
    return float(np.mean(passed & (prohibited <= run.sheet.prohibited.limit)))


def test_questions_that_alone_would_turn_a_verdict_are_those_that_do(data_root: Path) -> None:
    """Each 3-point question made right, or wrong, by itself."""
    turned = Counter[Verdict]()
    tried = [(name, run) for name in YEARS for run in systems(name, data_root)]
    tried += [("jmle120", run) for run in Runs(data_root).values()]
    for name, run in tried:
        where = places(published_exam(name, data_root))
        found = verdict_doubt(run, where)
        assert found is not None
        passes = verdict_by_hand(run.marks, run.sheet, where)
        assert passes == (run.sheet.verdict is Verdict.PASS)
        turning = []
        for place, mark in enumerate(run.marks):
            if mark.max == 3 and (mark.outcome is Outcome.CORRECT) == passes:
                changed = {"points": 0 if passes else mark.max, "prohibited": []}
                other = [*run.marks]
                other[place] = mark.model_copy(update=changed)
                if verdict_by_hand(other, run.sheet, where) != passes:
                    turning.append(mark.question)
        assert sorted(found.lucky if passes else found.missed) == sorted(turning)
        assert not (found.missed if passes else found.lucky)
        turned[run.sheet.verdict] += bool(turning)
    # There are such questions, in passes and in fails.
    assert min(turned[Verdict.PASS], turned[Verdict.FAIL]) >= 1


def verdict_by_hand(marks: Iterable[Mark], sheet: Sheet, where: Mapping[str, Place]) -> bool:
    points, prohibited = Counter[str](), 0
    for mark in marks:
        points[where[mark.question].section] += mark.points
        prohibited += bool(mark.prohibited and mark.max)
    rule = sheet.prohibited
    few = rule.count is None or rule.limit is None or prohibited <= rule.limit
    return few and all(points[one] >= tally.threshold for one, tally in sheet.sections.items())


# --- epochs -------------------------------------------------------------------------------


@pytest.mark.parametrize("names", OFTEN, ids=" and ".join)
def test_what_a_sheet_says_of_its_epochs_is_what_counting_gives(
    names: tuple[str, ...], data_root: Path
) -> None:
    runs, exam = Runs(data_root), published_exam("jmle120", data_root)
    where = places(exam)
    epochs = range(1, len(names) + 1)
    given = {
        (mark.question, epoch): mark.model_copy(update={"epoch": epoch})
        for epoch, name in zip(epochs, names, strict=True)
        for mark in runs[name].marks
    }
    sheet = score_epochs(exam, given, list(given), len(names))
    found = sheet.epochs
    assert found is not None
    points: dict[str, list[int]] = {
        part: [
            sum(
                mark.points
                for (question, at), mark in given.items()
                if at == epoch and where[question].section in (part or where[question].section)
            )
            for epoch in epochs
        ]
        for part in ("", *sheet.sections)
    }
    total = points.pop("")
    assert (found.lowest, found.highest) == (min(total), max(total))
    assert (found.mean, found.deviation) == pytest.approx((mean(total), stdev(total)), abs=1e-6)
    assert found.sections is not None
    for part, several in points.items():
        section = found.sections[part]
        assert (section.mean, section.deviation) == pytest.approx(
            (mean(several), stdev(several)), abs=1e-6
        )
        assert section.met == sum(one >= sheet.sections[part].threshold for one in several)
    passed = [
        all(points[part][place] >= tally.threshold for part, tally in sheet.sections.items())
        for place in range(len(names))
    ]
    assert found.passed == sum(passed)
    assert (sheet.verdict is Verdict.PASS) == (2 * sum(passed) > len(names))
    answers = [[given[name, epoch] for epoch in epochs] for name in exam.questions]
    right = [[mark.outcome is Outcome.CORRECT for mark in several] for several in answers]
    assert found.always_right == sum(all(one) for one in right)
    assert found.always_wrong == sum(not any(one) for one in right)
    assert found.right_and_wrong == sum(len(set(one)) == 2 for one in right)
    assert found.changing == [
        several[0].question
        for several in answers
        if len({(mark.outcome, tuple(map(number_of, mark.answer))) for mark in several}) > 1
    ]


def number_of(answer: str) -> str | float:
    try:
        return float(answer)
    except ValueError:
        return answer


# --- confidence ---------------------------------------------------------------------------


def auroc(right: Floats, stated: Floats) -> float:
    """By the sum of the ranks of right answers (Mann and Whitney)."""
    many, few = right.sum(), (~right).sum()
    ranks = stats.rankdata(stated)[right].sum()
    return float((ranks - many * (many + 1) / 2) / (many * few))


def calibration_error(right: Floats, stated: Floats) -> float:
    """ECE over ten bins, one after the other."""
    gaps = 0.0
    for number in range(10):
        inside = (stated > number / 10) & (stated <= (number + 1) / 10)
        if number == 0:
            inside |= stated == 0
        if inside.any():
            gaps += inside.sum() * abs(right[inside].mean() - stated[inside].mean())
    return float(gaps / len(stated))


@pytest.mark.parametrize("place", range(3))
def test_intervals_of_recorded_confidence_are_those_of_answers_drawn_anew(
    place: int, data_root: Path
) -> None:
    """Of each of the three tables that record it."""
    tables = imported("jmle119", data_root, "igakuqa119/results/demo", "*.csv")
    assert len(tables) == 3
    run = tables[place]
    found = run.confidence
    assert found is not None
    assert found.auroc is not None
    assert found.ece is not None
    marks = [mark for mark in run.marks if mark.confidence is not None and mark.max]
    stated = np.array([mark.confidence for mark in marks], float)
    right = np.array([mark.outcome is Outcome.CORRECT for mark in marks])
    assert (found.answers, found.correct) == (len(marks), right.sum())
    assert found.auroc.value == pytest.approx(roc_auc_score(right, stated), abs=1e-6)
    assert found.ece.value == pytest.approx(calibration_error(right, stated), abs=1e-6)
    # Every question is a case of its own here.
    assert found.cases == len(marks)
    generator = np.random.default_rng(4)
    drawn = [generator.integers(len(marks), size=len(marks)) for _ in range(3000)]
    measures: list[tuple[Estimate, Callable[[Floats, Floats], float]]] = [
        (found.auroc, auroc),
        (found.ece, calibration_error),
    ]
    for estimate, figure in measures:
        by_hand = np.array([figure(right[one], stated[one]) for one in drawn])
        are_ends((estimate.low, estimate.high), by_hand, draws=found.draws)
