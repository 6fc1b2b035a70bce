"""JSON values as YAML that a person can review.

Writing: Japanese as Japanese, multi-line texts as literal blocks. Reading: the subset
that is written here and nothing else (no aliases, no tags but one, no dates or sets),
straight from libyaml's events: three times as fast as PyYAML's loaders, and what could
take memory or stack without end is refused before it is built.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

MAX_VALUES = 400_000
"""A reply has some dozens of names and values; a text with more is refused."""
MAX_DEPTH = 100
"""A reply nests some six levels; libyaml overflows the stack far above this."""
_ESCAPED = "!escaped"
"""Tag of texts that UTF-8 cannot hold (lone surrogates), written as JSON literals."""
_WORDS: dict[str, Any] = {"null": None, "true": True, "false": False}
# Just what the writer leaves unquoted: anything else that looks like a number is a text.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,3999})")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]*(?:e[-+][0-9]+)?")

try:
    _Parser: Any = yaml.CSafeLoader
except AttributeError:  # PyYAML without libyaml: reads the same, ten times slower
    _Parser = yaml.SafeLoader


def load(text: str) -> Any:
    """The value that `dump` wrote; ValueError says what is wrong with any other text."""
    try:
        events = iter(yaml.parse(text, Loader=_Parser))
        _expect(events, yaml.StreamStartEvent)
        _expect(events, yaml.DocumentStartEvent)
        value = _Builder(events).value(next(events), 0)
        _expect(events, yaml.DocumentEndEvent)
        _expect(events, yaml.StreamEndEvent)
    except (yaml.YAMLError, StopIteration) as error:
        raise ValueError(" ".join(str(error).split()) or "ends too early") from error
    return value


def dump(value: Any) -> str:
    """`value` as text; it ends in a line `...`, so that a cut text can be known as one."""
    return str(
        yaml.dump(
            value,
            Dumper=_ReadableDumper,
            allow_unicode=True,
            sort_keys=False,
            width=10**9,
            explicit_end=True,
        )
    )


class _Builder:
    """Builds one document from parser events."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._left = MAX_VALUES

    def value(self, event: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"holds more than {MAX_VALUES:,} names and values")
        if depth > MAX_DEPTH:
            raise ValueError(f"nests more than {MAX_DEPTH} levels")
        kind = type(event)
        if kind is yaml.ScalarEvent:
            return _scalar(event)
        if kind is yaml.AliasEvent:
            raise ValueError("holds an alias")
        if event.tag is not None:
            raise ValueError(f"holds the tag {event.tag}")
        if kind is yaml.MappingStartEvent:
            return self._mapping(depth + 1)
        return self._sequence(depth + 1)

    def _mapping(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while type(event := next(self._events)) is not yaml.MappingEndEvent:
            name = self.value(event, depth)
            if not isinstance(name, str):
                raise ValueError(f"has the name {name!r}, which is no text")  # noqa: TRY004
            if name in made:
                raise ValueError(f"has the name {name!r} twice")
            made[name] = self.value(next(self._events), depth)
        return made

    def _sequence(self, depth: int) -> list[Any]:
        made: list[Any] = []
        while type(event := next(self._events)) is not yaml.SequenceEndEvent:
            made.append(self.value(event, depth))
        return made


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.tag is not None:
        return _escaped(event.tag, text)
    if event.style:  # quoted, or a block: a text whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"holds {text}, which is no finite number")
        return number
    return text


def _escaped(tag: str, text: str) -> str:
    value = json.loads(text) if tag == _ESCAPED else None
    if not isinstance(value, str):
        raise ValueError(f"holds the tag {tag}")  # noqa: TRY004 - about the file, not a type
    return value


def _expect(events: Iterator[Any], kind: type) -> None:
    event = next(events)
    if not isinstance(event, kind):
        raise ValueError("holds more than one document")  # noqa: TRY004


_BLOCK = re.compile(
    r"(?!\t)[\t\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe]*"
)
"""Texts that YAML gives back as they were without any escape."""


class _ReadableDumper(yaml.SafeDumper):
    """Multi-line texts as literal blocks; texts UTF-8 cannot hold as JSON literals.

    PyYAML's own writer: libyaml escapes emoji, and both put a text whole into escapes
    for a tab or for blanks at the end of a line, which Markdown is full of.
    """

    def analyze_scalar(self, scalar: str) -> Any:
        analysis = super().analyze_scalar(scalar)
        analysis.allow_block = _BLOCK.fullmatch(scalar) is not None
        return analysis

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    if any("\ud800" <= char <= "\udfff" for char in text):
        return dumper.represent_scalar(_ESCAPED, json.dumps(text), style="'")
    plain = None if _BLOCK.fullmatch(text) else '"'
    style = "|" if "\n" in text else plain
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_ReadableDumper.add_representer(str, _represent_text)
