"""Every report can be had in every language, and no text of a catalogue is without a use."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from string import Formatter
from threading import Thread

import pytest

from jmle_plugin.exam.kinds import form_titles
from jmle_plugin.exam.model import Treatment
from jmle_plugin.results.language import (
    Language,
    catalogue,
    known,
    language,
    named,
    retold,
    speaking,
    wording,
)
from jmle_plugin.results.soundness import MISMATCHES
from tests.conftest import ROOT

CODE = ROOT / "jmle_plugin"
STATIC = CODE / "report" / "html" / "static"
ASKED_BY = {"wording", "named", "phrase", "template_of"}
PLACED = {
    "page.question.": {one.value for one in Treatment},
    "cell.": {
        *("right", "not_right", "no_reply"),
        *("no_answer", "wrong_number_of_choices", "not_a_number"),
    },
    "board.verdict.": {"pass", "fail"},
}
"""Of texts that are asked for with a value at their end, beside others: the values there are."""
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
    for file in STATIC.glob("*.js"):
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
    keys = [key for key in by_text(Language.EN) if not key.startswith(("known.", "retold."))]
    assert [key for key in keys if not asked.fullmatch(key)] == []
    scripts = "".join(one.read_text("utf-8") for one in STATIC.glob("*.js"))
    whole = {str(one.value) for one in texts_of_code() if isinstance(one, ast.Constant)}
    whole |= {f"page.{key}" for key in re.findall(r"\"([a-z_.]+)\"", scripts)}
    for start, values in PLACED.items():
        own = {key.removesuffix(".title") for key in keys if key.startswith(start)}
        assert own <= whole | {start + value for value in values}


def test_every_known_text_is_one_of_a_pack_or_of_the_package() -> None:
    """Else a text that was changed there would stay English without a word."""
    files = [*CODE.rglob("*.py"), *(ROOT / "data").rglob("*.toml")]
    there = "".join(file.read_text("utf-8") for file in files)
    texts = catalogue(Language.EN)
    assert [t for key, t in texts.items() if key.startswith("known.") and t not in there] == []
    values = re.compile(r"\{[^}]*\}")
    told = {without_values(text) for text in texts_of_code()}
    assert [
        text
        for key, text in texts.items()
        if key.startswith("retold.")
        and text not in there
        and not any(values.sub("{}", text) in one for one in told)
        # Two packs state the ministry and the terms of their data in one.
        and not all(part in there for part in values.split(text))
    ] == []


def without_values(text: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(text, ast.Constant):
        return str(text.value)
    return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in text.values)


def statements(found: object, name: str = "") -> Iterator[tuple[str, str]]:
    """What packs state in sentences of their own: which kind of statement, and the statement."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from statements(value, key)
    elif isinstance(found, list):
        for one in found:
            yield from statements(one, name)
    elif name in {"unconfirmed", "not_evaluated", "licence"}:
        yield "licence" if name == "licence" else "doubt", str(found)


def test_what_our_packs_state_is_retold_in_japanese() -> None:
    packs = [*(ROOT / "data").glob("*/exam.toml"), *(ROOT / "data").glob("professions/**/*.toml")]
    stated = {one for file in packs for one in statements(tomllib.loads(file.read_text("utf-8")))}
    assert len(stated) > 20
    with speaking(Language.JA):
        told = {text: retold(part, text) for part, text in stated}
    assert {text for text, said in told.items() if text == said} <= {"CC0 1.0", "CC BY-SA 4.0"}


def test_statements_with_values_are_retold_with_them() -> None:
    doubt = "criterion required: the maximum: the notice of this sitting is not at hand"
    licence = "Exam text: Ministry of Health, Labour and Welfare; data set: MIT"
    with speaking(Language.JA):
        assert retold("doubt", doubt) == "合格基準（必修）：満点（この回の公表資料は未入手）"
        assert retold("licence", licence) == "試験問題：厚生労働省、データセット：MIT"
        assert retold("mismatch", "vision against blind") == "旧は提示、新は提示せず"
        assert (
            retold("mismatch", "the old and the new run is partial") == "新旧両方の実行が一部のみ"
        )
        assert retold("doubt", "question 1: of another pack") == "問題1：of another pack"
    assert retold("doubt", doubt) == doubt


@pytest.mark.parametrize("name", MISMATCHES)
def test_every_mismatch_has_a_title(name: str) -> None:
    assert wording(f"comparison.mismatch.{name}") == name


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
