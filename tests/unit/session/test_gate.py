"""The gate: every combination of pytest's status, gate and sheet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jmle_plugin.mark.bench import SectionMeasures
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.scoring import build_sheet
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.comparison import Decision
from jmle_plugin.session.gate import ExitDecision, Sat, decide, judge
from jmle_plugin.session.option_table import GATES
from tests.builders import make_exam, make_mark, make_marks

EXAM = make_exam()


def sat(asked: str = "", **outcomes: Outcome) -> Sat:
    """A sitting with these outcomes; of the questions named in `asked`, if any."""
    names = asked.split() or list(EXAM.questions)
    return Sat("tiny model", build_sheet(EXAM, make_marks(EXAM, **outcomes), names))


PASS = sat()
FAIL = sat(B_2=Outcome.INCORRECT)
INCOMPLETE = sat(A_1=Outcome.ERROR)
PARTIAL = sat("A-1 A-2", A_2=Outcome.INCORRECT)
PARTIAL_ERROR = sat("A-1 A-2", A_1=Outcome.ERROR)
# All were asked that the data set has.
LACKING = replace(
    PASS,
    sheet=PASS.sheet.model_copy(
        update={"verdict": Verdict.PARTIAL, "of": len(EXAM.questions) + 1, "lacking": ["A-9"]}
    ),
)
NO_VERDICT = "gate official: tiny model has no verdict: the data set lacks A-9"
NO_REPLY = "tiny model: 1 question has no reply (first: A-1)"
OWN = "exit status is pytest's own: any wrong answer fails"
SHORT = "gate official: tiny model failed (必修 4/7, 2 short)"
ONLY = "gate official: tiny model: only 2 of 7 questions were asked, which gives no verdict"


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (PASS, Verdict.PASS),
        (FAIL, Verdict.FAIL),
        (INCOMPLETE, Verdict.INCOMPLETE),
        (PARTIAL, Verdict.PARTIAL),
        (PARTIAL_ERROR, Verdict.PARTIAL),
    ],
)
def test_samples_are_what_they_are_called(one: Sat, verdict: Verdict) -> None:
    assert one.sheet.verdict is verdict


@pytest.mark.parametrize(
    ("gate", "one", "asked", "status", "decided", "reason"),
    [
        ("official", PASS, False, 0, 0, "gate official: tiny model passed"),
        ("official", PASS, False, 1, 0, "gate official: tiny model passed"),
        ("official", PASS, True, 1, 0, "gate official: tiny model passed"),
        ("official", FAIL, False, 1, 1, SHORT),
        ("official", FAIL, False, 0, 1, SHORT),
        ("official", FAIL, True, 1, 1, SHORT),
        ("official", INCOMPLETE, False, 0, 1, NO_REPLY),
        ("official", INCOMPLETE, True, 1, 1, NO_REPLY),
        ("official", PARTIAL, False, 0, 0, OWN),
        ("official", PARTIAL, False, 1, 1, OWN),
        ("official", PARTIAL, True, 0, 1, ONLY),
        ("official", PARTIAL, True, 1, 1, ONLY),
        ("official", LACKING, False, 0, 1, NO_VERDICT),
        ("official", LACKING, True, 0, 1, NO_VERDICT),
        ("official", PARTIAL_ERROR, False, 1, 1, NO_REPLY),
        ("all", PASS, True, 0, 0, OWN),
        ("all", PASS, True, 1, 1, OWN),
        ("all", FAIL, True, 1, 1, OWN),
        ("all", PARTIAL, True, 0, 0, OWN),
        ("all", PARTIAL, True, 1, 1, OWN),
        ("all", INCOMPLETE, True, 0, 1, NO_REPLY),
        ("none", PASS, True, 0, 0, "gate none: every question asked has a reply"),
        ("none", FAIL, True, 1, 0, "gate none: every question asked has a reply"),
        ("none", PARTIAL, True, 1, 0, "gate none: every question asked has a reply"),
        ("none", INCOMPLETE, True, 1, 1, NO_REPLY),
        ("none", PARTIAL_ERROR, True, 0, 1, NO_REPLY),
    ],
)
def test_decision(  # noqa: PLR0913, PLR0917 - a row of the table
    gate: str, one: Sat, asked: bool, status: int, decided: int, reason: str
) -> None:
    assert decide(status, gate, [one], asked=asked) == ExitDecision(decided, reason)


@pytest.mark.parametrize(
    ("gate", "one", "decided", "sentence"),
    [
        ("official", PASS, Decision.PASS, "gate official: tiny model passed"),
        ("official", FAIL, Decision.FAIL, SHORT),
        ("official", INCOMPLETE, Decision.INCOMPLETE, NO_REPLY),
        ("official", PARTIAL, Decision.INCOMPLETE, ONLY),
        ("all", PASS, Decision.PASS, "gate all: tiny model: every reply is right"),
        (
            "all",
            replace(FAIL, wrong=1),
            Decision.FAIL,
            "gate all: tiny model: 1 reply is not right",
        ),
        (
            "all",
            replace(FAIL, wrong=2),
            Decision.FAIL,
            "gate all: tiny model: 2 replies are not right",
        ),
        ("all", INCOMPLETE, Decision.INCOMPLETE, NO_REPLY),
        ("none", FAIL, Decision.PASS, "gate none: every question asked has a reply"),
        ("none", PARTIAL_ERROR, Decision.INCOMPLETE, NO_REPLY),
    ],
)
def test_what_a_gate_decides_on_one_run_is_data(
    gate: str, one: Sat, decided: Decision, sentence: str
) -> None:
    found = judge(one, gate)
    assert found is not None
    assert (found.name, found.decision, found.sentence) == (gate, decided, sentence)


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_decides_nothing_on_the_blind_half_of_an_audit(gate: str) -> None:
    assert judge(replace(FAIL, decides=False), gate) is None


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("status", [2, 3, 4, 5, 130])
@pytest.mark.parametrize("one", [PASS, FAIL, INCOMPLETE, PARTIAL])
def test_early_end_is_never_overridden(gate: str, status: int, one: Sat) -> None:
    decision = decide(status, gate, [one], asked=True, other_failures=1)
    assert decision == ExitDecision(status, "pytest ended early; the gate decides nothing")


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize(
    ("count", "reason"),
    [(1, "1 other failure in this session"), (2, "2 other failures in this session")],
)
def test_no_gate_forgives_other_failures(gate: str, count: int, reason: str) -> None:
    decision = decide(1, gate, [PASS], asked=False, other_failures=count)
    assert decision == ExitDecision(1, reason)


@pytest.mark.parametrize("worse", [FAIL, INCOMPLETE])
@pytest.mark.parametrize("turned", [False, True])
def test_every_sitting_has_to_pass(worse: Sat, turned: bool) -> None:
    both = [worse, PASS] if turned else [PASS, worse]
    assert decide(1, "official", both, asked=False).status == 1


def test_every_sitting_that_fails_is_named_on_a_line_of_its_own() -> None:
    sittings = [FAIL, PASS, replace(INCOMPLETE, name="other"), replace(PARTIAL, name="third")]
    decision = decide(1, "official", sittings, asked=True, other_failures=1)
    assert decision.status == 1
    assert decision.reason.splitlines() == [
        SHORT,
        "other: 1 question has no reply (first: A-1)",
        "gate official: third: only 2 of 7 questions were asked, which gives no verdict",
        "1 other failure in this session",
    ]


def test_partial_sitting_leaves_the_status_to_pytest_for_all() -> None:
    assert decide(1, "official", [PASS, PARTIAL], asked=False) == ExitDecision(1, OWN)


def test_what_makes_every_sheet_doubtful_comes_first() -> None:
    decision = decide(0, "none", [PASS], asked=False, problem="two ids for one question")
    assert decision == ExitDecision(1, "two ids for one question")


def test_every_reason_to_fail_is_given() -> None:
    marks = make_marks(EXAM, A_1=Outcome.INCORRECT, A_2=Outcome.INCORRECT, B_3=Outcome.INCORRECT)
    marks["B-2"] = make_mark(EXAM, "B-2", Outcome.INCORRECT, prohibited=["d", "e"])
    marks["B-3"] = make_mark(EXAM, "B-3", Outcome.INCORRECT, prohibited=["a"])
    one = Sat("tiny model", build_sheet(EXAM, marks, EXAM.questions))
    assert decide(1, "official", [one], asked=False).reason == (
        "gate official: tiny model failed (必修 1/7, 5 short, 一般・臨床 2/4, 1 short, "
        "2 prohibited choices, at most 1)"
    )


def test_several_lost_replies_are_counted() -> None:
    one = sat(A_2=Outcome.ERROR, B_1=Outcome.ERROR)
    assert decide(1, "none", [one], asked=False).reason == (
        "tiny model: 2 questions have no reply (first: A-2)"
    )


def test_the_blind_half_of_an_audit_is_told_and_decides_nothing() -> None:
    blind = replace(FAIL, name="tiny model-blind", decides=False)
    told = decide(1, "official", [PASS, blind], asked=True)
    assert told.status == 0
    assert told.reason == (
        "gate official: tiny model passed; tiny model-blind (FAIL) decides nothing"
    )
    assert decide(0, "official", [FAIL, replace(PASS, decides=False)], asked=True).status == 1


@pytest.mark.parametrize("gate", GATES)
def test_an_outage_of_the_blind_half_fails_every_gate(gate: str) -> None:
    blind = replace(INCOMPLETE, decides=False)
    assert decide(0, gate, [PASS, blind], asked=False) == ExitDecision(1, NO_REPLY)


@pytest.mark.parametrize(
    ("gate", "status", "decided"),
    [("official", 0, 0), ("official", 1, 1), ("all", 1, 1), ("none", 1, 0)],
)
def test_a_pass_does_not_stand_for_a_sitting_that_was_not_asked(
    gate: str, status: int, decided: int
) -> None:
    decision = decide(status, gate, [PASS], asked=False, unasked=1)
    assert decision.status == decided
    assert gate == "none" or decision.reason == OWN
    assert decide(status, "official", [PASS], asked=False).status == 0


def test_a_half_without_a_pass_mark_is_called_that() -> None:
    measures = {"a": SectionMeasures(title="A", questions=1, replies=1, unreadable=0, measures={})}
    sheet = PASS.sheet.model_copy(update={"verdict": Verdict.NONE, "measures": measures})
    halves = [replace(PASS, sheet=sheet), replace(PASS, name="blind", sheet=sheet, decides=False)]
    assert decide(0, "official", halves, asked=False).reason == (
        "gate official: tiny model complete, without a pass mark; blind (bench: no pass mark) "
        "decides nothing"
    )
