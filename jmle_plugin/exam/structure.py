"""What must hold for the questions of every exam, whatever layout they come in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from jmle_plugin.errors import PackError
from jmle_plugin.exam.block_spec import BlockSpec
from jmle_plugin.exam.sources import Paper, PaperQuestion
from jmle_plugin.exam.sources.printed import folded

_QUESTION_ID = re.compile(r"(?!.*-e[0-9]+$)[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What names a test and a file; an ending of `-e2` names the second asking of a question."""


def check_structure(blocks: Mapping[str, BlockSpec], paper: Paper) -> None:
    """PackError unless each question stands once, in its block, answerable, and none is missing."""
    for name, times in Counter(one.id for one in paper.questions).items():
        if times > 1:
            raise PackError(f"question {name} stands {times} times", where=paper.file)
    numbers: dict[str, list[int]] = {name: [] for name in blocks}
    for one in paper.questions:
        if one.block not in blocks:
            raise PackError(
                f"question {one.id}: block {one.block!r} is not one of {list(blocks)}",
                where=paper.file,
            )
        numbers[one.block].append(one.number)
        _check_question(one, paper.file)
    for name, block in blocks.items():
        there, due = Counter(numbers[name]), Counter(block.numbers)
        wrong = {
            "missing": [] if paper.gaps else sorted(due - there),
            "not due": sorted(there.keys() - due.keys()),
            "twice": sorted(number for number, times in there.items() if times > 1),
        }
        if any(wrong.values()):
            detail = ", ".join(f"{what}: {which}" for what, which in wrong.items() if which)
            raise PackError(
                f"block {name} must have the questions {block.first} to {block.numbers[-1]} once "
                "each, but "
                f"has {there.total()} ({detail})",
                where=paper.file,
            )


def _check_question(one: PaperQuestion, file: Path) -> None:
    right = one.human_accuracy
    problem = ""
    if not _QUESTION_ID.fullmatch(one.id):
        problem = (
            "an id has at most 100 letters, digits and . _ - only, and does not end like -e2: "
            "it names a test and a file, to which -e2 is added where it is asked again"
        )
    elif right is not None and not 0 <= right <= 1:
        problem = f"human_accuracy {right:g} is no share; write it as 0 to 1"
    else:
        problem = one.kind.rules.wrong_question(one) or _wrong_labels(one.options)
    if problem:
        raise PackError(f"question {one.id}: {problem}", where=file)


def _wrong_labels(labels: Iterable[str]) -> str:
    named = list(labels)
    for label in named:
        if not label or set(label) & set(", "):
            return f"nobody can write the label {label!r} in an answer"
    if len(set(map(folded, named))) < len(named):
        return f"of the labels {', '.join(named)} two are read as the same"
    return ""
