"""The line that explains a wrong answer."""

from __future__ import annotations

from jmle_plugin.ask.cassette import cassette_name
from jmle_plugin.ask.messages import DEFAULT_MARKER
from jmle_plugin.exam.model import Question, Treatment
from jmle_plugin.mark.answer_line import DECORATION, marker_pattern
from jmle_plugin.mark.marks import Mark, answer_text, key_text
from jmle_plugin.text import printable

_FEW_WORDS = 24
"""Characters of a number with its unit: `約 12 mL/分`, and somewhat more."""
_TREATED = {
    Treatment.CREDIT_ALL: "credited to every candidate",
    Treatment.EXCLUDE: "excluded from the scoring for every candidate",
    Treatment.EXCLUDE_IF_WRONG: "excluded from the scoring, since it was not answered correctly",
}


def explain(
    question: Question,
    mark: Mark,
    line: str = "",
    *,
    marker: str = DEFAULT_MARKER,
    treatment: Treatment = Treatment.STANDARD,
) -> str:
    """One line for people: `120A-74 (1 pt): answered 0.4 g, key 0.40`.

    `line` is the answer line: it is shown where no answer could be read in it, and the unit
    of a number is taken from it. What the examiners decided about the question comes first:
    `116A71 (1 pt): credited to every candidate (answered a, key e)`.
    """
    unit = "pt" if question.points == 1 else "pts"
    answered = answer_text(mark.answer)
    if question.kind.rules.united:
        answered = _with_unit(answered, line, marker)
    unread = f"no answer could be read in {line!r}" if line else "no answer could be read"
    given = f"answered {answered}" if answered else unread
    if mark.invalid:
        given += f" (not {question.kind.rules.wanted(question)})"
    if mark.accepted:
        given += f", key {key_text(mark.accepted)}"
    if decided := _TREATED.get(treatment):
        given = f"{decided} ({given})"
    return f"{cassette_name(question.id, mark.epoch)} ({question.points} {unit}): {given}"


def _with_unit(number: str, line: str, marker: str) -> str:
    """A number in the few words its answer line has for it; where it has many, alone."""
    found = marker_pattern(marker).search(line)
    stated = printable(line[found.end() :].strip(DECORATION)) if found else ""
    return stated if number and number in stated and len(stated) <= _FEW_WORDS else number
