"""Small exam packs and recorded runs, made for a test: two exams may have the same question ids."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from jmle_plugin.ask.cassette import Cassette, write_cassette
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.recording import keep_run
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from tests.builders import make_completion, picture_file

RIGHT, WRONG = "【回答】a", "【回答】b"


def write_pack(
    data: Path, name: str, *, profession: str = "physician", questions: int = 4, threshold: int = 3
) -> Exam:
    """Write the pack `name` into the folder of packs `data`: A-1 has a figure, each answer is a."""
    folder = data / name
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a.png").write_bytes(picture_file(Image.new("RGB", (4, 3), "white")))
    file = folder / "exam.toml"
    file.write_text(
        f"""schema = 1
id = "{name}"
title = "Exam {name}"
edition = 1
profession = "{profession}"
licence = "CC0"
default_key = "official"
source.format = "jmle"
sections.general.title = "General"
blocks = [{{ id = "A", section = "general", questions = {questions} }}]

[keys.official]
title = "the key"
criteria.general = {{ threshold = {threshold}, max = {questions} }}
"""
    )
    entries = [
        f"""[[questions]]
id = "A-{number}"
block = "A"
number = {number}
text = "{name} asks question {number}?"
options = {{ a = "one", b = "two", c = "three" }}
answer = ["a"]
images = {'["a.png"]' if number == 1 else "[]"}
"""
        for number in range(1, questions + 1)
    ]
    (folder / "questions.toml").write_text("\n".join(entries))
    return load_exam(file, data_root=data)


def write_rules(
    data: Path, name: str, rules: Mapping[str, Any], questions: Sequence[Mapping[str, Any]]
) -> Path:
    """Write a pack with the `blocks` and the one `key` of `rules`; its `exam.toml`."""
    folder = data / name
    folder.mkdir(parents=True)
    file = folder / "exam.toml"
    lines = {
        "schema": 1,
        "id": name,
        "title": f"Exam {name}",
        "edition": 1,
        "profession": "physician",
        "licence": "CC0",
        "default_key": "official",
        "source": {"format": "jmle"},
        "sections": {"general": {"title": "General"}},
        "blocks": rules["blocks"],
        "keys": {"official": rules["key"]},
    }
    file.write_text("\n".join(f"{key} = {_toml(value)}" for key, value in lines.items()), "utf-8")
    paper = f"questions = {_toml(questions)}"
    (folder / "questions.toml").write_text(paper, "utf-8")
    return file


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def record_run(  # noqa: PLR0913 - each is a fact of the run
    cassettes: Path,
    exam: Exam,
    run: str = "some-model",
    *,
    right: str | Mapping[str, str] = RIGHT,
    wrong: Collection[str] = (),
    images: ImageMode = ImageMode.VISION,
    epochs: int = 1,
) -> Path:
    """Record a run of `some/model` that is right but for the questions in `wrong`; its folder.

    `right` is the reply to every question, or one to each.
    """
    wanted = Wanted(model="some/model", run=run, images=images, epochs=epochs, may_record=True)
    sitting = open_sitting(exam, cassettes, wanted)
    keep_run(sitting.folder, sitting.run)
    for seat in sitting.seats():
        request = seat.request
        text = right if isinstance(right, str) else right[request.question]
        reply = Cassette(
            question=request.question,
            epoch=request.epoch,
            question_sha256=request.question_sha256,
            request=request.body,
            response=make_completion(WRONG if request.question in wrong else text),
        )
        write_cassette(seat.cassette, reply)
    return sitting.folder
