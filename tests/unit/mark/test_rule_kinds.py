"""What the examiners' decisions do to a candidate, whatever was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jmle_plugin.exam.keys import KeySpec, build_key
from jmle_plugin.exam.model import Exam, KeyEntry
from jmle_plugin.gateway.reply import Reply
from jmle_plugin.mark.epochs import score_epochs
from jmle_plugin.mark.marks import Mark, mark_reply
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Sheet, Verdict
from tests.builders import ANSWERS, make_exam, make_questions

QUESTIONS = {one.id: one for one in make_questions()}
NAMES = list(QUESTIONS)
PAPER = {name: ((answer,) if name == "A-3" else tuple(answer),) for name, answer in ANSWERS.items()}
CRITERIA: dict[str, Any] = {
    "required": {"threshold": 6, "max": 7, "ratio": [4, 5]},
    "general": {"threshold": 3, "max": 4},
}


def decided(*changes: Mapping[str, Any]) -> Exam:
    """The small exam under a key with these decisions."""
    spec = KeySpec.model_validate(
        {
            "title": "a key",
            "criteria": CRITERIA,
            "prohibited": {"limit": 1, "listed": True},
            "changes": list(changes),
        }
    )
    exam = make_exam(questions=QUESTIONS.values())
    paper = {name: KeyEntry(accepted) for name, accepted in PAPER.items()}
    return replace(exam, key=build_key("official", spec, exam.questions, paper, Path("exam.toml")))


def sat(exam: Exam, answers: Mapping[str, str]) -> Sheet:
    """The sheet of a candidate who wrote these answer lines; the rest stays unanswered."""
    return build_sheet(exam, marks(exam, answers), exam.questions)


def marks(exam: Exam, answers: Mapping[str, str]) -> dict[str, Mark]:
    return {
        name: mark_reply(question, exam.key, Reply(f"【回答】{answers.get(name, '')}"))
        for name, question in exam.questions.items()
    }


def share(points: int, maximum: int) -> Fraction:
    """The percentage; of nothing, everything."""
    return Fraction(points, maximum) if maximum else Fraction(1)


def shares(sheet: Sheet) -> list[Fraction]:
    parts = [sheet.total, *sheet.sections.values(), *sheet.blocks.values()]
    return [share(part.points, part.max) for part in parts]


RIGHT = {name: ",".join(accepted[0]) for name, accepted in PAPER.items()}
LINES = st.sampled_from(["", "a", "b", "c", "e", "d", "a,c", "b,d", "0.4", "5", "?"])


@st.composite
def candidates(draw: st.DrawFn) -> dict[str, str]:
    """What somebody wrote: every question right, wrong, unreadable or left out."""
    return {name: draw(st.just(RIGHT[name]) | LINES) for name in NAMES}


def treatment(name: str, kind: str) -> dict[str, Any]:
    return {"question": name, "treatment": kind}


def accept(name: str, *others: str) -> dict[str, Any]:
    """The answer of the paper and others."""
    return {"question": name, "accept": [list(PAPER[name][0]), *(one.split(",") for one in others)]}


OTHERS = {"A-1": "d", "A-2": "b,d", "A-3": "5", "A-4": "e", "B-1": "a", "B-2": "b", "B-3": "c"}
KIND = st.sampled_from(["credit_all", "exclude", "exclude_if_wrong", "accept", "answer"])


def change(name: str, kind: str) -> dict[str, Any]:
    if kind == "accept":
        return accept(name, OTHERS[name])
    if kind == "answer":
        return {"question": name, "answer": OTHERS[name].split(",")}
    return treatment(name, kind)


CHANGES = st.dictionaries(st.sampled_from(NAMES), KIND)


def made(kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    return [change(name, kind) for name, kind in kinds.items()]


@settings(max_examples=40)
@given(candidates(), CHANGES)
def test_totals_never_exceed_their_maxima(answers: dict[str, str], kinds: dict[str, str]) -> None:
    sheet = sat(decided(*made(kinds)), answers)
    for part in (sheet.total, *sheet.sections.values(), *sheet.blocks.values()):
        assert 0 <= part.points <= part.max
    for section in sheet.sections.values():
        assert section.max <= section.stated_max
    assert sheet.total.max <= sum(question.points for question in QUESTIONS.values())


@settings(max_examples=40)
@given(candidates(), CHANGES, st.sampled_from(NAMES))
def test_a_decision_in_favour_lowers_nobody(
    answers: dict[str, str], kinds: dict[str, str], name: str
) -> None:
    others = made({one: kind for one, kind in kinds.items() if one != name})
    before = sat(decided(*others), answers)
    for kind in ("exclude_if_wrong", "accept", "credit_all"):
        after = sat(decided(*others, change(name, kind)), answers)
        assert all(new >= old for new, old in zip(shares(after), shares(before), strict=True))
        assert (before.verdict, after.verdict) != (Verdict.PASS, Verdict.FAIL)


def test_an_exclusion_for_all_may_lower_somebody() -> None:
    answers = RIGHT | {"B-3": "b"}  # 4 of 7 required points; without B-2, 1 of 4
    before = sat(decided(), answers)
    after = sat(decided(treatment("B-2", "exclude")), answers)
    assert shares(after)[1] == Fraction(1, 4) < shares(before)[1] == Fraction(4, 7)


def test_a_replaced_answer_may_lower_somebody() -> None:
    after = sat(decided({"question": "B-2", "answer": ["b"]}), RIGHT)
    assert after.sections["required"].points == 4


@given(CHANGES, st.randoms(use_true_random=False))
def test_changes_to_different_questions_commute(kinds: dict[str, str], random: Any) -> None:
    changes = made(kinds)
    shuffled = random.sample(changes, len(changes))
    assert decided(*changes).key.entries == decided(*shuffled).key.entries


@settings(max_examples=40)
@given(CHANGES, CHANGES, st.randoms(use_true_random=False))
def test_ordered_changes_to_one_question_apply_in_their_order_wherever_they_stand(
    first: dict[str, str], second: dict[str, str], random: Any
) -> None:
    changes = [one | {"order": 1} for one in made(first)]
    changes += [one | {"order": 2} for one in made(second)]
    shuffled = random.sample(changes, len(changes))
    assert decided(*changes).key.entries == decided(*shuffled).key.entries


# --- where exclude-if-wrong reaches ---------------------------------------------------

IF_WRONG = treatment("B-2", "exclude_if_wrong")


def test_no_answer_is_no_right_answer() -> None:
    for written in ("", "b", "a,b"):
        required = sat(decided(IF_WRONG), RIGHT | {"B-2": written}).sections["required"]
        assert (required.points, required.max, required.stated_max) == (4, 4, 7)
        assert required.margin == 0  # 4/5 of the candidate's own 4 points


def test_every_tally_shows_the_candidates_own_maximum_and_counts_the_question() -> None:
    sheet = sat(decided(IF_WRONG), RIGHT | {"B-2": "b"})
    for part in (sheet.total, sheet.sections["required"], sheet.blocks["B"], sheet.kinds["single"]):
        whole = sat(decided(), RIGHT)
        assert part.questions - part.correct == 1
        assert whole.total.max - sheet.total.max == 3
    assert (sheet.blocks["B"].points, sheet.blocks["B"].max) == (4, 4)
    assert (sheet.kinds["single"].points, sheet.kinds["single"].max) == (6, 6)


def test_a_prohibited_choice_of_a_question_taken_out_does_not_count() -> None:
    picked = RIGHT | {"B-2": "d", "B-3": "a"}
    assert sat(decided(), picked).prohibited.count == 2
    assert sat(decided(IF_WRONG), picked).prohibited.questions == ["B-3"]
    assert sat(decided(treatment("B-2", "exclude")), picked).prohibited.questions == ["B-3"]
    # The choice itself stays on the mark for whoever looks.
    assert marks(decided(IF_WRONG), picked)["B-2"].prohibited == ["d"]


def test_a_prohibited_choice_of_a_credited_question_counts() -> None:
    credited = sat(decided(treatment("B-2", "credit_all")), RIGHT | {"B-2": "d"})
    assert (credited.prohibited.questions, credited.sections["required"].points) == (["B-2"], 7)


def test_the_majority_answer_decides_whether_a_question_counts() -> None:
    exam = decided(IF_WRONG)
    written = {1: "b", 2: RIGHT["B-2"], 3: "b"}
    epochs = {
        (name, epoch): mark.model_copy(update={"epoch": epoch})
        for epoch, answer in written.items()
        for name, mark in marks(exam, RIGHT | {"B-2": answer}).items()
    }
    sheet = score_epochs(exam, epochs, epochs, 3)
    assert (sheet.sections["required"].points, sheet.sections["required"].max) == (4, 4)
    assert sheet.epochs is not None
    assert [(one.points, one.max) for one in sheet.epochs.scores] == [(8, 8), (11, 11), (8, 8)]
