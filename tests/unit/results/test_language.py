"""Every report can be had in every language, and no text of a catalogue is without a use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from string import Formatter
from threading import Thread

import pytest

from jmle_plugin.exam.kinds import form_titles
from jmle_plugin.results.language import (
    Language,
    catalogue,
    known,
    language,
    named,
    speaking,
    wording,
)
from tests.conftest import ROOT

CODE = ROOT / "jmle_plugin"
ASKED_BY = {"wording", "named", "phrase", "template_of"}
FORMS = re.compile(r"\.(one|other)$")


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def by_text(which: Language, *, paper: bool = False) -> dict[str, set[str]]:
    """Key without its grammatical number -> the places of all its forms; or those of papers."""
    found: dict[str, set[str]] = {}
    for key, template in catalogue(which).items():
        if key.startswith("paper.") is paper:
            name = FORMS.sub("", key).removeprefix("paper.")
            found.setdefault(name, set()).update(places(template))
    return found


@cache
def code() -> list[ast.AST]:
    """Every node of the package's code."""
    return [
        node for file in CODE.rglob("*.py") for node in ast.walk(ast.parse(file.read_text("utf-8")))
    ]


def texts_of_code() -> list[ast.Constant | ast.JoinedStr]:
    return [node for node in code() if isinstance(node, ast.Constant | ast.JoinedStr)]


def asked_for() -> Iterator[str]:
    """The keys that are asked for by a text without places."""
    for node in code():
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ASKED_BY:
                first = node.args[0]
                parts = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                yield from (str(p.value) for p in parts if isinstance(p, ast.Constant))


def asked_by_scripts() -> Iterator[str]:
    """Regular expressions for the keys that the scripts of pages ask for."""
    scripts = (CODE / "report" / "html" / "static").glob("*.js")
    for file in scripts:
        for text in re.findall(
            r"[\"`]([a-z_]+(?:\.?(?:\w+|\$\{[^}]*\}))*)[\"`]", file.read_text("utf-8")
        ):
            key = ".+".join(map(re.escape, re.split(r"\$\{[^}]*\}", text)))
            yield rf"page\.(count\.)?{key}(\.title)?"


def pattern(text: ast.Constant | ast.JoinedStr) -> str:
    """A regular expression for what a text may be; none that begins with a place."""
    if isinstance(text, ast.Constant):
        return re.escape(text.value) if isinstance(text.value, str) else "(?!)"
    parts = text.values
    if not (parts and isinstance(parts[0], ast.Constant) and "." in str(parts[0].value)):
        return "(?!)"
    return "".join(
        re.escape(str(one.value)) if isinstance(one, ast.Constant) else ".+" for one in parts
    )


@pytest.mark.parametrize("which", Language)
def test_every_language_has_the_same_texts_with_the_same_places(which: Language) -> None:
    assert by_text(which) == by_text(Language.EN)


@pytest.mark.parametrize("which", Language)
def test_what_a_paper_words_otherwise_is_a_text_of_reports_with_the_same_places(
    which: Language,
) -> None:
    own = by_text(which, paper=True)
    assert own
    assert own == {key: found for key, found in by_text(which).items() if key in own}


@pytest.mark.parametrize("which", Language)
def test_places_are_plain_names_and_texts_are_not_empty(which: Language) -> None:
    for key, template in catalogue(which).items():
        assert template or key == "list.sentences", key  # Japanese needs no blank
        for _, name, form, conversion in Formatter().parse(template):
            assert not form, key
            assert not conversion, key
            assert name is None or name.isidentifier(), key


def test_a_text_with_forms_has_those_of_its_language() -> None:
    english, japanese = catalogue(Language.EN), catalogue(Language.JA)
    for key in english:
        if FORMS.search(key):
            base = FORMS.sub("", key)
            assert {f"{base}.one", f"{base}.other"} <= set(english), base
            assert f"{base}.other" in japanese
    assert not [key for key in japanese if key.endswith(".one")]


def test_every_text_is_used() -> None:
    patterns = {*map(pattern, texts_of_code()), *asked_by_scripts()}
    asked = re.compile("|".join(f"(?:{one})" for one in patterns))
    keys = [key for key in by_text(Language.EN) if not key.startswith("known.")]
    assert [key for key in keys if not asked.fullmatch(key)] == []


def test_every_known_text_is_one_of_a_pack_or_of_the_package() -> None:
    """Else a text that was changed there would stay English without a word."""
    files = [*CODE.rglob("*.py"), *(ROOT / "data").rglob("*.toml")]
    there = "".join(file.read_text("utf-8") for file in files)
    texts = catalogue(Language.EN)
    assert [t for key, t in texts.items() if key.startswith("known.") and t not in there] == []


def test_known_texts_are_said_in_the_language_in_force_and_others_stay() -> None:
    with speaking(Language.JA):
        assert (known("必修"), known("Anatomy II")) == ("必修問題", "Anatomy II")
    assert (known("必修"), known("Anatomy II")) == ("必修", "Anatomy II")


def test_every_text_that_is_asked_for_is_there() -> None:
    there = set(by_text(Language.EN))
    assert [key for key in asked_for() if "." in key and key not in there] == []


def test_forms_of_questions_are_called_the_same_in_reports_and_elsewhere() -> None:
    for name, title in form_titles().items():
        assert catalogue(Language.EN)[f"part.form.{name}"] == title
        assert f"part.form.{name}" in catalogue(Language.JA)


def test_values_are_put_in_as_they_are() -> None:
    assert wording("note.licence", licence="{number} {0.__class__} %s") == (
        "Licence of the questions: {number} {0.__class__} %s"
    )


def test_english_is_spoken_until_another_language_is_asked_for() -> None:
    assert language() is Language.EN
    with speaking("ja"):
        assert wording("count.questions", 1) == "1問"
        with speaking(Language.EN):
            assert wording("count.questions", 1) == "1 question"
        assert wording("count.questions", 2) == "2問"
    assert wording("count.questions", 2) == "2 questions"
    assert named("part.form.none such", "as it is") == "as it is"
    with pytest.raises(ValueError, match="fr"), speaking("fr"):
        pass


def test_another_thread_speaks_english_whatever_this_one_speaks() -> None:
    heard: list[Language] = []
    with speaking(Language.JA):
        thread = Thread(target=lambda: heard.append(language()))
        thread.start()
        thread.join()
    assert heard == [Language.EN]
