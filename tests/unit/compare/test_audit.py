"""What figures are worth: the paired table, its figures, its forms, and the gate on two of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.audit import audit, audit_part
from jmle_plugin.errors import ComparisonError, UnlikeResultsError
from jmle_plugin.exam.model import Exam, KeyEntry, Serial, Treatment
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.report.audit import audit_document, summary_document
from jmle_plugin.report.layout import width
from jmle_plugin.report.markdown import markdown
from jmle_plugin.results.doubt import Audit
from jmle_plugin.results.file import Results
from tests.builders import (
    FIGURE,
    lines_of,
    make_exam,
    make_imported_run,
    make_mark,
    make_marks,
    make_question,
    make_results,
    make_run,
)

STATES = {"A-1": "11", "A-2": "11", "A-3": "10", "A-4": "10", "A-5": "10", "B-1": "01", "B-2": "00"}
"""Question -> whether it is right with figures, right without; A-9 and B-9 have none."""
TYPES = {"A-1": ("ecg",), "A-3": ("ecg", "x-ray"), "A-4": ("x-ray",), "B-2": ("x-ray",)}


@pytest.fixture(scope="session")
def exam() -> Exam:
    figures = [
        make_question(name, images=(FIGURE,), visual_types=TYPES.get(name, ()), subject=name[0])
        for name in STATES
    ]
    questions = [*figures, make_question("A-9"), make_question("B-9")]
    made = make_exam(questions=questions)
    entries = {one.id: KeyEntry((("a",),)) for one in questions}
    return replace(made, key=replace(made.key, entries=entries))


def half(exam: Exam, place: int, states: Mapping[str, str] | None = None, **run: Any) -> Results:
    """The results with figures (0) or without (1)."""
    modes = {0: ("some-model", ImageMode.VISION), 1: ("some-model-blind", ImageMode.BLIND)}
    name, images = modes[place]
    wrong = {one for one, state in (states or STATES).items() if state[place] == "0"}
    marks = {
        one: make_mark(exam, one, Outcome.INCORRECT if one in wrong else Outcome.CORRECT)
        for one in exam.questions
    }
    return make_results(exam, marks, run=make_run(**{"run": name, "images": images} | run))


def shared(exam: Exam, states: Mapping[str, str] | None = None) -> Audit:
    """The audit of one session: text-only questions asked once."""
    blind = half(exam, 1, states, text_only_from="some-model")
    return audit(half(exam, 0, states), blind, exam)


def test_every_state_has_its_questions_and_every_figure_is_exact(exam: Exam) -> None:
    found = shared(exam)
    assert found.total.states == {
        "right with figures, right without": ["A-1", "A-2"],
        "right with figures, wrong without": ["A-3", "A-4", "A-5"],
        "wrong with figures, right without": ["B-1"],
        "wrong with figures, wrong without": ["B-2"],
    }
    assert found.total.net == pytest.approx(200 / 7, abs=1e-2)
    assert found.total.p_mcnemar == pytest.approx(0.625)  # 2 * (1 + 4) / 16
    assert found.total.low < 0 < found.total.net < found.total.high
    assert found.shared
    assert found.text_only is None
    halves = {one.name: (one.correct, one.questions) for one in (found.vision, found.blind)}
    assert halves == {"some-model": (7, 9), "some-model-blind": (5, 9)}


def test_parts_hold_the_questions_of_each_section_block_type_and_subject(exam: Exam) -> None:
    found = shared(exam)
    by_name = {part.name: part for part in found.visual_types}
    assert [part.name for part in found.blocks] == ["A", "B"]
    assert [part.title for part in found.sections] == ["必修", "一般・臨床"]
    assert [part.name for part in found.subjects] == ["A", "B"]
    assert by_name["ecg"].counts == (1, 1, 0, 0)
    # One question shows two types: it is in the part of each.
    assert by_name["x-ray"].right_wrong == ["A-3", "A-4"]
    for parts in (found.sections, found.blocks, found.subjects):
        assert sum(part.questions for part in parts) == 7
    several = [part for parts in found.groupings.values() for part in parts]
    assert len(several) == 8
    assert all((part.p_holm or 0) >= part.p_mcnemar for part in several)
    assert found.sections[0].p_holm == pytest.approx(min(1, 8 * found.sections[0].p_mcnemar))


def test_a_grouping_that_only_repeats_the_total_is_left_out(exam: Exam) -> None:
    plain = replace(
        exam,
        questions={
            name: replace(one, subject="heart", visual_types=()) if one.images else one
            for name, one in exam.questions.items()
        },
    )
    found = shared(plain)
    assert (found.subjects, found.visual_types) == ([], [])


def test_text_only_questions_asked_twice_are_the_control(exam: Exam) -> None:
    states = {**STATES, "A-9": "10", "B-9": "11"}
    found = audit(half(exam, 0, states), half(exam, 1, states), exam)
    assert not found.shared
    assert found.text_only is not None
    assert found.text_only.counts == (1, 1, 0, 0)
    assert found.total == shared(exam).total
    text = " ".join(" ".join(lines_of(audit_document(found))).split())
    assert "Control: 2 text-only questions asked twice, 1 right in the first half alone" in text


def test_shared_replies_of_results_that_are_older_than_the_other_half_are_refused(
    exam: Exam,
) -> None:
    old = half(exam, 1, {**STATES, "A-9": "10"}, text_only_from="some-model")
    with pytest.raises(UnlikeResultsError, match=r"text-only replies .* \(first: A-9\)") as caught:
        audit(half(exam, 0), old, exam)
    assert "--images=audit --offline" in str(caught.value)


def test_questions_whose_key_was_withdrawn_are_left_out_by_name(exam: Exam) -> None:
    treated = {"A-1": Treatment.EXCLUDE, "A-3": Treatment.CREDIT_ALL}
    entries = {
        name: replace(one, treatment=treated.get(name, one.treatment))
        for name, one in exam.key.entries.items()
    }
    found = shared(replace(exam, key=replace(exam.key, entries=entries)))
    assert found.withdrawn == ["A-1", "A-3"]
    assert found.total.counts == (1, 2, 1, 1)


def test_epochs_count_by_their_majority_answer(exam: Exam) -> None:
    def often(place: int, *rounds: Mapping[str, str], **run: Any) -> Results:
        marks = {
            (mark.question, epoch): mark.model_copy(update={"epoch": epoch})
            for epoch, states in enumerate(rounds, 1)
            for mark in half(exam, place, states).marks
        }
        name = "some-model" if place == 0 else "some-model-blind"
        images = ImageMode.BLIND if place else ImageMode.VISION
        spec = make_run(run=name, images=images, epochs=len(rounds), **run)
        return make_results(exam, marks, run=spec)

    once = {**STATES, "A-1": "00"}
    found = audit(often(0, STATES, once, STATES), often(1, STATES, once, STATES), exam)
    assert (found.epochs, found.total) == (3, shared(exam).total)


@pytest.mark.parametrize(
    ("place", "run", "says"),
    [
        (1, {"images": ImageMode.VISION}, "images of the second (vision, which has to be blind)"),
        (0, {"images": ImageMode.BLIND}, "images of the first (blind, which has to be vision)"),
        (1, {"images": ImageMode.SKIP}, "images of the second (skip"),
        (1, {"model": "other"}, "model (some/model against other)"),
        (1, {"parameters": {"temperature": 1}}, 'parameters ({} against {"temperature":1})'),
    ],
)
def test_halves_that_differ_in_more_than_their_figures_are_refused(
    exam: Exam, place: int, run: dict[str, Any], says: str
) -> None:
    halves = [half(exam, 0), half(exam, 1)]
    halves[place] = half(exam, place, **run)
    with pytest.raises(UnlikeResultsError) as caught:
        audit(halves[0], halves[1], exam)
    assert says in str(caught.value)


def test_other_exams_keys_readings_and_prompts_are_refused_all_at_once(exam: Exam) -> None:
    other = replace(exam, id="other", key=replace(exam.key, state="author"))
    imported = make_imported_run(exam="other", run="blind")
    blind = make_results(other, make_marks(other), run=imported, extraction=Extraction.PUBLISHED)
    with pytest.raises(UnlikeResultsError) as caught:
        audit(half(exam, 0), blind, exam)
    for name in ("exam (tiny against other)", "key (", "extraction (", "prompt ("):
        assert name in str(caught.value)


def test_partial_and_incomplete_halves_and_other_packs_are_refused(exam: Exam) -> None:
    blind = half(exam, 1)
    errors = make_results(
        exam,
        make_marks(exam, A_1=Outcome.ERROR),
        run=make_run(run="some-model-blind", images=ImageMode.BLIND),
    )
    with pytest.raises(UnlikeResultsError, match="the blind run is incomplete"):
        audit(half(exam, 0), errors, exam)
    partial = make_results(exam, make_marks(exam), asked=["A-1"], run=make_run(run="some-model"))
    with pytest.raises(UnlikeResultsError, match="the vision run is partial"):
        audit(partial, blind, exam)
    with pytest.raises(UnlikeResultsError, match=r"pack \(sat 222222222222, the exam that is here"):
        audit(half(exam, 0), blind, replace(exam, hash="5" * 64))


def test_an_exam_without_figures_cannot_be_audited() -> None:
    plain = make_exam(questions=[make_question("A-1"), make_question("B-1")])
    with pytest.raises(ComparisonError, match="no question with figures"):
        audit(half(plain, 0), half(plain, 1), plain)


def test_the_interval_is_exact_where_nothing_changed() -> None:
    questions = [make_question(f"A-{n}") for n in range(1, 11)]
    part = audit_part("", "", questions, {one.id: (True, True) for one in questions})
    # A net loss of 30.85 % would leave ten of ten unchanged in one case of forty.
    bound = 100 * (1 - 0.025 ** (1 / 10))
    assert [part.low, part.high] == pytest.approx([-bound, bound], abs=0.5)


def test_questions_of_one_case_are_one_draw_of_chance() -> None:
    alone = [make_question(f"A-{n}") for n in range(1, 13)]
    cases = [replace(one, serial=Serial(f"case {n // 3}", "", ())) for n, one in enumerate(alone)]
    right = {one.id: (n < 6, False) for n, one in enumerate(alone)}
    single, tied = (audit_part("", "", questions, right) for questions in (alone, cases))
    assert single.net == tied.net == 50
    assert tied.high - tied.low > single.high - single.low


def test_an_audit_says_where_it_is_unknown_which_questions_share_a_case(exam: Exam) -> None:
    unknown = "Serial groups unknown: every question counts as independent"
    text = " ".join(" ".join(lines_of(audit_document(shared(exam)))).split())
    assert unknown not in text
    untold = shared(replace(exam, cases_told=False))
    assert unknown in " ".join(" ".join(lines_of(audit_document(untold))).split())
    assert Audit.model_validate_json(untold.model_dump_json(by_alias=True)) == untold


ANSWERS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


@settings(max_examples=40)
@given(ANSWERS)
def test_the_table_holds_every_question_once_and_the_net_effect_is_p10_less_p01(
    answers: list[tuple[bool, bool]],
) -> None:
    questions = [make_question(f"A-{n}") for n in range(len(answers))]
    right = {one.id: pair for one, pair in zip(questions, answers, strict=True)}
    part = audit_part("", "", questions, right)
    both, gained, lost, neither = part.counts
    assert both + gained + lost + neither == part.questions == len(answers)
    assert sorted(chain(*part.states.values())) == sorted(right)
    accuracies = [sum(pair[place] for pair in answers) for place in (0, 1)]
    assert accuracies == [both + gained, both + lost]
    net = 100 * (gained - lost) / len(answers)
    assert part.net == pytest.approx(net, abs=1e-2)
    assert part.net == pytest.approx(100 * (accuracies[0] - accuracies[1]) / len(answers), abs=1e-2)
    assert -100 <= part.low <= part.net <= part.high <= 100


@settings(max_examples=25)
@given(ANSWERS)
def test_swapping_the_halves_turns_everything_round(answers: list[tuple[bool, bool]]) -> None:
    questions = [make_question(f"A-{n}") for n in range(len(answers))]
    right = {one.id: pair for one, pair in zip(questions, answers, strict=True)}
    part = audit_part("", "", questions, right)
    turned = audit_part("", "", questions, {name: (b, a) for name, (a, b) in right.items()})
    assert turned.right_wrong == part.wrong_right
    assert (turned.right_right, turned.wrong_wrong) == (part.right_right, part.wrong_wrong)
    assert turned.p_mcnemar == part.p_mcnemar
    assert (turned.net, turned.low, turned.high) == (-part.net, -part.high, -part.low)


def test_text_fits_a_terminal_and_names_what_is_behind_each_state(exam: Exam) -> None:
    long = {"A": "A very long name of a subject", "B": "とても長い診療科の名前"}
    named = {name: replace(one, subject=long[one.block]) for name, one in exam.questions.items()}
    lines = lines_of(audit_document(shared(replace(exam, questions=named))))
    assert max(map(width, lines)) <= 78
    assert "p10  right with figures, wrong without: 3 (43%)" in lines
    assert "  A-3 A-4 A-5" in lines
    assert "Net effect of the figures: +28.6 percentage points, within noise (p = 0.62)." in lines
    assert "7 image questions are few" in " ".join(lines)
    assert not any(" smaller, in the markdown report" in line for line in lines)


def test_a_terminal_shows_the_ten_largest_strata() -> None:
    names = [f"A-{n}" for n in range(1, 61)]
    asked = [
        make_question(
            name, images=(FIGURE,), image_dependency="enough text" if n < 40 else "image question"
        )
        for n, name in enumerate(names)
    ]
    made = make_exam(questions=asked)
    typed = {
        name: replace(one, visual_types=(f"type {min(n // 4, 12):02}",))
        for n, (name, one) in enumerate(made.questions.items())
    }
    entries = {name: KeyEntry((("a",),)) for name in names}
    made = replace(made, questions=typed, key=replace(made.key, entries=entries))
    found = shared(made, {name: "10" if n >= 40 else "11" for n, name in enumerate(names)})
    assert {part.name: part.counts for part in found.image_dependency} == {
        "enough text": (40, 0, 0, 0), "image question": (0, 20, 0, 0),
    }  # fmt: skip
    tested = found.image_dependency[1]
    assert tested.p_mcnemar == pytest.approx(2 / 2**20, rel=1e-5)
    parts = [part for parts in found.groupings.values() for part in parts]
    assert tested.p_holm is not None
    assert tested.p_mcnemar < tested.p_holm <= tested.p_mcnemar * len(parts)
    lines = lines_of(audit_document(found))
    assert len(found.visual_types) == 13
    assert sum(line.startswith("type ") for line in lines) == 10
    assert any(line.startswith("type 12") for line in lines)
    assert "and 3 smaller, in the markdown report and the JSON file" in lines


def test_many_questions_and_a_real_effect_are_called_so() -> None:
    names = [f"A-{n}" for n in range(1, 61)]
    made = make_exam(questions=[make_question(name, images=(FIGURE,)) for name in names])
    entries = {name: KeyEntry((("a",),)) for name in names}
    made = replace(made, key=replace(made.key, entries=entries))
    found = shared(made, {name: "10" if n < 20 else "11" for n, name in enumerate(names)})
    text = "\n".join(lines_of(audit_document(found)))
    assert "Net effect of the figures: +33.3 percentage points (p < 0.001)." in text
    assert "few" not in text
    assert found.detectable == 8  # P(at least 6 of 60 at 8 in 60) = 0.82
    same = shared(made, dict.fromkeys(names, "11"))
    assert "The figures changed no outcome." in lines_of(audit_document(same))


@pytest.mark.parametrize(
    ("gained", "lost", "says"),
    [
        (5, 0, "The interval excludes 0, and the exact test says noise: they are different"),
        (0, 5, "The interval excludes 0, and the exact test says noise: they are different"),
        (6, 0, ""),
        (5, 1, ""),
        (0, 0, ""),
    ],
)
def test_interval_and_test_that_disagree_are_said_to(gained: int, lost: int, says: str) -> None:
    names = [f"A-{n}" for n in range(1, 61)]
    made = make_exam(questions=[make_question(name, images=(FIGURE,)) for name in names])
    made = replace(made, key=replace(made.key, entries={n: KeyEntry((("a",),)) for n in names}))
    states = dict.fromkeys(names, "11")
    states |= dict.fromkeys(names[:gained], "10")
    states |= dict.fromkeys(names[gained : gained + lost], "01")
    found = shared(made, states)
    text = " ".join(" ".join(lines_of(audit_document(found))).split())
    assert says in text
    assert ("they are different methods" in text) == bool(says)
    assert (found.total.low > 0 or found.total.high < 0) == (gained + lost > 4 and lost != 1)


def test_json_and_markdown_say_the_same(exam: Exam) -> None:
    found = shared(exam)
    assert Audit.model_validate_json(found.model_dump_json(by_alias=True)) == found
    assert json.loads(found.model_dump_json(by_alias=True))["schema"] == 1
    page = markdown(audit_document(found))
    assert "- p10 right with figures, wrong without: 3 (43%) A-3 A-4 A-5" in page
    rows = [line for line in page.splitlines() if line.startswith("| Block")]
    assert [row.split(" | ")[1:6] for row in rows] == [
        ["n", "p11", "p10", "p01", "p00"],
        ["5\\*", "2", "3", "0", "0"],
        ["2\\*", "0", "0", "1", "1"],
    ]


def test_several_exams_stand_side_by_side(exam: Exam) -> None:
    nurse = replace(exam, id="nursing-2024-long-name", profession="nurse")
    lines = lines_of(summary_document([shared(exam), shared(nurse)]))
    first = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert first == ["Profession", "physician", "nurse"]
    assert "nursing-2024-" in lines[2]
    assert "+28.6" in lines[1]
    assert max(map(width, lines)) <= 78
