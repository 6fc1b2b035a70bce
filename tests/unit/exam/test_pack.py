from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from jmle_plugin.errors import DataMissingError, PackError, UnknownNameError
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.pack import question_digest
from jmle_plugin.exam.reading import source_folder

if TYPE_CHECKING:
    from tests.unit.exam.conftest import NativePackBuilder, PackBuilder


def test_an_exam_is_its_questions_in_the_order_printed(pack: PackBuilder) -> None:
    exam = pack.load()
    assert list(exam.questions) == ["A-1", "A-2", "A-3", "B-1", "B-2"]
    assert [one.points for one in exam.questions.values()] == [1, 1, 1, 1, 3]
    assert exam.questions["A-3"].kind is QuestionKind.NUMERIC
    assert exam.questions["A-3"].labels == ()
    assert [section.title for section in exam.sections] == ["General", "Required"]


def test_serial_questions_know_each_other(pack: PackBuilder) -> None:
    exam = pack.load()
    serial = exam.questions["B-2"].serial
    assert serial is not None
    assert (serial.text, serial.questions) == ("A case.", ("B-1", "B-2"))
    assert exam.questions["A-1"].serial is None


def test_a_shared_image_is_one_image(pack: PackBuilder) -> None:
    pack["A-2"]["clinical_images"] = ["A-1.png"]
    exam = pack.load()
    assert exam.questions["A-1"].images[0] is exam.questions["A-2"].images[0]


def test_both_layouts_hold_the_same_exam(pack: PackBuilder, native: NativePackBuilder) -> None:
    ours, theirs = native.load(), pack.load()
    assert ours.questions.keys() == theirs.questions.keys()
    assert ours.key.entries == theirs.key.entries


def test_the_hash_follows_text_answer_rules_and_figures_but_not_the_address(
    pack: PackBuilder,
) -> None:
    seen = {pack.load().hash}
    pack.pin()
    assert pack.load().hash in seen
    del pack.manifest["source"]["files"]
    for change in (
        lambda: pack["A-2"].update(question_text="Other?\na　one"),
        lambda: pack["A-2"].update(answer=["a", "b"]),
        lambda: pack.official["criteria"]["general"].update(threshold=1),
        lambda: pack.images.update({"A-1.png": pack.png(9, 9)}),
    ):
        change()
        seen.add(pack.load().hash)
    assert len(seen) == 5


def test_the_hash_is_the_same_under_every_key_state(pack: PackBuilder) -> None:
    assert pack.load("author").hash == pack.load("official").hash


def test_a_question_digest_is_about_what_the_candidate_sees(pack: PackBuilder) -> None:
    before = pack.load().questions
    pack["A-1"]["answer"] = ["b"]
    pack["B-1"]["serial_group"] = pack["B-2"]["serial_group"] = {
        "group_id": "B-1-2",
        "context_text": "Another case.",
    }
    after = pack.load().questions
    assert question_digest(after["A-1"]) == question_digest(before["A-1"])
    assert question_digest(after["B-1"]) != question_digest(before["B-1"])


def test_the_default_key_is_taken_unless_one_is_named(pack: PackBuilder) -> None:
    assert pack.load().key.state == "official"
    assert pack.load("author").key.state == "author"


def test_an_unknown_key_state_names_the_near_ones(pack: PackBuilder) -> None:
    pack.write()
    with pytest.raises(UnknownNameError) as caught:
        pack.reload("oficial")
    assert "'oficial'" in str(caught.value)
    assert "Did you mean official?" in str(caught.value)
    assert str(pack.file) in str(caught.value)


def test_missing_data_names_both_ways_to_get_it(pack: PackBuilder) -> None:
    pack.pin()
    pack.write_manifest()
    message = pack.refused_now(DataMissingError)
    assert str(pack.folder) in message
    assert "`jmle fetch tiny`" in message
    assert "--exam-data" in message
    assert "JMLE_DATA" in message


def test_missing_data_that_nobody_can_fetch_names_its_source(pack: PackBuilder) -> None:
    pack.manifest["source"]["repository"] = "https://example.invalid/data"
    pack.write_manifest()
    message = pack.refused_now(DataMissingError)
    assert "Get them from https://example.invalid/data yourself" in message
    assert "jmle fetch" not in message


def test_a_folder_without_the_questions_is_missing_data_too(pack: PackBuilder) -> None:
    pack.pin()
    pack.write()
    pack.dataset.unlink()
    message = pack.refused_now(DataMissingError)
    assert str(pack.dataset) in message
    assert "`jmle fetch tiny`" in message


def test_a_pack_of_the_suite_that_lost_its_questions_is_broken(native: NativePackBuilder) -> None:
    native.write()
    native.dataset.unlink()
    message = native.refused_now(PackError)
    assert str(native.dataset) in message
    assert "No such file" in message


def test_the_source_folder_is_below_the_root_or_beside_the_manifest(
    pack: PackBuilder, native: NativePackBuilder
) -> None:
    assert source_folder(read_manifest(pack.write()), pack.file, pack.root) == pack.folder
    assert source_folder(read_manifest(native.write()), native.file, native.root) == native.folder


def test_a_question_that_stands_twice_is_named(pack: PackBuilder) -> None:
    pack.questions.append(pack["A-2"])
    message = pack.refused()
    assert f"{pack.dataset}: question A-2 stands 2 times" in message


def test_a_number_used_twice_is_named(pack: PackBuilder) -> None:
    pack["A-2"]["number"] = 1
    assert "block A must have the questions 1 to 3 once each" in pack.refused()
    assert "missing: [2], twice: [1]" in pack.refused()


def test_a_missing_question_is_named(pack: PackBuilder) -> None:
    pack.questions.remove(pack["A-2"])
    message = pack.refused()
    assert str(pack.dataset) in message
    assert "has 2 (missing: [2])" in message


def test_a_question_beyond_its_block_is_named(pack: PackBuilder) -> None:
    pack.questions.append(pack["A-2"] | {"question_id": "A-4", "number": 4})
    assert "not due: [4]" in pack.refused()


def test_an_unknown_block_is_named_with_the_known_ones(pack: PackBuilder) -> None:
    pack["A-2"]["block"] = "Z"
    message = pack.refused()
    assert f"{pack.dataset}: question A-2: block 'Z' is not one of ['A', 'B']" in message


def test_serial_questions_with_two_contexts_are_refused(pack: PackBuilder) -> None:
    pack["B-2"]["serial_group"] = {"group_id": "B-1-2", "context_text": "Another."}
    message = pack.refused()
    assert "question B-2: serial 'B-1-2' has another context than in question B-1" in message


def test_more_choices_than_options_are_refused(native: NativePackBuilder) -> None:
    native["A-2"]["select"] = 7
    assert "question A-2: selects 7 of 6 options" in native.refused()


@pytest.mark.parametrize("name", ["A-2-e2", "A-2-e1", "e-e10", "A/2", "-A", ""])
def test_an_id_that_could_not_name_a_test_and_its_epochs_is_refused(
    pack: PackBuilder, name: str
) -> None:
    pack["A-2"]["question_id"] = name
    assert f"question {name}: an id has at most 100 letters, digits" in pack.refused()


@pytest.mark.parametrize("name", ["A-e2-2", "A-2-e2b", "A-2e2", "A-2_e2"])
def test_an_id_is_free_to_hold_what_does_not_end_it(pack: PackBuilder, name: str) -> None:
    pack["A-2"]["question_id"] = name
    assert name in pack.load().questions


def test_a_choice_needs_two_options(native: NativePackBuilder) -> None:
    native["A-2"]["options"] = {"a": "only"}
    assert "question A-2: a choice question needs at least two options" in native.refused()


def test_a_numeric_question_has_no_options(native: NativePackBuilder) -> None:
    native["A-3"]["options"] = {"a": "one", "b": "two"}
    assert "question A-3: a numeric question has no options" in native.refused()


def test_a_prohibited_choice_must_be_an_option(native: NativePackBuilder) -> None:
    native["A-1"]["prohibited"] = ["z"]
    assert "question A-1: prohibited choices ['z'] are not among" in native.refused()


def test_a_changed_dataset_names_both_checksums_and_the_remedy(pack: PackBuilder) -> None:
    pack.pin()
    pack.write()
    pack.dataset.write_text(json.dumps(pack.questions, indent=1), encoding="utf-8")
    message = pack.refused_now()
    assert str(pack.dataset) in message
    assert "has sha256" in message
    assert pack.manifest["source"]["files"][pack.dataset.name][:12] in message
    assert "delete it and run `jmle fetch tiny`" in message


def test_a_changed_image_is_named_with_its_question(pack: PackBuilder) -> None:
    pack.pin()
    pack.images["A-1.png"] = pack.png(9, 9)
    message = pack.refused()
    assert str(pack.folder / "images" / "A-1.png") in message
    assert "the image of question A-1 has sha256" in message
    assert "`jmle fetch`" in message


def test_a_pin_elsewhere_does_not_speak_for_an_image_of_the_same_name(pack: PackBuilder) -> None:
    pack.pin()
    pack.write()
    (pack.dataset.parent / "A-1.png").write_bytes(b"another figure")
    pack.manifest["source"]["files"]["A-1.png"] = "0" * 64
    assert pack.load().questions["A-1"].images


@pytest.mark.parametrize("share", [-0.1, 1.01, 85.5])
def test_human_accuracy_is_a_share(native: NativePackBuilder, share: float) -> None:
    native["A-2"]["human_accuracy"] = share
    assert "question A-2: human_accuracy" in native.refused()


@pytest.mark.parametrize("share", ["nan", "inf"])
def test_human_accuracy_is_a_number(native: NativePackBuilder, share: str) -> None:
    native["A-2"]["human_accuracy"] = 0.5
    native.write()
    text = native.dataset.read_text("utf-8")
    native.dataset.write_text(text.replace(": 0.5", f": {share}").replace("= 0.5", f"= {share}"))
    assert f"human_accuracy {share} is no share" in native.refused_now()


def test_a_number_of_too_many_digits_is_no_toml(pack: PackBuilder) -> None:
    pack.write()
    pack.file.write_text(f"edition = {'9' * 5000}\n", encoding="utf-8")
    assert "exam.toml: is not valid TOML" in pack.refused_now()


def test_names_are_short_enough_for_files(native: NativePackBuilder) -> None:
    native["A-2"]["id"] = "x" * 101
    assert "an id has at most 100 letters" in native.refused()
    native.manifest["id"] = "x" * 101
    assert "exam.toml: id: " in native.refused()
