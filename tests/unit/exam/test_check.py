from __future__ import annotations

from typing import TYPE_CHECKING

from jmle_plugin.exam.check import check_exam

if TYPE_CHECKING:
    from tests.unit.exam.conftest import NativePackBuilder, PackBuilder


def test_a_sound_exam_has_no_problems(pack: PackBuilder, native: NativePackBuilder) -> None:
    assert check_exam(pack.load()) == []
    assert check_exam(native.load()) == []


def test_a_corrupt_image_is_named_once(pack: PackBuilder) -> None:
    raw = pack.images["A-1.png"]
    pack.images["A-1.png"] = raw[: raw.index(b"IDAT") + 8]
    pack["A-2"]["clinical_images"] = ["A-1.png"]
    (problem,) = check_exam(pack.load())
    assert problem.startswith(str(pack.folder / "images" / "A-1.png"))
    assert "the image of question A-1 is corrupt" in problem


def test_points_must_add_up_to_the_stated_maximum(pack: PackBuilder) -> None:
    pack.official["criteria"]["general"]["max"] = 5
    (problem,) = check_exam(pack.load())
    assert problem == (
        "key official, section general: the questions that count add up to 3 points, "
        "the stated maximum is 5"
    )


def test_excluded_questions_do_not_count_towards_the_maximum(pack: PackBuilder) -> None:
    pack.official["changes"] = [{"question": "B-2", "treatment": "exclude"}]
    pack.official["criteria"]["required"] = {"threshold": 1, "max": 1}
    assert check_exam(pack.load()) == []
    pack.official["criteria"]["required"]["max"] = 4
    assert "section required" in check_exam(pack.load())[0]


def test_credited_and_conditional_questions_count(pack: PackBuilder) -> None:
    pack.official["changes"] = [
        {"question": "A-1", "treatment": "credit_all"},
        {"question": "A-2", "treatment": "exclude_if_wrong"},
    ]
    assert check_exam(pack.load()) == []


def test_a_threshold_must_be_within_reach(pack: PackBuilder) -> None:
    pack.official["changes"] = [{"question": "A-1", "treatment": "exclude"}]
    pack.official["criteria"]["general"]["threshold"] = 3
    problems = check_exam(pack.load())
    assert len(problems) == 2
    assert "the threshold 3 is out of reach with 2 points" in problems[1]


def test_the_key_state_that_was_loaded_is_checked(pack: PackBuilder) -> None:
    pack.manifest["keys"]["author"]["criteria"]["general"]["max"] = 5
    assert check_exam(pack.load("official")) == []
    assert "key author" in check_exam(pack.load("author"))[0]


def test_a_text_that_stands_twice_is_named_whatever_its_spacing(pack: PackBuilder) -> None:
    pack["A-2"]["question_text"] = pack["A-1"]["question_text"].replace("\n", " \n")
    assert check_exam(pack.load()) == ["question A-2 has the same text as question A-1"]


def test_two_cases_may_ask_the_same(pack: PackBuilder) -> None:
    pack["B-2"]["question_text"] = pack["B-1"]["question_text"]
    assert check_exam(pack.load()) != []
    pack["B-2"]["serial_group"] = {"group_id": "B-2", "context_text": "Another case."}
    assert check_exam(pack.load()) == []


def test_a_list_of_prohibited_choices_must_have_some(native: NativePackBuilder) -> None:
    native.official["prohibited"] = {"limit": 3, "listed": True}
    assert "no question names any" in check_exam(native.load())[0]
    native["A-1"]["prohibited"] = ["f"]
    assert check_exam(native.load()) == []
