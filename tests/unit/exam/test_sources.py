from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jmle_plugin.errors import PackError
from jmle_plugin.exam.sources import ADAPTERS, read_paper

if TYPE_CHECKING:
    from tests.unit.exam.conftest import NativePackBuilder, PackBuilder


@pytest.mark.parametrize("layout", ADAPTERS)
def test_every_layout_has_an_adapter_that_names_what_it_misses(layout: str, tmp_path: Path) -> None:
    with pytest.raises(PackError) as error:
        read_paper(layout, tmp_path, "1")
    assert str(tmp_path) in str(error.value)


def test_options_are_found_on_lines_and_in_tables(pack: PackBuilder) -> None:
    pack["A-2"]["question_text"] = "Two?\n|  | x | y |\n| a | 1 | 2 |\n| b | 3 | 4 |\nc　three"
    options = pack.load().questions["A-2"].options
    assert options == {"a": "1 | 2", "b": "3 | 4", "c": "three", "d": "", "e": ""}


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "bytes", "nested"])
def test_a_damaged_dataset_is_named_with_its_remedy(pack: PackBuilder, damage: str) -> None:
    pack.write()
    raw = pack.dataset.read_bytes()
    pack.dataset.write_bytes(
        {
            "cut": raw[: len(raw) // 2],
            "empty": b"",
            "text": b"<html>not found</html>",
            "bytes": b"\xff\xfe\xfa",
            "nested": b"[" * 200_000,
        }[damage]
    )
    message = pack.refused_now()
    assert f"{pack.dataset}: is not valid JSON" in message
    assert "delete it and run `jmle fetch` again" in message


def test_a_dataset_of_another_shape_is_refused(pack: PackBuilder) -> None:
    pack.write()
    pack.dataset.write_text('{"questions": []}', encoding="utf-8")
    assert f"{pack.dataset}: holds a dict, not a list of questions" in pack.refused_now()


def test_an_entry_that_is_no_object_is_named_by_its_place(pack: PackBuilder) -> None:
    pack.write()
    pack.dataset.write_text("[3]", encoding="utf-8")
    message = pack.refused_now()
    assert str(pack.dataset) in message
    assert "entry 0 (question ?)" in message


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("number", "two", "found 'two'"),
        ("question_type", "essay", "found 'essay'"),
        ("question_text", "", "question_text: "),
        ("answer", "b", "found 'b'"),
        ("num_choices_to_select", 0, "found 0"),
    ],
)
def test_a_wrong_value_is_named_with_question_and_key(
    pack: PackBuilder, key: str, value: object, problem: str
) -> None:
    pack["A-2"][key] = value
    message = pack.refused()
    assert f"{pack.dataset}: entry 1 (question A-2): {key}" in message
    assert problem in message


def test_a_missing_key_is_named_with_its_question(pack: PackBuilder) -> None:
    del pack["A-2"]["answer"]
    assert "entry 1 (question A-2): answer: " in pack.refused()


def test_a_question_that_needs_an_image_must_name_one(pack: PackBuilder) -> None:
    pack["A-1"]["clinical_images"] = []
    message = pack.refused()
    assert "question A-1: requires_image is true but no image is named" in message


def test_the_native_layout_prints_the_options_below_the_question(
    native: NativePackBuilder,
) -> None:
    text = native.load().questions["A-1"].text
    assert text.startswith("Question A-1?\n\na　option a\nb　option b")
    assert text.endswith("f　option f")


def test_a_native_question_may_bring_what_the_published_ones_lack(
    native: NativePackBuilder,
) -> None:
    native["A-1"].update(prohibited=["f"], subject="ethics", rationale="because")
    question = native.load().questions["A-1"]
    assert question.prohibited == {"f"}
    assert (question.subject, question.rationale) == ("ethics", "because")
    assert question.language == "ja"


def test_an_unknown_key_in_a_native_question_is_named(native: NativePackBuilder) -> None:
    native["A-2"]["anwser"] = ["a"]
    message = native.refused()
    assert f"{native.dataset}: question A-2: anwser: " in message


def test_a_native_question_without_an_id_is_named_by_its_place(native: NativePackBuilder) -> None:
    del native.questions[1]["id"]
    assert f"{native.dataset}: questions[1]: id: " in native.refused()


def test_an_unknown_serial_is_named(native: NativePackBuilder) -> None:
    native["B-2"]["serial"] = "B-9"
    message = native.refused()
    assert f"{native.dataset}: question B-2: serial 'B-9' is not among [[serials]]" in message


def test_a_serial_that_stands_twice_is_refused(native: NativePackBuilder) -> None:
    native.serials.append({"id": "B-1-2", "text": "Another case."})
    assert "serials[1]: serial 'B-1-2' stands twice" in native.refused()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("questions = [", "is not valid TOML"),
        ("questions = 3", "'questions' must be written as [[questions]] tables"),
        ("serials = 'a'", "'serials' must be written as [[serials]] tables"),
        ("question = []", "unknown top-level keys ['question']"),
    ],
)
def test_a_native_file_of_another_shape_is_refused(
    native: NativePackBuilder, text: str, problem: str
) -> None:
    native.write()
    native.dataset.write_text(text, encoding="utf-8")
    message = native.refused_now()
    assert str(native.dataset) in message
    assert problem in message
