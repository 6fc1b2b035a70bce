"""Small exam packs, sound until a test spoils one."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from jmle_plugin.errors import JmleError, PackError
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam

Refusal = Callable[[Callable[[], object], type[JmleError]], str]


def _refusal(call: Callable[[], object], kind: type[JmleError]) -> str:
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    return str(caught.value)


def _toml(table: dict[str, Any]) -> str:
    """`table` as TOML, each top-level value on one line."""
    return "\n".join(f"{json.dumps(key)} = {_inline(value)}" for key, value in table.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


class PackBuilder:
    """An exam of two blocks: A (general, 3 questions of 1 point) and B (required, 2 of 1 and 3).

    Change `manifest`, `questions` and `images` as a test needs, then `load()`, or `write()`
    and spoil the files. A-1 has an image, A-3 is numeric, B-1 and B-2 are serial.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.root = folder / "root"
        self.file = self.data / "tiny" / "exam.toml"
        self.images = {"A-1.png": self.png()}
        self.manifest: dict[str, Any] = {
            "schema": 1,
            "id": "tiny",
            "title": "Tiny exam",
            "edition": 1,
            "profession": "physician",
            "licence": "none",
            "default_key": "official",
            "sections": {"general": {"title": "General"}, "required": {"title": "Required"}},
            "blocks": [
                {"id": "A", "section": "general", "questions": 3},
                {
                    "id": "B",
                    "section": "required",
                    "questions": 2,
                    "points": [
                        {"first": 1, "last": 1, "points": 1},
                        {"first": 2, "last": 2, "points": 3},
                    ],
                },
            ],
            "keys": {"official": self._key(), "author": self._key()},
            "source": {"format": "jmle2026-bench", "folder": "bench"},
        }
        self.questions: list[dict[str, Any]] = self._questions()

    def _key(self) -> dict[str, Any]:
        return {
            "title": "a key",
            "criteria": {
                "general": {"threshold": 2, "max": 3},
                "required": {"threshold": 4, "max": 4, "ratio": [4, 5]},
            },
            "changes": [],
        }

    def _questions(self) -> list[dict[str, Any]]:
        case = {"group_id": "B-1-2", "context_text": "A case."}
        return [
            self._entry("A", 1, clinical_images=["A-1.png"], requires_image=True),
            self._entry("A", 2, num_choices_to_select=2, answer=["d", "b"]),
            self._entry("A", 3, question_type="calculation", question_text="3?", answer=["0.40"]),
            self._entry("B", 1, serial_group=case),
            self._entry("B", 2, serial_group=case),
        ]

    def _entry(self, block: str, number: int, **changes: Any) -> dict[str, Any]:
        options = "\n".join(f"{label}　option {label}" for label in "abcde")
        return {
            "question_id": f"{block}-{number}",
            "block": block,
            "number": number,
            "question_type": "multiple_choice",
            "question_text": f"Question {block}-{number}?\n{options}",
            "clinical_images": [],
            "requires_image": False,
            "num_choices_to_select": 1,
            "answer": ["a"],
            **changes,
        }

    def __getitem__(self, name: str) -> dict[str, Any]:
        """The entry of one question, to be changed."""
        return next(one for one in self.questions if one["question_id"] == name)

    @property
    def official(self) -> dict[str, Any]:
        """The default key state, to be changed."""
        found: dict[str, Any] = self.manifest["keys"]["official"]
        return found

    @property
    def folder(self) -> Path:
        return self.root / "bench"

    @property
    def dataset(self) -> Path:
        return self.folder / "jmle2026_dataset.json"

    def files(self) -> dict[str, bytes]:
        """The source's files as a server would hold them."""
        return {
            "jmle2026_dataset.json": json.dumps(self.questions, ensure_ascii=False).encode(),
            **{f"images/{name}": raw for name, raw in self.images.items()},
        }

    @property
    def names(self) -> list[str]:
        """The paths of the source's files, in the order of the manifest."""
        return list(self.files())

    def pin(self, url: str = "https://example.invalid/{commit}/{path}") -> None:
        """Pin today's files in the manifest."""
        pins = {name: hashlib.sha256(raw).hexdigest() for name, raw in self.files().items()}
        self.manifest["source"] |= {"url": url, "commit": "c0ffee", "files": pins}

    def write_manifest(self) -> Path:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(_toml(self.manifest), encoding="utf-8")
        return self.file

    def write(self) -> Path:
        """Put manifest, questions and images in place; the `exam.toml`."""
        for name, raw in self.files().items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        return self.write_manifest()

    def load(self, key: str | None = None) -> Exam:
        self.write()
        return self.reload(key)

    def reload(self, key: str | None = None) -> Exam:
        """Load what lies on disk, spoiled or not."""
        return load_exam(self.file, data_root=self.root, key=key)

    def refused(self, kind: type[JmleError] = PackError) -> str:
        """Write and load the spoiled pack; what a person reads about it."""
        return _refusal(self.load, kind)

    def refused_now(self, kind: type[JmleError] = PackError) -> str:
        """The same for what lies on disk."""
        return _refusal(self.reload, kind)

    @staticmethod
    def png(width: int = 4, height: int = 3) -> bytes:
        """A real, small PNG; different sizes give different bytes."""
        out = BytesIO()
        Image.new("RGB", (width, height), (width % 256, height % 256, 90)).save(out, "PNG")
        return out.getvalue()

    @staticmethod
    def huge_png(width: int, height: int) -> bytes:
        """A PNG of a hundred bytes whose header promises `width` x `height` pixels."""
        raw = bytearray(PackBuilder.png())
        raw[16:24] = struct.pack(">II", width, height)
        raw[29:33] = struct.pack(">I", zlib.crc32(raw[12:29]))
        return bytes(raw)


class NativePackBuilder(PackBuilder):
    """The same exam in the suite's own layout, everything beside `exam.toml`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.manifest["source"] = {"format": "jmle"}
        self.serials: list[dict[str, Any]] = [{"id": "B-1-2", "text": "A case.\n"}]

    def _entry(self, block: str, number: int, **changes: Any) -> dict[str, Any]:
        raw = super()._entry(block, number, **changes)
        numeric = raw["question_type"] == "calculation"
        entry: dict[str, Any] = {
            "id": raw["question_id"],
            "block": block,
            "number": number,
            "text": f"Question {block}-{number}?",
            "answer": raw["answer"],
            "kind": "numeric" if numeric else "choice",
            "select": raw["num_choices_to_select"],
            "images": raw["clinical_images"],
        }
        if not numeric:
            entry["options"] = {label: f"option {label}" for label in "abcdef"}
        if "serial_group" in raw:
            entry["serial"] = raw["serial_group"]["group_id"]
        return entry

    def __getitem__(self, name: str) -> dict[str, Any]:
        return next(one for one in self.questions if one["id"] == name)

    @property
    def folder(self) -> Path:
        return self.file.parent

    @property
    def dataset(self) -> Path:
        return self.folder / "questions.toml"

    def files(self) -> dict[str, bytes]:
        table = {"serials": self.serials, "questions": self.questions}
        return {
            "questions.toml": _toml(table).encode(),
            **{f"images/{name}": raw for name, raw in self.images.items()},
        }


@pytest.fixture
def pack(tmp_path: Path) -> PackBuilder:
    """A sound pack in the layout of JMLE2026-Bench."""
    return PackBuilder(tmp_path)


@pytest.fixture
def native(tmp_path: Path) -> NativePackBuilder:
    """The same pack in the suite's own layout."""
    return NativePackBuilder(tmp_path)


@pytest.fixture
def refusal() -> Refusal:
    """The message of the error a call must raise: what a person would read."""
    return _refusal
