"""JSON values as YAML that a person can review, read and written by libyaml.

Writing: Japanese as Japanese, multi-line texts as literal blocks. Reading: what is written
here and nothing else (no aliases, no tags but one, no dates or sets); what could take
memory or stack without end is refused before it is built.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import yaml

from jmle_plugin.errors import SettingsError

MAX_VALUES = 400_000
"""A reply has some dozens of names and values; a text with more is refused."""
MAX_DEPTH = 100
"""A reply nests some six levels; libyaml's older versions overflow the stack far above this."""
_ESCAPED = "!escaped"
"""Tag of texts that UTF-8 cannot hold (lone surrogates), written as JSON literals."""
_TEXT = "tag:yaml.org,2002:str"
_UNQUOTED = "unquoted"
_TABLE = "table"
_LIST = "list"
_WORDS: dict[str, Any] = {"null": None, "true": True, "false": False}
# Just what the writer leaves unquoted: anything else that looks like a number is a text.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,3999})")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]*(?:e[-+][0-9]+)?")
_BLOCK = re.compile(
    r"(?!\t)[\t\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe]*"
)
"""Texts that YAML gives back as they were without any escape."""
_NEEDLESSLY_ESCAPED = re.compile(r"\t| \n| $|[\U00010000-\U0010ffff]")
"""What has libyaml put a whole text into escapes, though YAML does not ask for it."""

# Without libyaml neither is there, which `load` and `dump` say; importing this says nothing.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def load(text: str) -> Any:
    """The value that `dump` wrote; ValueError says what is wrong with any other text.

    SettingsError where PyYAML has no libyaml.
    """
    _need_libyaml()
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - it builds plain JSON alone
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def dump(value: Any) -> str:
    """`value` as text; it ends in a line `...`, so that a cut text can be known as one.

    SettingsError where PyYAML has no libyaml.
    """
    _need_libyaml()
    try:
        return _written(value, _QuickDumper)
    except _EscapedError:
        return _written(value, _ReadableDumper)


def _need_libyaml() -> None:
    if not yaml.__with_libyaml__:
        raise SettingsError(
            "cassettes need libyaml, and this PyYAML was built without it",
            remedy="Install PyYAML's wheel: pip install --force-reinstall --only-binary=:all: "
            "pyyaml",
        )


class _StrictLoader(_Loader):  # type: ignore[misc]
    """Counts names, values and levels while libyaml reads, and takes no tag for granted."""

    _left = MAX_VALUES
    _depth = -1

    def descend_resolver(self, parent: Any, index: Any) -> None:
        del parent, index
        self._left -= 1
        self._depth += 1
        if self._left < 0:
            raise ValueError(f"holds more than {MAX_VALUES:,} names and values")
        if self._depth > MAX_DEPTH:
            raise ValueError(f"nests more than {MAX_DEPTH} levels")

    def ascend_resolver(self) -> None:
        self._depth -= 1

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        del value
        if kind is yaml.ScalarNode:
            # Quoted, or a block, it is a text whatever it looks like.
            return _UNQUOTED if implicit[0] else _TEXT
        return _TABLE if kind is yaml.MappingNode else _LIST

    def construct_document(self, node: Any) -> Any:
        return _value(node)


def _value(node: Any) -> Any:
    value, node.value = node.value, None
    if value is None:  # this node was built before
        raise ValueError("holds an alias")
    if node.tag == _TABLE:
        return _table(value)
    if node.tag == _LIST:
        return [_value(one) for one in value]
    if node.tag == _UNQUOTED:
        return _unquoted(value)
    if node.tag == _TEXT:
        return value
    text = json.loads(value) if node.tag == _ESCAPED and isinstance(value, str) else None
    if not isinstance(text, str):
        raise ValueError(f"holds the tag {node.tag}")  # noqa: TRY004 - about the file, not a type
    return text


def _table(pairs: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, one in pairs:
        name = _value(key)
        if not isinstance(name, str):
            raise ValueError(f"has the name {name!r}, which is no text")  # noqa: TRY004
        if name in made:
            raise ValueError(f"has the name {name!r} twice")
        made[name] = _value(one)
    return made


def _unquoted(text: str) -> Any:
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


class _EscapedError(Exception):
    """libyaml would write a text otherwise than PyYAML does."""


class _QuickDumper(_Dumper):  # type: ignore[misc]
    """libyaml's writer, for all that it writes as readably."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


class _ReadableDumper(yaml.SafeDumper):
    """PyYAML's own writer: five times slower, for tabs, blanks at a line's end and emoji.

    Of the published replies one in fifteen has some: Markdown is full of them.
    """

    def analyze_scalar(self, scalar: str) -> Any:
        analysis = super().analyze_scalar(scalar)
        analysis.allow_block = _BLOCK.fullmatch(scalar) is not None
        return analysis

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _written(value: Any, dumper: Any) -> str:
    return str(
        yaml.dump(
            value,
            Dumper=dumper,
            allow_unicode=True,
            sort_keys=False,
            width=10**9,
            explicit_end=True,
        )
    )


def _represent_text(dumper: Any, text: str) -> Any:
    if any("\ud800" <= char <= "\udfff" for char in text):
        return dumper.represent_scalar(_ESCAPED, json.dumps(text), style="'")
    as_it_is = _BLOCK.fullmatch(text) is not None
    if isinstance(dumper, _QuickDumper) and (not as_it_is or _NEEDLESSLY_ESCAPED.search(text)):
        raise _EscapedError
    plain = None if as_it_is else '"'
    return dumper.represent_scalar(_TEXT, text, style="|" if "\n" in text else plain)


_QuickDumper.add_representer(str, _represent_text)
_ReadableDumper.add_representer(str, _represent_text)
