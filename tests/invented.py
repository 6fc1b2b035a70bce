"""Papers made up in the layouts of KokushiMD-10 and JMed48k: the first answer is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jmle_plugin.exam.manifest import Manifest
from jmle_plugin.exam.spec import OtherSource

OPTIONS = {str(n): f"架空の選択肢{n}" for n in range(1, 6)}
WORTH = {"dentist": (60, 3), "midwife": (37, 2), "orthoptist": (65, 2)}
"""Where the data says the points: the number behind which they are more than one, and how many."""
SESSIONS = {"AM": "午前", "PM": "午後"}


def invented(manifest: Manifest, root: Path) -> None:
    """Write a paper in the layout of the pack's source, where that is looked for below `root`."""
    part = root / (manifest.source.folder or "") / (manifest.source.part or "")
    for block in manifest.blocks:
        if manifest.source.format == "jmed48k":
            section = _section(manifest, block.id)
            asked = [_jmed48k(block.id, n, section) for n in block.numbers]
            data: Any = {"questions": asked}
        else:
            asked = [_kokushimd(manifest, block.id, n, block.points_of(n)) for n in block.numbers]
            data = asked
        for number, one in zip(block.numbers, asked, strict=True):
            if labels := _several(manifest, manifest.question_id(block.id, number)):
                text = "question_text" if "question_text" in one else "question"
                one[text] += f"{len(labels)}つ選べ。"
                if "correct_answer" in one:
                    one["correct_answer"] = labels
                else:
                    one.update(type="multiple", answer=",".join(labels))
        file = part.with_name(f"{part.name}_{block.id.lower()}.json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


def _several(manifest: Manifest, question: str) -> list[str]:
    """The labels of the first answer that a key state accepts, where they are several."""
    accepted = [
        change.accept[0]
        for key in manifest.keys.values()
        for change in key.changes
        if change.question == question and change.accept
    ]
    return next((labels for labels in accepted if len(labels) > 1), [])


def _text(block: str, number: int) -> str:
    return f"架空の問題{block}の{number}はどれか。"


def _section(manifest: Manifest, block: str) -> str:
    """What the data set calls the part of the paper that is the pack's `block`."""
    source = manifest.source
    blocks = source.blocks if isinstance(source, OtherSource) else {}
    if not isinstance(blocks, dict):
        return "必須問題" if block == "A1" else "一般問題"
    theirs = {ours: name for name, ours in blocks.items()}.get(block, block)
    return SESSIONS.get(theirs, theirs)


def _jmed48k(block: str, number: int, section: str) -> dict[str, Any]:
    return {
        "question_number": number,
        "section": section,
        "question_text": _text(block, number),
        "text_reference": "",
        "options": OPTIONS,
        "correct_answer": ["1"],
        "text_only": True,
        "img": None,
    }


def _kokushimd(manifest: Manifest, block: str, number: int, points: int | None) -> dict[str, Any]:
    last, more = WORTH.get(manifest.profession, (number, 0))
    return {
        "index": str(number),
        "question": _text(block, number),
        "options": OPTIONS,
        "type": "single",
        "answer": "1",
        "points": str(points or (more if number > last else 1)),
        "kinki": "2" if manifest.profession == "dentist" and number == 1 else "",
        "text_only": True,
        "human_accuracy": "",
    }
