"""The score sheet adds up, and says nothing it cannot know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmle_plugin.exam.model import Criterion, Exam, ProhibitedRule, Treatment
from jmle_plugin.gateway.reply import Usage
from jmle_plugin.mark.extraction import How
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark
from jmle_plugin.mark.scoring import build_sheet, needed_points
from jmle_plugin.mark.sheet import Sheet, Tally, Verdict
from tests.builders import ANSWERS, make_exam, make_key, make_mark, make_marks, make_questions

EXAM = make_exam()
NAMES = list(EXAM.questions)
FEW = settings(max_examples=40)
"""Of an exam of seven questions; each takes many sheets."""
ANSWERED = [Outcome.CORRECT, Outcome.INCORRECT, Outcome.NO_ANSWER]


@st.composite
def sittings(
    draw: st.DrawFn, *, errors: bool = True, partial: bool = True
) -> tuple[Exam, dict[str, Mark], list[str]]:
    """An exam under some key, marks of some of its questions, and the questions asked."""
    treatments = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Treatment)))
    listed = draw(st.none() | st.booleans())
    rule = None if listed is None else ProhibitedRule(draw(st.integers(0, 3)), listed)
    exam = make_exam(make_key(treatments, prohibited=rule))
    marks = {}
    for name in NAMES:
        outcome = draw(st.sampled_from(list(Outcome) if errors else ANSWERED))
        wrong = outcome is Outcome.INCORRECT
        marks[name] = make_mark(
            exam,
            name,
            outcome,
            how=draw(st.sampled_from([How.EXACT, How.TOLERANT])),
            prohibited=sorted(exam.questions[name].prohibited)[: draw(st.integers(0, 1)) * wrong],
        )
    if errors:
        for name in draw(st.lists(st.sampled_from(NAMES), max_size=2)):
            marks.pop(name, None)
    asked = draw(st.lists(st.sampled_from(NAMES), unique=True)) if partial else NAMES
    return exam, marks, asked


def sheet_of(exam: Exam = EXAM, asked: Iterable[str] = NAMES, **outcomes: Outcome) -> Sheet:
    return build_sheet(exam, make_marks(exam, **outcomes), asked)


def added(tallies: Iterable[Tally]) -> tuple[int, int, int, int]:
    parts = [(one.points, one.max, one.correct, one.questions) for one in tallies]
    points, maximum, correct, questions = (sum(column) for column in zip(*parts, strict=True))
    return points, maximum, correct, questions


@FEW
@given(sitting=sittings())
def test_every_division_of_the_exam_adds_up_to_its_total(
    sitting: tuple[Exam, dict[str, Mark], list[str]],
) -> None:
    sheet = build_sheet(*sitting)
    total = added([sheet.total])
    assert added(sheet.sections.values()) == total
    assert added(sheet.blocks.values()) == total
    assert added(sheet.kinds.values()) == total
    assert added([sheet.images.shown, sheet.images.without]) == total
    assert total[3] == sheet.asked == len(sitting[2])


@FEW
@given(sitting=sittings())
def test_nobody_earns_more_than_there_is(sitting: tuple[Exam, dict[str, Mark], list[str]]) -> None:
    sheet = build_sheet(*sitting)
    paper = sum(question.points for question in EXAM.questions.values())
    for tally in (sheet.total, *sheet.sections.values(), *sheet.blocks.values()):
        assert 0 <= tally.points <= tally.max <= paper
        assert 0 <= tally.correct <= tally.questions
    assert sheet.formatting.tolerant.points <= sheet.total.points
    assert sheet.formatting.unreadable.points <= sheet.total.points


@FEW
@given(sitting=sittings(errors=False, partial=False))
def test_pass_is_every_criterion_met_and_prohibited_choices_not_exceeded(
    sitting: tuple[Exam, dict[str, Mark], list[str]],
) -> None:
    exam, marks, _ = sitting
    sheet = build_sheet(*sitting)
    met = []
    for rule in exam.key.criteria:
        own = [marks[name] for name, one in exam.questions.items() if one.section == rule.name]
        maximum, points = sum(one.max for one in own), sum(one.points for one in own)
        needed = needed_points(rule, maximum)
        section = sheet.sections[rule.name]
        assert (section.margin, section.passed) == (points - needed, points >= needed)
        met.append(points >= needed)
    limit = exam.key.prohibited
    picks = sum(bool(one.prohibited and one.max) for one in marks.values())
    met.append(limit is None or not limit.listed or picks <= limit.limit)
    assert sheet.verdict is (Verdict.PASS if all(met) else Verdict.FAIL)


@FEW
@given(sitting=sittings())
def test_without_every_reply_there_is_no_verdict(
    sitting: tuple[Exam, dict[str, Mark], list[str]],
) -> None:
    sheet = build_sheet(*sitting)
    if sheet.errors or sheet.asked < sheet.of:
        expected = Verdict.PARTIAL if sheet.asked < sheet.of else Verdict.INCOMPLETE
        assert sheet.verdict is expected
        assert {one.margin for one in sheet.sections.values()} == {None}
        assert {one.passed for one in sheet.sections.values()} == {None}
        assert sheet.prohibited.passed is None
    else:
        assert sheet.verdict in (Verdict.PASS, Verdict.FAIL)


@FEW
@given(sitting=sittings())
def test_errors_are_the_questions_asked_without_a_reply_in_the_exams_order(
    sitting: tuple[Exam, dict[str, Mark], list[str]],
) -> None:
    exam, marks, asked = sitting
    lost = [
        name
        for name in exam.questions
        if name in asked and (name not in marks or marks[name].outcome is Outcome.ERROR)
    ]
    assert build_sheet(exam, marks, asked).errors == lost


@FEW
@given(sitting=sittings(), chance=st.randoms())
def test_order_in_which_marks_arrive_does_not_matter(
    sitting: tuple[Exam, dict[str, Mark], list[str]], chance: Random
) -> None:
    exam, marks, asked = sitting
    items, order = list(marks.items()), list(asked)
    chance.shuffle(items)
    chance.shuffle(order)
    shuffled = build_sheet(exam, dict(items), order)
    assert shuffled.model_dump_json() == build_sheet(exam, marks, asked).model_dump_json()


def test_perfect_sitting_passes() -> None:
    sheet = sheet_of()
    assert sheet.verdict is Verdict.PASS
    assert added([sheet.total]) == (11, 11, 7, 7)
    assert {name: one.margin for name, one in sheet.sections.items()} == {
        "required": 1,
        "general": 1,
    }
    assert sheet.errors == sheet.missed_required == []


@pytest.mark.parametrize(
    ("wrong", "verdict"),
    [
        (["A_1"], Verdict.PASS),
        (["A_1", "A_2"], Verdict.FAIL),
        (["B_1"], Verdict.PASS),
        (["B_2"], Verdict.FAIL),
        (["A_1", "B_1"], Verdict.PASS),
    ],
)
def test_one_section_cannot_make_up_for_another(wrong: list[str], verdict: Verdict) -> None:
    assert sheet_of(EXAM, NAMES, **dict.fromkeys(wrong, Outcome.INCORRECT)).verdict is verdict


def test_missed_three_point_questions_are_named() -> None:
    sheet = sheet_of(
        A_1=Outcome.INCORRECT,
        B_1=Outcome.INCORRECT,
        B_2=Outcome.NO_ANSWER,
        B_3=Outcome.INCORRECT,
    )
    assert sheet.missed_required == ["B-2", "B-3"]


def test_question_without_a_reply_was_not_missed() -> None:
    sheet = sheet_of(B_2=Outcome.ERROR)
    assert (sheet.missed_required, sheet.errors) == ([], ["B-2"])


def test_marks_of_questions_not_asked_do_not_count() -> None:
    sheet = sheet_of(asked=["A-1"], B_1=Outcome.ERROR)
    assert added([sheet.total]) == (1, 1, 1, 1)
    assert sheet.errors == []


def test_questions_nobody_knows_are_not_counted() -> None:
    assert sheet_of(asked=[*NAMES, "Z-9"]) == sheet_of()


def test_kinds_are_told_apart() -> None:
    assert [question.form for question in make_questions()] == [
        "single", "multi_select", "numeric", "single", "single", "single", "single",
    ]  # fmt: skip


def test_excluded_question_counts_for_nobody() -> None:
    exam = make_exam(make_key({"B-2": Treatment.EXCLUDE}))
    for outcome in ANSWERED:
        required = sheet_of(exam, B_2=outcome).sections["required"]
        assert (required.points, required.max) == (4, 4)
        assert required.margin == 0  # 4/5 of 4 points, rounded up, are 4


def test_excluded_question_without_a_mark_is_worth_nothing_too() -> None:
    exam = make_exam(make_key({"B-2": Treatment.EXCLUDE}))
    marks = make_marks(exam, B_2=Outcome.ERROR)
    without = {name: mark for name, mark in marks.items() if name != "B-2"}
    assert build_sheet(exam, without, NAMES) == build_sheet(exam, marks, NAMES)
    assert build_sheet(exam, without, NAMES).total.max == 8


def test_credited_question_gives_everybody_its_points() -> None:
    exam = make_exam(make_key({"B-2": Treatment.CREDIT_ALL}))
    for outcome in ANSWERED:
        assert sheet_of(exam, B_2=outcome).sections["required"].points == 7


def test_question_excluded_if_wrong_lowers_the_maximum_of_those_who_missed_it() -> None:
    exam = make_exam(make_key({"B-2": Treatment.EXCLUDE_IF_WRONG}))
    wrong, right = sheet_of(exam, B_2=Outcome.INCORRECT), sheet_of(exam)
    assert (wrong.sections["required"].points, wrong.sections["required"].max) == (4, 4)
    assert (right.sections["required"].points, right.sections["required"].max) == (7, 7)


@pytest.mark.parametrize(
    ("own", "ratio", "needed"),
    [
        (200, (4, 5), 160),
        (197, (4, 5), 158),
        (199, (4, 5), 160),
        (195, (4, 5), 156),
        (0, (4, 5), 0),
        (197, None, 160),
    ],
)
def test_ratio_decides_only_where_the_own_maximum_differs(
    own: int, ratio: tuple[int, int] | None, needed: int
) -> None:
    assert needed_points(Criterion("required", 160, 200, ratio), own) == needed


def test_stated_threshold_stands_though_the_ratio_says_another() -> None:
    assert needed_points(Criterion("required", 158, 197, (1, 2)), 197) == 158


@given(own=st.integers(0, 10**30), ratio=st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_needed_points_are_the_fewest_that_reach_the_ratio(
    own: int, ratio: tuple[int, int]
) -> None:
    needed = needed_points(Criterion("x", -1, -1, ratio), own)
    assert needed * ratio[1] >= own * ratio[0] > (needed - 1) * ratio[1]


def with_picks(**picks: list[str]) -> Mapping[str, Mark]:
    """Marks, all correct, but for the prohibited choices picked."""
    marks = make_marks(EXAM)
    for name, labels in picks.items():
        question = name.replace("_", "-")
        marks[question] = marks[question].model_copy(update={"prohibited": labels})
    return marks


@pytest.mark.parametrize(
    ("picks", "count", "verdict"),
    [
        ({}, 0, Verdict.PASS),
        ({"B_2": ["d"]}, 1, Verdict.PASS),
        ({"B_2": ["d", "e"]}, 1, Verdict.PASS),
        ({"B_2": ["d"], "B_3": ["a"]}, 2, Verdict.FAIL),
    ],
)
def test_one_prohibited_choice_too_many_fails(
    picks: dict[str, list[str]], count: int, verdict: Verdict
) -> None:
    sheet = build_sheet(EXAM, with_picks(**picks), NAMES)
    assert (sheet.prohibited.count, sheet.verdict) == (count, verdict)
    assert sheet.prohibited.questions == [name.replace("_", "-") for name in picks]


def test_prohibited_choices_are_not_evaluable_without_a_list() -> None:
    exam = make_exam(make_key(prohibited=ProhibitedRule(3, listed=False)))
    sheet = build_sheet(exam, with_picks(B_2=["d", "e"]), NAMES)
    assert (sheet.prohibited.count, sheet.prohibited.passed) == (None, None)
    assert sheet.verdict is Verdict.PASS


def test_form_of_answers_is_accounted_for() -> None:
    marks = make_marks(EXAM, B_1=Outcome.NO_ANSWER, B_2=Outcome.NO_ANSWER)
    for name in ("A-1", "A-2"):
        marks[name] = marks[name].model_copy(update={"how": How.TOLERANT})
    marks["A-3"] = make_mark(EXAM, "A-3", Outcome.INCORRECT, how=How.TOLERANT)
    form = build_sheet(EXAM, marks, NAMES).formatting
    assert (form.tolerant.questions, form.tolerant.points) == (2, 2)
    assert (form.unreadable.questions, form.unreadable.max) == (2, 4)
    assert form.miscounted == Tally()


def test_an_answer_with_the_wrong_number_of_choices_is_not_called_unreadable() -> None:
    marks = make_marks(EXAM, B_1=Outcome.NO_ANSWER, B_2=Outcome.NO_ANSWER)
    marks["B-2"] = marks["B-2"].model_copy(update={"answer": ["a", "b"], "how": How.EXACT})
    form = build_sheet(EXAM, marks, NAMES).formatting
    assert (form.unreadable.questions, form.unreadable.max) == (1, 1)
    assert (form.miscounted.questions, form.miscounted.max) == (1, 3)


def test_a_verdict_that_unreadable_answers_cost_is_told() -> None:
    # 4 of 7 required points where 6 are needed; the one that is wrong stays wrong.
    lost = build_sheet(EXAM, make_marks(EXAM, B_2=Outcome.NO_ANSWER), NAMES)
    assert (lost.verdict, lost.verdict_if_readable) == (Verdict.FAIL, Verdict.PASS)
    wrong = make_marks(EXAM, B_2=Outcome.INCORRECT, A_1=Outcome.NO_ANSWER)
    assert build_sheet(EXAM, wrong, NAMES).verdict_if_readable is Verdict.FAIL
    silent = make_marks(EXAM, B_2=Outcome.NO_ANSWER, A_1=Outcome.ERROR)
    assert build_sheet(EXAM, silent, NAMES).verdict_if_readable is None


def test_an_unreadable_answer_that_would_count_if_right_is_worth_its_points_then() -> None:
    key = make_key({"B-2": Treatment.EXCLUDE_IF_WRONG, "B-1": Treatment.EXCLUDE})
    exam = make_exam(key)
    marks = make_marks(exam, B_2=Outcome.NO_ANSWER, B_1=Outcome.NO_ANSWER)
    sheet = build_sheet(exam, marks, NAMES)
    assert (sheet.sections["required"].points, sheet.sections["required"].max) == (3, 3)
    assert (sheet.verdict, sheet.verdict_if_readable) == (Verdict.PASS, Verdict.PASS)


def test_refusals_are_named() -> None:
    marks = make_marks(EXAM, A_1=Outcome.NO_ANSWER)
    assert "refused" not in build_sheet(EXAM, marks, NAMES).model_dump()
    for name in ("A-1", "B-1"):
        marks[name] = marks[name].model_copy(update={"refused": True})
    assert build_sheet(EXAM, marks, NAMES).refused == ["A-1", "B-1"]


def test_tokens_nobody_gave_are_unknown() -> None:
    tokens = sheet_of().tokens
    assert (tokens.prompt, tokens.completion, tokens.replies) == (None, None, 0)


def test_tokens_are_summed_over_the_replies_that_carry_them() -> None:
    marks = make_marks(EXAM)
    for name, given_tokens in {
        "A-1": Usage(prompt=10, completion=0),
        "A-2": Usage(prompt=5),
        "A-3": Usage(),
    }.items():
        marks[name] = marks[name].model_copy(update={"tokens": given_tokens})
    tokens = build_sheet(EXAM, marks, NAMES).tokens
    assert (tokens.prompt, tokens.completion, tokens.reasoning) == (15, 0, None)
    assert tokens.replies == 3


def test_reasons_replies_ended_are_counted() -> None:
    marks = make_marks(EXAM)
    for name, reason in {"A-1": "stop", "A-2": "length", "A-3": "stop"}.items():
        marks[name] = marks[name].model_copy(update={"finish_reason": reason})
    assert build_sheet(EXAM, marks, NAMES).finish_reasons == {"length": 1, "stop": 2}


def test_builders_key_fits_its_questions() -> None:
    assert list(ANSWERS) == NAMES
