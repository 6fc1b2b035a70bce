"""The cassette file: one question, one asking, one reply, and a digest over all of it.

YAML that a person can review: Japanese as Japanese, JSON bodies as structure, long
texts as literal blocks. A damaged, edited or foreign file is an error that names it;
only a file that does not exist is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from jmle_plugin.ask import plain_yaml
from jmle_plugin.errors import CassetteError
from jmle_plugin.files import digest, read_regular, write_whole

FORMAT = 1
SUFFIX = ".yaml"
_END = b"\n...\n"
_MARKS = ("imported", "client")
"""What a cassette may say of where its reply comes from."""
_FIELDS = {"jmle_cassette", "question", "epoch", "question_sha256", "request", "response"}


@dataclass(frozen=True, slots=True)
class Cassette:
    """One recorded reply.

    `request` is the chat body asked (for imported replies the model alone); `response`
    is the chat completion as it came back. `imported` marks another project's reply, `client`
    that of a `model_client` of one's own.
    """

    question: str
    epoch: int
    question_sha256: str
    request: dict[str, Any]
    response: dict[str, Any]
    imported: dict[str, Any] | None = None
    client: dict[str, Any] | None = None


def cassette_name(question: str, epoch: int = 1) -> str:
    """The file's name without suffix."""
    return question if epoch == 1 else f"{question}-e{epoch}"


def write_cassette(path: Path, cassette: Cassette, *, first: bool = False) -> None:
    """Write the file whole; it ends in a marker, so that a cut file is known as one.

    Raises CassetteError, and writes nothing, for what could not be read back; with `first`
    FileExistsError where there is a file.
    """
    content = _content(cassette)
    try:
        text = plain_yaml.dump({**content, "sha256": digest(content)})
        _parsed(text.encode(), path)
    except (CassetteError, ValueError, RecursionError) as error:
        problem = error.problem if isinstance(error, CassetteError) else str(error)
        raise CassetteError(f"this reply cannot be stored ({problem})", where=path) from error
    write_whole(path, text, first=first)


def read_cassette(path: Path) -> Cassette:
    """Read and check one file.

    Raises FileNotFoundError where there is none, and CassetteError for one that is
    unreadable, empty, cut, edited, not UTF-8 or of another format.
    """
    try:
        raw = read_regular(path)
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
            **{mark: _typed(document, mark, dict) for mark in _MARKS if mark in document},
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
    marks = {mark: getattr(cassette, mark) for mark in _MARKS}
    content |= {mark: said for mark, said in marks.items() if said is not None}
    return {**content, "request": cassette.request, "response": cassette.response}


def _document(raw: bytes, path: Path) -> dict[str, Any]:
    if not raw.strip():
        raise _damaged(path, "is empty")
    if not raw.endswith(_END):
        if raw.endswith(_END.replace(b"\n", b"\r\n")):
            raise _damaged(path, "had its line endings converted")
        raise _damaged(path, "is cut off (its end marker is missing)")
    try:
        document = plain_yaml.load(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _damaged(path, f"is not UTF-8 ({error})") from error
    except ValueError as error:
        raise _damaged(path, f"is not what is written here: {error}") from error
    if not isinstance(document, dict):
        raise _damaged(path, "holds no mapping")
    return cast("dict[str, Any]", document)


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
