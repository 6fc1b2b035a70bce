"""The score sheet as data.

Points are exam points; `max` is what could be earned on the
questions counted, which is less than the paper's where questions were excluded.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from jmle_plugin.mark.marks import Tokens


class Verdict(StrEnum):
    """What can be said about a sitting."""

    PASS = "pass"  # noqa: S105 - a verdict, no secret
    FAIL = "fail"
    INCOMPLETE = "incomplete"
    """Some question was asked but has no reply: no verdict."""
    PARTIAL = "partial"
    """Only some questions were asked: no verdict."""


class _Frozen(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True
    )


class Tally(_Frozen):
    """Points and questions of some part of the exam."""

    points: int = 0
    max: int = 0
    correct: int = 0
    questions: int = 0


class SectionTally(Tally):
    """A section against its threshold; margin and passed are null without a verdict.

    `stated_max` is the maximum the threshold is officially stated for. Where the
    candidate's own `max` differs, `ratio` decides.
    """

    title: str = ""
    threshold: int
    stated_max: int
    ratio: tuple[int, int] | None = None
    margin: int | None = None
    passed: bool | None = None


class ProhibitedTally(_Frozen):
    """Questions in which a prohibited choice was picked.

    count and passed are null where no list is published.
    """

    count: int | None = None
    limit: int | None = None
    passed: bool | None = None
    questions: list[str] = []


class ImageTally(_Frozen):
    """Questions with and without figures."""

    shown: Tally = Field(alias="with")
    without: Tally


class Formatting(_Frozen):
    """What the form of the answers cost, or would have cost with a stricter reader."""

    tolerant: Tally
    """Correct answers that only a tolerant reader accepts."""
    unreadable: Tally
    """Replies without a valid answer, marked wrong: `max` is what they were worth."""


class TokenTotals(Tokens):
    """Sums over the replies that carry counts; `replies` says how many those are."""

    replies: int = 0


class Sheet(_Frozen):
    """The official score sheet of one sitting."""

    verdict: Verdict
    asked: int
    """Questions selected in this session."""
    of: int
    """Questions of the exam."""
    total: Tally
    sections: dict[str, SectionTally]
    blocks: dict[str, Tally]
    kinds: dict[str, Tally]
    images: ImageTally
    prohibited: ProhibitedTally
    formatting: Formatting
    tokens: TokenTotals
    errors: list[str]
    """Questions asked without a reply."""
    missed_required: list[str]
    """Required questions worth more than one point whose points were lost."""
    finish_reasons: dict[str, int]
