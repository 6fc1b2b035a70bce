"""The cassette file: one question, one asking, one reply, and a digest over all of it.

YAML that a person can review: Japanese as Japanese, JSON bodies as structure, long
texts as literal blocks. A damaged, edited or foreign file is an error that names it;
only a file that does not exist is missing.
"""

from __future__ import annotations

import json
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
"""A reply has some dozens of values; a file with more (YAML aliases multiply) is refused."""
_END = b"\n...\n"
_FIELDS = {"jmle_cassette", "question", "epoch", "question_sha256", "request", "response"}

try:
    _Loader: Any = yaml.CSafeLoader
    _Dumper: Any = yaml.CSafeDumper
except AttributeError:  # PyYAML without libyaml: the same files, ten times slower
    _Loader, _Dumper = yaml.SafeLoader, yaml.SafeDumper


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
    """Write the file whole; it ends in a marker, so that a cut file is known as one."""
    content = _content(cassette)
    document = {**content, "sha256": digest(content)}
    text = yaml.dump(
        document,
        Dumper=_ReadableDumper,
        allow_unicode=True,
        sort_keys=False,
        width=10**9,
        explicit_end=True,
    )
    write_whole(path, text)


def read_cassette(path: Path) -> Cassette:
    """Read and check one file.

    Raises FileNotFoundError where there is none, and CassetteError for one that is
    unreadable, empty, cut, edited, not UTF-8 or of another format.
    """
    document = _document(path)
    if document.get("jmle_cassette") != FORMAT:
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
            imported=document.get("imported"),
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


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _damaged(path, f"is larger than {MAX_BYTES:,} bytes")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _damaged(path, f"cannot be read ({error.strerror})") from error
    if not raw.strip():
        raise _damaged(path, "is empty")
    if not raw.endswith(_END):
        raise _damaged(path, "is cut off (its end marker is missing)")
    try:
        document = yaml.load(raw.decode("utf-8"), Loader=_PlainLoader)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        raise _damaged(path, f"is not UTF-8 ({error})") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise _damaged(path, f"is not valid YAML ({problem})") from error
    if not isinstance(document, dict):
        raise _damaged(path, "holds no mapping")
    _check_plain(document, path)
    return cast("dict[str, Any]", document)


def _check_plain(document: Any, path: Path) -> None:
    """JSON values only, and not more of them than a reply can have."""
    waiting, seen = [document], 0
    while waiting:
        value = waiting.pop()
        seen += 1
        if seen > MAX_NODES:
            raise _damaged(path, f"holds more than {MAX_NODES:,} values")
        if isinstance(value, dict):
            waiting.extend(value.values())
            if not all(isinstance(name, str) for name in value):
                raise _damaged(path, "has a name that is no text")
        elif isinstance(value, list):
            waiting.extend(value)
        elif value is not None and not isinstance(value, (str, int, float)):
            raise _damaged(path, f"holds a {type(value).__name__}, which no reply has")


def _typed(document: dict[str, Any], name: str, kind: type) -> Any:
    value = document[name]
    if not isinstance(value, kind):
        raise TypeError(f"has {name} = {value!r}, which is no {kind.__name__}")
    return value


def _damaged(path: Path, problem: str) -> CassetteError:
    return CassetteError(
        f"this cassette {problem}",
        where=path,
        remedy="Restore it (from version control or a copy), or delete it to have the "
        "question asked again.",
    )


class _ReadableDumper(_Dumper):  # type: ignore[misc]
    """Multi-line texts as literal blocks; texts UTF-8 cannot hold as JSON literals."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


class _PlainLoader(_Loader):  # type: ignore[misc]
    """PyYAML's safe loader with the one tag of our own."""


_ESCAPED = "!escaped"


def _represent_text(dumper: Any, text: str) -> Any:
    if any("\ud800" <= char <= "\udfff" for char in text):
        return dumper.represent_scalar(_ESCAPED, json.dumps(text), style="'")
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _construct_escaped(loader: Any, node: Any) -> str:
    text = json.loads(loader.construct_scalar(node))
    if not isinstance(text, str):
        raise yaml.constructor.ConstructorError(None, None, "!escaped holds no text", None)
    return text


_ReadableDumper.add_representer(str, _represent_text)
_PlainLoader.add_constructor(_ESCAPED, _construct_escaped)
