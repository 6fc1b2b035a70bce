"""The kinds of questions: the one table of what tells them apart.

A kind is an entry here (its forms, what a question and a key answer of it must be) and a reader
in `mark/readers`. Everything else asks the entry: titles, pytest's markers, the instruction of a
prompt, rows of the sheet, what `exam.toml` and the data sets may say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, Self

Answer = tuple[str, ...]
"""Sorted labels, labels in the order given, or one number as written; empty for none."""

NOTHING = "なし"
"""The answer that there is no such expression."""

# Digits as the examiners print them; Decimal would also take 1_000, NaN and full-width digits.
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class Asked(Protocol):
    """What a question asks for, be it of a data set or of an exam."""

    @property
    def select(self) -> int:
        """How many answers; 0 for any number of them, at least one."""

    @property
    def options(self) -> Mapping[str, str]:
        """Label -> text."""

    @property
    def prohibited(self) -> Collection[str]:
        """Labels whose choice counts against the candidate."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that questions of a kind have, by how many answers they ask for."""

    name: str
    """As files have it, and the key of its instruction in a prompt file."""
    title: str
    """For people; it begins no sentence."""
    marker: str = ""
    """What its pytest marker is for; without it there is no marker."""
    select: int | None = None
    """The number of answers it is for; None: whatever no other form of the kind is for."""
    usual: bool = True
    """Whether every prompt has an instruction for it and every sheet a row; else, only where an
    exam has such questions."""
    instruction: str = ""
    """What is said in a prompt that has no instruction for it; empty: the prompt must have one."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is so for all questions of a kind.

    `wrong_question` and `wrong_answer` say in a few words why a question cannot be asked, or why
    an answer cannot be its key; empty where it can.
    """

    forms: Sequence[Form]
    wrong_question: Callable[[Asked], str]
    wrong_answer: Callable[[Asked, Sequence[str]], str]
    wanted: Callable[[Asked], str]
    """What an answer has to be, for people: `2 choices`, `a number`."""
    labelled: bool = True
    """Whether answers name options; else they are texts."""
    ordered: bool = False
    """Whether an answer's order is a part of it; else it is kept sorted."""
    prohibits: bool = False
    """Whether a choice of it may be prohibited (禁忌肢)."""
    united: bool = False
    """Whether words around the answer may be its unit."""
    partial: bool = False
    """Whether an answer is a set of texts, of which some may be right."""
    value: Callable[[Answer], object] = tuple
    """What is the same of all answers that say the same."""


def _expressions(asked: Asked) -> str:
    if asked.options or asked.select:
        return "a question for expressions has no options and selects 0: any number of them"
    return ""


def _no_expressions(_asked: Asked, answer: Sequence[str]) -> str:
    if not answer or not all(one.strip() for one in answer):
        return f"the answer {list(answer)} is no set of expressions; the empty set is [{NOTHING!r}]"
    return ""


def takes(asked: Asked, count: int) -> bool:
    """Whether so many answers are as many as it asks for."""
    return count == asked.select if asked.select else count > 0


def _too_few_options(asked: Asked) -> str:
    if len(asked.options) < 2:  # noqa: PLR2004 - a choice needs something to choose from
        return "a choice question needs at least two options"
    if asked.select > len(asked.options):
        return f"selects {asked.select} of {len(asked.options)} options"
    if stray := set(asked.prohibited) - set(asked.options):
        return f"prohibited choices {sorted(stray)} are not among the options"
    return ""


def _no_order(asked: Asked) -> str:
    if asked.select < 2 <= len(asked.options):  # noqa: PLR2004 - an order of one
        return "a sequence has at least two options in order"
    return _too_few_options(asked)


def _no_labels(asked: Asked, answer: Sequence[str]) -> str:
    if outside := sorted(set(answer) - set(asked.options)):
        return f"the answer names {outside}, but the options are {', '.join(asked.options)}"
    if len(set(answer)) != len(answer) or not takes(asked, len(answer)):
        return (
            f"the answer {list(answer)} has {len(answer)} labels, "
            f"but {asked.select or 'one or more'} different ones must be selected"
        )
    if both := sorted(set(asked.prohibited) & set(answer)):
        return f"{both} are both prohibited and the answer"
    return ""


def _choices(asked: Asked) -> str:
    return f"{asked.select} choice{'s' if asked.select > 1 else ''}"


def _boxes_and_options(asked: Asked) -> str:
    if asked.options or asked.select != 1:
        return "a numeric question has no options and selects 1"
    return ""


def _no_number(_asked: Asked, answer: Sequence[str]) -> str:
    if len(answer) != 1 or not _NUMBER.fullmatch(answer[0]):
        return f"the answer {list(answer)} is not one number"
    return ""


class QuestionKind(StrEnum):
    """How a question is answered; `rules` is the rest of its entry."""

    CHOICE = (
        "choice",
        Rules(
            [
                Form("single", "one choice", select=1),
                Form(
                    "multi_select",
                    "several choices",
                    "questions where two or more options must be selected",
                ),
                Form(
                    "select_all",
                    "all that apply",
                    "questions where all options that apply must be selected",
                    select=0,
                    usual=False,
                ),
            ],
            _too_few_options,
            _no_labels,
            _choices,
            prohibits=True,
        ),
    )
    """Select exactly ``select`` of the labelled options, or all that apply where it is 0."""
    NUMERIC = (
        "numeric",
        Rules(
            [Form("numeric", "numeric", "questions answered with a number")],
            _boxes_and_options,
            _no_number,
            lambda _: "a number",
            labelled=False,
            united=True,
            value=lambda answer: Decimal(answer[0]),
        ),
    )
    """Write a number (the exam's digit boxes)."""
    SEQUENCE = (
        "sequence",
        Rules(
            [Form("sequence", "in order", "questions answered with options in order", usual=False)],
            _no_order,
            _no_labels,
            _choices,
            ordered=True,
        ),
    )
    """Put ``select`` of the labelled options in order: a,c,b is not a,b,c."""

    TERMS = (
        "terms",
        Rules(
            [
                Form(
                    "terms",
                    "expressions",
                    "questions answered with a set of expressions",
                    usual=False,
                    instruction="あてはまる表現を、本文に書かれているとおりにすべて抜き出してください。"
                    "考え方は自由に書いてかまいません。最後に、次の行に続けて、1行に1つずつ表現だけを"
                    f"書いてください。1つもない場合は「{NOTHING}」と書いてください。\n$marker",
                )
            ],
            _expressions,
            _no_expressions,
            lambda _: "a set of expressions",
            labelled=False,
            partial=True,
        ),
    )
    """Name all expressions that are asked for, or `NOTHING`."""

    rules: Rules

    def __new__(cls, name: str, rules: Rules) -> Self:
        """A member that is its name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.rules = rules
        return member

    def form(self, select: int) -> Form:
        """The form of a question that asks for so many answers."""
        forms = {form.select: form for form in self.rules.forms}
        return forms.get(select) or forms[None]

    def canonical(self, answer: Iterable[str]) -> Answer:
        """The answer as keys and marks hold it."""
        return tuple(answer if self.rules.ordered else sorted(answer))


SINGLE = QuestionKind.CHOICE.form(1).name
"""The form of a question with one choice."""


def forms() -> dict[str, Form]:
    """Every form by its name, the usual ones first."""
    found = [form for kind in QuestionKind for form in kind.rules.forms]
    return {form.name: form for form in sorted(found, key=lambda form: not form.usual)}


def form_titles() -> dict[str, str]:
    """The name of each form -> its title."""
    return {name: form.title for name, form in forms().items()}
