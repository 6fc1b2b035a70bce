"""The table of question kinds, and the readers that go with it."""

import pytest

from jmle_plugin.exam.kinds import QuestionKind, Rules, form_titles, forms
from jmle_plugin.mark.readers import READERS
from tests.builders import make_question


def test_every_kind_has_a_reader() -> None:
    assert READERS.keys() == set(QuestionKind)


def test_every_form_has_a_title_and_a_name_of_its_own() -> None:
    named = [form.name for kind in QuestionKind for form in kind.rules.forms]
    assert len(set(named)) == len(named)
    assert list(form_titles()) == list(forms())
    assert all(form_titles().values())


def test_a_form_without_a_title_and_a_kind_without_rules_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="title"):
        type(forms()["single"])("single")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="wrong_question"):
        Rules([])  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", QuestionKind)
@pytest.mark.parametrize("select", [0, 1, 2, 9])
def test_a_question_has_one_form_however_much_it_asks_for(kind: QuestionKind, select: int) -> None:
    assert kind.form(select) in kind.rules.forms


@pytest.mark.parametrize(
    ("select", "form"), [(0, "select_all"), (1, "single"), (2, "multi_select"), (5, "multi_select")]
)
def test_how_many_are_asked_for_is_the_form_of_a_choice(select: int, form: str) -> None:
    assert make_question(select=select).form == form


def test_a_kind_is_its_name_in_files_and_digests() -> None:
    assert QuestionKind("numeric") is QuestionKind.NUMERIC  # type: ignore[call-arg]
    assert f"{QuestionKind.SEQUENCE}" == "sequence"
