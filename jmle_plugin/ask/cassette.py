"""The cassette file: one question, one asking, one reply, and a digest over all of it.

YAML that a person can review: Japanese as Japanese, JSON bodies as structure, long
texts as literal blocks. A damaged, edited or foreign file is an error that names it;
only a file that does not exist is missing.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from jmle_plugin.errors import CassetteError
from jmle_plugin.files import digest, write_whole

FORMAT = 1
SUFFIX = ".yaml"
MAX_BYTES = 64 * 1024 * 1024
MAX_NODES = 200_000
"""A reply has some dozens of values; a file with more is refused."""
MAX_DEPTH = 100
"""A reply nests some six levels; libyaml overflows the stack far above this."""
_END = b"\n...\n"
_FIELDS = {"jmle_cassette", "question", "epoch", "question_sha256", "request", "response"}

try:
    _Loader: Any = yaml.CSafeLoader
except AttributeError:  # PyYAML without libyaml: reads the same, ten times slower
    _Loader = yaml.SafeLoader


@dataclass(frozen=True, slots=True)
class Cassette:
    """One recorded reply.

    `request` is the chat body asked (for imported replies the model alone); `response`
    is the chat completion as it came back. `imported` marks another project's reply.
    """

    question: str
    epoch: int
    question_sha256: str
    request: dict[str, Any]
    response: dict[str, Any]
    imported: dict[str, Any] | None = None


def cassette_name(question: str, epoch: int = 1) -> str:
    """The file's name without suffix."""
    return question if epoch == 1 else f"{question}-e{epoch}"


def write_cassette(path: Path, cassette: Cassette) -> None:
    """Write the file whole; it ends in a marker, so that a cut file is known as one.

    Raises CassetteError, and writes nothing, for what could not be read back.
    """
    content = _content(cassette)
    try:
        text = yaml.dump(
            {**content, "sha256": digest(content)},
            Dumper=_ReadableDumper,
            allow_unicode=True,
            sort_keys=False,
            width=10**9,
            explicit_end=True,
        )
        _parsed(text.encode(), path)
    except (CassetteError, ValueError, RecursionError) as error:
        problem = error.problem if isinstance(error, CassetteError) else str(error)
        raise CassetteError(f"this reply cannot be stored ({problem})", where=path) from error
    write_whole(path, text)


def read_cassette(path: Path) -> Cassette:
    """Read and check one file.

    Raises FileNotFoundError where there is none, and CassetteError for one that is
    unreadable, empty, cut, edited, not UTF-8 or of another format.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _damaged(path, f"is larger than {MAX_BYTES:,} bytes")
        raw = path.read_bytes()
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise _damaged(path, f"cannot be read ({error.strerror})") from error
    return _parsed(raw, path)


def _parsed(raw: bytes, path: Path) -> Cassette:
    document = _document(raw, path)
    version = document.get("jmle_cassette")
    if version != FORMAT or isinstance(version, bool):
        raise _damaged(path, f"is not a cassette of format {FORMAT}")
    recorded = document.pop("sha256", None)
    if missing := sorted(_FIELDS - set(document)):
        raise _damaged(path, f"lacks {', '.join(missing)}")
    if recorded != digest(document):
        raise _damaged(path, "was changed after it was recorded (its sha256 does not fit)")
    try:
        return Cassette(
            question=_typed(document, "question", str),
            epoch=_typed(document, "epoch", int),
            question_sha256=_typed(document, "question_sha256", str),
            request=_typed(document, "request", dict),
            response=_typed(document, "response", dict),
            imported=_typed(document, "imported", dict) if "imported" in document else None,
        )
    except TypeError as error:
        raise _damaged(path, str(error)) from error


def _content(cassette: Cassette) -> dict[str, Any]:
    content: dict[str, Any] = {
        "jmle_cassette": FORMAT,
        "question": cassette.question,
        "epoch": cassette.epoch,
        "question_sha256": cassette.question_sha256,
    }
    if cassette.imported is not None:
        content["imported"] = cassette.imported
    return {**content, "request": cassette.request, "response": cassette.response}


def _document(raw: bytes, path: Path) -> dict[str, Any]:
    if not raw.strip():
        raise _damaged(path, "is empty")
    if not raw.endswith(_END):
        raise _damaged(path, "is cut off (its end marker is missing)")
    try:
        text = raw.decode("utf-8")
        _check_structure(text, path)
        document = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        raise _damaged(path, f"is not UTF-8 ({error})") from error
    # PyYAML lets Lookup- and AttributeErrors out where a tag does not fit its value.
    except (yaml.YAMLError, ValueError, LookupError, AttributeError) as error:
        problem = " ".join(str(error).split())
        raise _damaged(path, f"is not valid YAML ({problem})") from error
    if not isinstance(document, dict):
        raise _damaged(path, "holds no mapping")
    _check_plain(document, path)
    return cast("dict[str, Any]", document)


def _check_structure(text: str, path: Path) -> None:
    """Refuse what would take memory or stack without end, before anything is built."""
    depth = seen = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise _damaged(path, "holds an alias, which no reply has")
        seen += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if seen > 2 * MAX_NODES:  # names and values
            raise _damaged(path, f"holds more than {MAX_NODES:,} values")
        if depth > MAX_DEPTH:
            raise _damaged(path, f"nests more than {MAX_DEPTH} levels")


def _check_plain(document: Any, path: Path) -> None:
    """JSON values only."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
            if not all(isinstance(name, str) for name in value):
                raise _damaged(path, "has a name that is no text")
        elif isinstance(value, list):
            waiting.extend(value)
        elif value is not None and not isinstance(value, (str, int, float)):
            raise _damaged(path, f"holds a {type(value).__name__}, which no reply has")
        elif isinstance(value, float) and not math.isfinite(value):
            raise _damaged(path, f"holds {value}, which is no JSON number")


def _typed(document: dict[str, Any], name: str, kind: type) -> Any:
    value = document[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"has {name} = {value!r}, which is no {kind.__name__}")
    return value


def _damaged(path: Path, problem: str) -> CassetteError:
    return CassetteError(
        f"this cassette {problem}",
        where=path,
        remedy="Restore it (from version control or a copy), or delete it to have the "
        "question asked again.",
    )


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


class _PlainLoader(_Loader):  # type: ignore[misc]
    """PyYAML's safe loader with the one tag of our own."""


_ESCAPED = "!escaped"


def _represent_text(dumper: Any, text: str) -> Any:
    if any("\ud800" <= char <= "\udfff" for char in text):
        return dumper.represent_scalar(_ESCAPED, json.dumps(text), style="'")
    plain = None if _BLOCK.fullmatch(text) else '"'
    style = "|" if "\n" in text else plain
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _construct_escaped(loader: Any, node: Any) -> str:
    text = json.loads(loader.construct_scalar(node))
    if not isinstance(text, str):
        raise yaml.constructor.ConstructorError(None, None, "!escaped holds no text", None)
    return text


_ReadableDumper.add_representer(str, _represent_text)
_PlainLoader.add_constructor(_ESCAPED, _construct_escaped)
