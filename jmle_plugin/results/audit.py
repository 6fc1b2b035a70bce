"""What an image audit says, as JSON would have it: one exam sat with its figures and without.

Effects are in percentage points of questions answered correctly, with figures minus without.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.strict import Strict


class Half(Strict):
    """One of the two sittings, as a whole exam: points and verdict are those of its own sheet."""

    name: str
    verdict: Verdict
    points: int
    max: int
    correct: int
    """Of all questions, those without figures included."""
    questions: int


class AuditPart(Strict):
    """The paired table of some image questions, by id.

    The first word of a state is the answer with figures, the second the one without.
    `low` and `high` are the ends of the interval of `net`; `p_holm` is given for parts.
    """

    name: str
    title: str
    questions: int
    right_right: list[str]
    right_wrong: list[str]
    """Image-dependent: right with figures, wrong without."""
    wrong_right: list[str]
    wrong_wrong: list[str]
    net: float
    low: float
    high: float
    p_mcnemar: float
    """Two-sided and exact."""
    p_holm: float | None = None

    @property
    def states(self) -> dict[str, list[str]]:
        """State in words -> its questions, p11, p10, p01, p00."""
        return {
            "right with figures, right without": self.right_right,
            "right with figures, wrong without": self.right_wrong,
            "wrong with figures, right without": self.wrong_right,
            "wrong with figures, wrong without": self.wrong_wrong,
        }

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """How many questions are in each state, in the same order."""
        found = [len(ids) for ids in self.states.values()]
        return found[0], found[1], found[2], found[3]


INDICES = ("p11", "p10", "p01", "p00")
"""What the states are called in JMed48k, if its first index stands for the answer with figures."""


class Audit(Strict):
    """What the figures are worth to one model in one exam.

    A question with several visual types is in the part of each. Groupings are empty where
    they would say no more than the total: nothing is known, or there is but one part.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    exam: str
    profession: str
    title: str
    """The model's name for people."""
    epochs: int
    """Askings of each question in either half; its majority answer counts."""
    vision: Half
    blind: Half
    shared: bool
    """Whether text-only questions were asked once, for both halves."""
    withdrawn: list[str]
    """Image questions that count for no examinee, or for all: left out."""
    total: AuditPart
    detectable: int | None
    """The smallest net number of questions found with 80 % power if none changes the other
    way; null where not even all would be."""
    text_only: AuditPart | None
    """The same table of questions without figures, where they were asked twice: what differs
    there is chance."""
    sections: list[AuditPart]
    blocks: list[AuditPart]
    visual_types: list[AuditPart]
    subjects: list[AuditPart]
    image_dependency: list[AuditPart] = Field(default=[])
    """By how far a question can be answered without its figures, as the data set says it."""
    serial_known: bool = Field(default=True, exclude_if=lambda value: value)
    """False where the data set does not say which questions share a case; else left out."""

    @property
    def groupings(self) -> dict[str, list[AuditPart]]:
        """Title of each grouping -> its parts."""
        return {
            "Section": self.sections,
            "Block": self.blocks,
            "Image dependency": self.image_dependency,
            "Visual type": self.visual_types,
            "Subject": self.subjects,
        }
