"""What a data set lacks that its pack speaks of: questions, points, prohibited choices."""

from __future__ import annotations

from collections.abc import Mapping

from jmle_plugin.exam.key_spec import KeySpec, ProhibitedSpec
from jmle_plugin.exam.kinds import QuestionKind
from jmle_plugin.exam.manifest import Manifest
from jmle_plugin.exam.model import Question, Treatment
from jmle_plugin.exam.source_spec import OtherSource
from jmle_plugin.exam.sources import Paper

_SETTLED = (Treatment.STANDARD, Treatment.EXCLUDE)
"""Treatments that leave a question the same for everybody, whatever it counts."""


def applicable(
    spec: KeySpec, manifest: Manifest, questions: Mapping[str, Question], *, pointless: bool
) -> KeySpec:
    """The key state, without the criteria that this data set has no facts for."""
    told: dict[str, object] = {}
    if pointless:
        told["criteria"] = {}
        told["changes"] = [change for change in spec.changes if change.treatment in _SETTLED]
    rule = spec.prohibited
    if isinstance(manifest.source, OtherSource) and rule is not None and rule.listed:
        # The list is an annotation of the first data set.
        listed = any(one.prohibited for one in questions.values())
        told["prohibited"] = rule if listed else ProhibitedSpec(limit=rule.limit)
    return spec.model_copy(update=told)


def absent_questions(manifest: Manifest, paper: Paper) -> dict[str, Question]:
    """The questions that the paper should have and, as its layout may, lacks."""
    there = {(one.block, one.number) for one in paper.questions}
    return {
        one.id: one
        for block in manifest.blocks
        for number in block.numbers
        if paper.gaps and (block.id, number) not in there
        for one in [
            Question(
                id=manifest.question_id(block.id, number),
                block=block.id,
                number=number,
                section=block.section_of(number),
                kind=QuestionKind.CHOICE,
                text="",
                points=block.points_of(number) or 0,
            )
        ]
    }
