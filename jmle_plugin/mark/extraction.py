r"""From a model's reply to the answer it gives, and how plainly it gave it.

The prompt asks for free reasoning and one last line ``【回答】a``, ``【回答】a,c`` or
``【回答】3.14``. Two rules read it:

standard
    The last answer line of the reply counts (``answer_line`` finds it). Precisely the
    asked format is *exact*; what a human examiner would still read is *tolerant* (the
    grammars are in ``choice``, ``readers`` and ``numeric``); everything else is *none*. Where the
    reply has no answer line at all, in this order: a stand-in in the reply (``【解答】c``,
    ``\boxed{c}``), then an answer line of the reasoning. What a template's tags mark as thinking
    is reasoning, and the reasoning of a reply that is not known to be whole is never
    read: it was cut, or broke off, before there was an answer.
published
    JMLE2026-Bench's own rule to the letter (``published``).

Imported records of other projects may hold the answer alone; what both rules mean for those
stands in ``published``: published is then the rule of the project they come from.

A reply is untrusted text: any string is read in linear time and without raising.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from jmle_plugin.ask.messages import DEFAULT_MARKER
from jmle_plugin.errors import SettingsError
from jmle_plugin.exam.kinds import NOTHING
from jmle_plugin.exam.model import Question
from jmle_plugin.mark import Extraction, readers
from jmle_plugin.mark.answer_line import (
    AnswerLine,
    find_answer_line,
    find_stand_ins,
    is_echo,
    without_echoes,
)
from jmle_plugin.mark.terms import behind_marker, is_list

if TYPE_CHECKING:
    from jmle_plugin.ask.sitting import Sitting

_LINE_LIMIT = 200

# Chat templates set thinking apart with tags, and servers that do not know the template leave
# them in the text. What stands between them is reasoning, never the answer, and so is what
# follows a tag that was never closed, or precedes a closing tag whose opening one belongs to
# the prompt.
_TEMPLATES = (
    # DeepSeek, Qwen and many more
    (r"<think>", r"</think>"),
    (r"<thinking>", r"</thinking>"),
    (r"<thought>", r"</thought>"),
    (r"<reasoning>", r"</reasoning>"),
    # Seed-OSS, Magistral, Kimi, Command A, Apertus
    (r"<seed:think>", r"</seed:think>"),
    (r"\[THINK\]", r"\[/THINK\]"),
    (r"◁think▷", r"◁/think▷"),
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
    (r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),
    # gpt-oss (harmony): every channel but the final one
    (
        r"<\|channel\|>\s*(?:analysis|commentary)",
        r"<\|channel\|>\s*final\s*(?:<\|[a-z]+\|>[^<\n]*)?<\|message\|>",
    ),
    # MedGemma, Gemma 4
    (r"<unused94>", r"<unused95>"),
    (r"<\|channel>", r"<channel\|>"),
)
"""What begins thinking and what ends it, by template."""

_TAG = re.compile(
    r"(?=[<\[◁])(?:"  # looked for first: nearly all of a text begins no tag
    + "|".join(
        f"(?P<open{at}>{begin})|(?P<close{at}>{end})" for at, (begin, end) in enumerate(_TEMPLATES)
    )
    + ")"
)


class How(StrEnum):
    """How plainly the answer was given."""

    EXACT = "exact"
    """In the format the prompt asked for."""
    TOLERANT = "tolerant"
    """Not in that format, but a human examiner would read the same."""
    NONE = "none"
    """No answer could be read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from one reply.

    ``answer`` holds the sorted labels, or those of a sequence as they were put in order, or
    one number as text, and is empty when nothing
    could be read. ``line`` shows people the answer line (trimmed, at most 200 characters,
    control characters and lone surrogates replaced); it is kept for an unreadable line
    too, and empty where there is no answer line.
    """

    answer: tuple[str, ...]
    how: How
    line: str


def read_answer(  # noqa: PLR0913 - each is a fact of the reply
    question: Question,
    text: str,
    reasoning: str = "",
    *,
    extraction: Extraction = Extraction.STANDARD,
    answer_of: str = "",
    recorded: str | None = None,
    marker: str = DEFAULT_MARKER,
    whole: bool = True,
    asked: Sequence[str] = (),
) -> Reading:
    """Read the answer to ``question`` from a reply and its reasoning text.

    ``marker`` is what the prompt asked an answer line to begin with; ``whole`` says that the
    reply is known to have ended because its model had, so that its reasoning may be read. Where
    ``answer_of`` names a project, ``text`` is the answer alone, as that project asked for it or
    kept it. ``asked`` are the texts of the messages that were sent, where those are known: what
    is copied from them is no answer under the standard rule. Where a
    project kept what its own rule read from the reply, ``recorded`` is that, and the published
    answer. Never raises, whatever the reply holds. Under the standard rule a choice answer holds
    only labels of the question; published rules may read others.
    """
    if extraction is Extraction.STANDARD and asked:
        said, thought = split_thinking(text)
        text = without_echoes(said, asked, marker)
        reasoning = "\n".join(filter(None, (reasoning, thought)))
        reasoning = without_echoes(reasoning, asked, marker)
    if answer_of:
        # A reply to us may hold more than the answer it was asked for; a record is one.
        read = _read_standard(question, text, reasoning, marker, whole=whole) if asked else None
        if read is not None and read.answer and extraction is Extraction.STANDARD:
            return read
        return _read_bare(question, text, extraction, answer_of, asked)
    standard = _read_standard(question, text, reasoning, marker, whole=whole)
    if extraction is Extraction.STANDARD or not readers.has_rule(question):
        return standard
    if question.rule:
        answer, line = _by_benchs_rule(question, text, marker, standard), standard.line
    elif recorded is not None:
        answer, line = readers.read_recorded(question, recorded), standard.line
    else:
        answer, line = readers.read_published(question, text, reasoning)
    if not answer:
        return Reading((), How.NONE, _for_people(line))
    how = How.EXACT if standard.how is How.EXACT else How.TOLERANT
    return Reading(answer, how, _for_people(line))


def _by_benchs_rule(
    question: Question, text: str, marker: str, standard: Reading
) -> tuple[str, ...]:
    """What a bench's own project reads, whose prompt asks for the answer and nothing else.

    Behind a prompt of ours that is what the marker leads: the marker's own letters are no answer,
    and expressions one a line stand for the list that the project asks for.
    """
    rule, led = readers.REPLY_RULES[question.rule], behind_marker(text, marker)
    if led is None:
        return rule(question, text)
    if question.kind.rules.partial:
        return standard.answer or (NOTHING,)
    return rule(question, led)


def check_rule(sitting: Sitting, extraction: Extraction) -> None:
    """SettingsError where replies are to be read by a rule not published for their form.

    JMLE2026-Bench's rule knows its own marker alone; under it `Answer: c` would be no answer.
    """
    run, prompt = sitting.run, sitting.prompt
    elsewhere = run.marker is None or run.answer_of or run.imported is not None
    if extraction is Extraction.STANDARD or elsewhere or prompt is None:
        return
    if any(not one.rule and readers.has_rule(one) for one in sitting.exam.questions.values()):
        raise SettingsError(
            f"no published rule is known here for replies to the prompt {prompt.name}, whose "
            f"answer lines begin with {run.marker}",
            where="--extraction",
            remedy="Leave out --extraction=published.",
        )


def _read_standard(
    question: Question, reply: str, reasoning: str, marker: str, *, whole: bool
) -> Reading:
    reader = readers.READERS[question.kind]

    def begins(content: str) -> bool:
        return reader.begins(question, content)

    text, thought = split_thinking(reply)
    if reader.to_the_end:
        return _read_to_the_end(question, text, marker, whole=whole)
    line = find_answer_line(text, marker, begins)
    if line is not None:
        if line.plain and (exact := reader.exact(question, line.content)):
            return Reading(exact, How.EXACT, _for_people(line.shown))
        return _tolerant(question, line)
    for stand_in in find_stand_ins(text):
        reading = _tolerant(question, stand_in)
        if reading.answer:
            return reading
    # Reasoning talks about the format it is about to use, so only whole lines count there.
    reasoned = "\n".join(filter(None, (reasoning, thought))) if whole else ""
    line = find_answer_line(reasoned, marker, begins, leading_only=True)
    if line is not None:
        return _tolerant(question, line)
    return Reading((), How.NONE, "")


def _read_to_the_end(question: Question, text: str, marker: str, *, whole: bool) -> Reading:
    reader = readers.READERS[question.kind]
    content = behind_marker(text, marker)
    if content is None:
        # Without a marker, a reply that is a list and nothing else is meant as one.
        answer = reader.tolerant(question, text) if is_list(text) else ()
        return Reading(answer, How.TOLERANT if answer else How.NONE, "")
    shown = _for_people(" ".join(f"{marker} {content}".split()))
    if not content.strip() and not whole:
        return Reading((), How.NONE, shown)  # cut before anything was named
    if exact := reader.exact(question, content):
        return Reading(exact, How.EXACT, shown)
    answer = reader.tolerant(question, content)
    return Reading(answer, How.TOLERANT if answer else How.NONE, shown)


def _read_bare(
    question: Question, text: str, extraction: Extraction, project: str, asked: Sequence[str]
) -> Reading:
    answer, exact = readers.read_bare(question, text)
    how = How.EXACT if exact else How.TOLERANT
    if extraction is Extraction.PUBLISHED:
        kept = readers.as_kept(text, project) if asked else text
        answer = readers.read_published_bare(question, kept, project)
    elif is_echo(text, asked, question.options):
        answer = ()
    return Reading(answer, how if answer else How.NONE, _for_people(" ".join(text.splitlines())))


def _tolerant(question: Question, line: AnswerLine) -> Reading:
    answer = readers.READERS[question.kind].tolerant(question, line.content)
    how = How.TOLERANT if answer else How.NONE
    return Reading(answer, how, _for_people(line.shown))


def _for_people(line: str) -> str:
    # The line is shown on terminals and stored as UTF-8: no escape sequences, no surrogates.
    cut = line.strip()[:_LINE_LIMIT].rstrip()
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in ("Cc", "Cs") else char
        for char in cut
    )


def split_thinking(text: str) -> tuple[str, str]:
    """Return the reply and the thinking in `text`; the latter is empty where no tag is."""
    said: list[str] = []
    thought: list[str] = []
    until = ""
    at = 0
    for tag in _TAG.finditer(text):
        name = tag.lastgroup or ""
        if until and name != until:
            continue  # a tag of any kind within thinking is thinking
        passage = text[at : tag.start()]
        if name.startswith("open"):
            said.append(passage)
            until = name.replace("open", "close")
        else:
            thought.append(passage)
            if not until:
                thought[:0] = said
                said = []
            until = ""
        at = tag.end()
    (thought if until else said).append(text[at:])
    return "\n".join(said) if thought else text, "\n".join(thought)
