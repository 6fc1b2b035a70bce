from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jmle_plugin.exam.model import Criterion, KeyEntry, NumericRule, Treatment

if TYPE_CHECKING:
    from tests.unit.exam.conftest import NativePackBuilder, PackBuilder


def test_an_answer_is_kept_in_sorted_form(pack: PackBuilder) -> None:
    assert pack.load().key.entries["A-2"].accepted == (("b", "d"),)


def test_a_number_is_kept_as_the_examiners_wrote_it(pack: PackBuilder) -> None:
    assert pack.load().key.entries["A-3"].accepted == (("0.40",),)


def test_a_change_replaces_the_answer_in_its_own_state_alone(pack: PackBuilder) -> None:
    pack.official["changes"] = [{"question": "A-1", "answer": ["c"]}]
    assert pack.load("official").key.entries["A-1"].accepted == (("c",),)
    assert pack.load("author").key.entries["A-1"].accepted == (("a",),)


def test_a_change_may_accept_several_answers(pack: PackBuilder) -> None:
    pack.official["changes"] = [{"question": "A-1", "accept": [["a"], ["d"]]}]
    assert pack.load().key.entries["A-1"].accepted == (("a",), ("d",))


@pytest.mark.parametrize("treatment", ["credit_all", "exclude", "exclude_if_wrong"])
def test_a_treatment_leaves_the_answer(pack: PackBuilder, treatment: str) -> None:
    pack.official["changes"] = [{"question": "A-1", "treatment": treatment}]
    entry = pack.load().key.entries["A-1"]
    assert (entry.accepted, entry.treatment) == ((("a",),), Treatment(treatment))


def test_thresholds_and_rules_come_with_the_key(pack: PackBuilder) -> None:
    pack.official["numeric"] = "text"
    pack.official["prohibited"] = {"limit": 3}
    key = pack.load().key
    assert key.criteria[1] == Criterion("required", 4, 4, (4, 5))
    assert key.numeric is NumericRule.TEXT
    assert key.prohibited is not None
    assert (key.prohibited.limit, key.prohibited.listed) == (3, False)


def test_an_answer_outside_the_options_is_refused(pack: PackBuilder) -> None:
    pack["A-1"]["answer"] = ["g"]
    message = pack.refused()
    assert str(pack.dataset) in message
    assert "question A-1: the answer names ['g'], but the options are a, b, c, d, e" in message


@pytest.mark.parametrize("answer", [["a"], ["a", "b", "c"], ["a", "a"], []])
def test_the_wrong_number_of_answers_is_refused(pack: PackBuilder, answer: list[str]) -> None:
    pack["A-2"]["answer"] = answer
    message = pack.refused()
    assert f"{pack.dataset}: question A-2: the answer {answer} has" in message
    assert "but 2 different ones must be selected" in message


def test_the_same_answer_twice_is_not_one_answer(pack: PackBuilder) -> None:
    pack["A-1"]["answer"] = ["a", "a"]
    assert "question A-1: the answer ['a', 'a'] has 2 labels" in pack.refused()


@pytest.mark.parametrize("answer", [["x"], ["1", "2"], [], ["NaN"], ["1_000"], ["３"], ["1\n"]])
def test_a_numeric_answer_is_one_number(pack: PackBuilder, answer: list[str]) -> None:
    pack["A-3"]["answer"] = answer
    message = pack.refused()
    assert f"{pack.dataset}: question A-3: the answer {answer} is not one number" in message


def test_a_change_of_an_unknown_question_is_refused(pack: PackBuilder) -> None:
    pack.official["changes"] = [{"question": "Z-9", "answer": ["a"]}]
    message = pack.refused()
    assert str(pack.file) in message
    assert "keys.official: a change names question 'Z-9'" in message


def test_an_impossible_change_names_manifest_state_and_question(pack: PackBuilder) -> None:
    pack.manifest["keys"]["author"]["changes"] = [{"question": "A-1", "accept": [["a"], ["g"]]}]
    message = pack.refused()
    assert f"{pack.file}: keys.author: question A-1: the answer names ['g']" in message


def test_a_prohibited_choice_is_never_the_answer(native: NativePackBuilder) -> None:
    native["A-1"]["prohibited"] = ["a", "b"]
    message = native.refused()
    assert f"{native.dataset}: question A-1: ['a'] are both prohibited and the answer" in message


def test_a_change_cannot_make_a_prohibited_choice_the_answer(native: NativePackBuilder) -> None:
    native["A-1"]["prohibited"] = ["b"]
    native.official["changes"] = [{"question": "A-1", "answer": ["b"]}]
    message = native.refused()
    assert "keys.official: question A-1: ['b'] are both prohibited and the answer" in message


def test_an_accepted_answer_that_stands_twice_is_refused(pack: PackBuilder) -> None:
    pack.official["changes"] = [{"question": "A-2", "accept": [["a", "b"], ["b", "a"]]}]
    assert "keys.official: question A-2: 'accept' names an answer twice" in pack.refused()


def changed(pack: PackBuilder, *changes: dict[str, object]) -> KeyEntry:
    pack.official["changes"] = [{"question": "A-1", **change} for change in changes]
    return pack.load().key.entries["A-1"]


@pytest.mark.parametrize("orders", [(None, None), (1, None), (1, 1)])
def test_two_changes_to_one_question_need_an_order(
    pack: PackBuilder, orders: tuple[int | None, int | None]
) -> None:
    decisions: list[dict[str, object]] = [{"answer": ["b"]}, {"treatment": "exclude"}]
    pack.official["changes"] = [
        {"question": "A-1", **decision} | ({"order": order} if order else {})
        for decision, order in zip(decisions, orders, strict=True)
    ]
    message = pack.refused()
    assert f"{pack.file}: keys.official: two changes to question A-1; make them one" in message


def test_changes_to_one_question_apply_in_their_order(pack: PackBuilder) -> None:
    several: dict[str, object] = {"accept": [["a"], ["d"]]}
    treated: dict[str, object] = {"treatment": "exclude_if_wrong"}
    after = changed(pack, treated | {"order": 2}, several | {"order": 1})
    assert after == KeyEntry((("a",), ("d",)), Treatment.EXCLUDE_IF_WRONG)
    # An answer decides the question anew: it counts again.
    before = changed(pack, treated | {"order": 1}, several | {"order": 2})
    assert before == KeyEntry((("a",), ("d",)), Treatment.STANDARD)


def test_what_is_not_confirmed_is_told(native: NativePackBuilder) -> None:
    native["A-1"]["prohibited"] = ["f"]
    native.official["changes"] = [
        {"question": "A-2", "treatment": "exclude_if_wrong", "unconfirmed": "one page says so"}
    ]
    native.official["criteria"]["general"]["unconfirmed"] = "another page: 3"
    native.official["prohibited"] = {"limit": 2, "listed": True, "unconfirmed": "3 in one page"}
    assert native.load().key.unconfirmed == (
        "criterion general: another page: 3",
        "prohibited choices: 3 in one page",
        "question A-2: one page says so",
    )
    assert native.load("author").key.unconfirmed == ()
