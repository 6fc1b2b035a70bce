"""A JMedQA made up in its published layout: nine sittings, of which a is nearly always right."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from jmle_plugin.exam import find_pack, pack_folders
from jmle_plugin.exam.manifest import Manifest, read_manifest
from jmle_plugin.exam.model import Treatment
from tests.builders import picture_file

EDITIONS = range(112, 121)
DEPENDENCIES = ("none", "enough text", "not enough text", "image question", "image only")
AREAS = ("架空の内科", "架空の外科", "架空の公衆衛生")
FIGURE = "images/made-up.png"
OPTIONS = {label: f"架空の選択肢{label}" for label in "abcde"}


def manifest_of(edition: int) -> Manifest:
    """The pack of a sitting, by JMedQA."""
    manifest = read_manifest(find_pack(f"jmle{edition}", pack_folders()))
    return next(one for one in manifest.by_source() if one.source.format == "jmedqa")


def voided(edition: int) -> set[tuple[str, int]]:
    """Block and number of the questions that the pack's official key excludes for all."""
    manifest = manifest_of(edition)
    out = {
        change.question
        for change in manifest.keys["official"].changes
        if change.treatment is Treatment.EXCLUDE
    }
    return {
        (block.id, number)
        for block in manifest.blocks
        for number in block.numbers
        if manifest.question_id(block.id, number) in out
    }


def _several(edition: int) -> dict[tuple[str, int], list[str]]:
    """Block and number -> the labels of a key that a change makes several."""
    manifest = manifest_of(edition)
    changed = {one.question: one.answer or [] for one in manifest.keys["official"].changes}
    return {
        (block.id, number): labels
        for block in manifest.blocks
        for number in block.numbers
        if len(labels := changed.get(manifest.question_id(block.id, number), [])) > 1
    }


def write_jmedqa(
    root: Path,
    editions: Collection[int] = EDITIONS,
    *,
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    without: Collection[str] = (),
    figures: bool = True,
) -> Path:
    """Write `jmedqa/` below `root`; `changes` and `without` name questions as `2018A1`."""
    folder = root / "jmedqa"
    (folder / "images").mkdir(parents=True)
    rows = [
        row | dict((changes or {}).get(row["problem_unique_id"], {}))
        for edition in editions
        for row in _rows(edition)
        if row["problem_unique_id"] not in without
    ]
    with (folder / "jmedqa.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    if figures:
        (folder / FIGURE).write_bytes(picture_file(Image.new("RGB", (4, 3), "white")))
    else:
        (folder / "images").rmdir()
    return root


def _rows(edition: int) -> Iterator[dict[str, Any]]:
    """Dependencies go round by number: of each five questions four have a figure."""
    out, several, year = voided(edition), _several(edition), edition + 1906
    for block in manifest_of(edition).blocks:
        for number in block.numbers:
            if (block.id, number) in out:
                continue
            dependency = DEPENDENCIES[number % len(DEPENDENCIES)]
            shown = dependency != "none"
            labels = several.get((block.id, number), ["a"])
            text = f"架空の問題{year}の{block.id}の{number}はどれか。"
            if len(labels) > 1:
                text += f"{len(labels)}つ選べ。"
            yield {
                "problem_unique_id": f"{year}{block.id}{number}",
                "year": year,
                "section": block.id,
                "clinical_area": AREAS[number % len(AREAS)],
                "question_raw": f"画像（別冊No.1）を示す。{text}" if shown else text,
                "question": text,
                "options_json": json.dumps(OPTIONS, ensure_ascii=False),
                "answer_json": json.dumps(labels),
                "answer_mode": "option",
                "answer_count": "1",
                "image_paths_json": json.dumps({"別冊No.1": [FIGURE]} if shown else {}),
                "image_dependency": dependency,
                "is_calc": "false",
                "is_linked": "false",
                "is_case_based": "false",
                "has_unpublished_image": "false",
            }
