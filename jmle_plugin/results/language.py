"""The languages of reports: a catalogue of whole sentences each, and the language in force.

The catalogues are `report/catalogue/<language>.toml`: whole templates with places for values
(`{points}`), by document. A form for each grammatical number stands below one key, `key.one` and
`key.other`. Values are put in as they are, whatever they hold. What a paper words otherwise than a
report stands once more, below `paper`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter

FOLDER = Path(__file__).parents[1] / "report" / "catalogue"
_ONE, _OTHER = "one", "other"


class Language(StrEnum):
    """A language that reports are written in."""

    EN = "en"
    JA = "ja"


_IN_FORCE = ContextVar("language", default=Language.EN)
_FOR_A_PAPER = ContextVar("for a paper", default=False)
_PAPER = "paper."


@contextmanager
def speaking(language: Language | str) -> Iterator[None]:
    """Have reports made in this block in `language`; ValueError for one that there is not."""
    before = _IN_FORCE.set(Language(language))
    try:
        yield
    finally:
        _IN_FORCE.reset(before)


def language() -> Language:
    """The language in force: English where no other was asked for."""
    return _IN_FORCE.get()


@contextmanager
def writing_a_paper() -> Iterator[None]:
    """Have texts made in this block as papers word them: Japanese ones end sentences otherwise."""
    before = _FOR_A_PAPER.set(True)
    try:
        yield
    finally:
        _FOR_A_PAPER.reset(before)


def wording(key: str, number: float | None = None, /, **values: object) -> str:
    """The text of that key with its values.

    `number` chooses among the forms of a key that has several, and is the value of `{number}`
    unless another is given. KeyError where the catalogue has no such key or the text a place
    without a value.
    """
    template = template_of(key, number)
    if number is not None:
        values = {"number": number} | values
    return template.format_map(values)


def template_of(key: str, number: float | None = None) -> str:
    """The text of that key with its places still open: for values that a form shows apart."""
    texts = _texts(language(), for_a_paper=_FOR_A_PAPER.get())
    if number is None:
        return texts[key]
    one = texts.get(f"{key}.{_ONE}") if number == 1 else None
    return texts[f"{key}.{_OTHER}"] if one is None else one


@cache
def _texts(which: Language, *, for_a_paper: bool) -> Mapping[str, str]:
    every = catalogue(which)
    if not for_a_paper:
        return every
    own = {key.removeprefix(_PAPER): text for key, text in every.items() if key.startswith(_PAPER)}
    return {**every, **own}


def joined(items: Iterable[str]) -> str:
    """Items of a list in a sentence."""
    return wording("list.items").join(items)


def clauses(parts: Iterable[str]) -> str:
    """Parts that could each stand alone, as one line."""
    return wording("list.clauses").join(parts)


def named(key: str, otherwise: str) -> str:
    """The text of that key; `otherwise` where there is none, for names that files bring."""
    return catalogue(language()).get(key, otherwise)


def known(text: str) -> str:
    """A text that packs and results files hold in English, in the language in force.

    One that the catalogue's part `known` does not have stays as it is.
    """
    return catalogue(language()).get(_known().get(text, ""), text)


def retold(part: str, text: str) -> str:
    """A statement of a pack or a results file, which is in English, in the language in force.

    The catalogue's part `retold.<part>` has it as a whole or as a template, whose values are
    retold as well. One that it does not have stays as it is.
    """
    if language() is not Language.EN:
        for key, pattern in _retold(part).items():
            if found := pattern.fullmatch(text):
                values = {name: retold(part, value) for name, value in found.groupdict().items()}
                return wording(key, **values)
    return text


@cache
def _retold(part: str) -> Mapping[str, re.Pattern[str]]:
    """Key -> what its English says with any values; whole statements first."""
    start = f"retold.{part}."
    own = {key: text for key, text in catalogue(Language.EN).items() if key.startswith(start)}
    return {
        key: re.compile(
            "".join(
                re.escape(said) + (f"(?P<{name}>.+?)" if name else "")
                for said, name, _, _ in Formatter().parse(own[key])
            )
        )
        for key in sorted(own, key=lambda key: "{" in own[key])
    }


@cache
def _known() -> Mapping[str, str]:
    every = catalogue(Language.EN)
    return {text: key for key, text in every.items() if key.startswith("known.")}


@cache
def catalogue(which: Language) -> Mapping[str, str]:
    """Key -> template."""
    text = (FOLDER / f"{which}.toml").read_text("utf-8")
    return dict(_flat(tomllib.loads(text)))


def group(name: str) -> Mapping[str, str]:
    """Every template of a part of the catalogue, by its key without the part's name."""
    start = f"{name}."
    every = catalogue(language())
    return {key.removeprefix(start): text for key, text in every.items() if key.startswith(start)}


def _flat(table: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{above}.{name}" if above else name
        if isinstance(value, Mapping):
            yield from _flat(value, key)
        else:
            yield key, str(value)


_SMALLEST = 0.001
_THREE_DIGITS = 0.095


def p_text(p: float) -> str:
    """A p-value as people write it: `p = 0.12`, `p = 0.031`, `p < 0.001`."""
    if p < _SMALLEST:
        return "p < 0.001"
    return f"p = {p:.2f}" if p >= _THREE_DIGITS else f"p = {p:.3f}"


def p_cell(p: float | None) -> str:
    """A p-value below a title that says so: `0.12`, `0.031`, `< 0.001`; empty for None."""
    return "" if p is None else p_text(p).removeprefix("p ").removeprefix("= ")


def share_text(share: float) -> str:
    """A simulated share in percent; what every draw or none showed is no certainty."""
    if share in (0, 1):
        return wording("figure.nearly_all" if share else "figure.nearly_none")
    return f"{share:.0%}"


def points_text(points: float) -> str:
    """`1 point`, `5 points`, `2.5 points`."""
    return wording("count.points", points, number=f"{round(points, 2):g}")


def mean_text(mean: float) -> str:
    """A mean over epochs: `493` where it is whole, else `486.4`."""
    return str(int(mean)) if float(mean).is_integer() else f"{mean:.1f}"


def signed(points: float) -> str:
    """`+7`, `0`, `-7`, `-2.4`."""
    if not points:
        return "0"
    return f"{int(points):+d}" if float(points).is_integer() else f"{points:+.1f}"
