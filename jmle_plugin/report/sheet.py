"""What a score sheet says in words: the verdict, its terms, and what its figures rest on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.mark.extraction import Extraction
from jmle_plugin.mark.sheet import Sheet, Verdict, which_criteria
from jmle_plugin.report.bench import WITHOUT_MARK
from jmle_plugin.report.tallies import headline_points, points_of
from jmle_plugin.results.file import Results
from jmle_plugin.results.provenance import Provenance
from jmle_plugin.text import clipped, count, printable

_MOST_SENT = 3
"""Sets of parameters that are told; a run has one or two."""
_MOST_REASONS = 3
_REASON = 500
"""Characters of a reason that are told; all of it is in the results file."""
_NUMBERS = {1: "one", 2: "two", 3: "three"}


def summary_line(results: Results) -> str:
    """The whole result in one line, however long."""
    sheet = results.sheet
    parts = list(_sections(sheet))
    parts += unofficial(results)
    parts += ["scripted replies"] if results.run.scripted else []
    told = f" ({', '.join(parts)})" if parts else ""
    return printable(
        f"{results.exam.id} {results.run.name}: {verdict_word(sheet)} {headline_points(sheet)}"
        f"{told}"
    )


def _sections(sheet: Sheet) -> Iterator[str]:
    means = sheet.epochs.sections if sheet.epochs else None
    for name, section in sheet.sections.items():
        needed = "" if section.margin is None else f" (needs {section.points - section.margin})"
        points = points_of(section) if means is None else f"{means[name].mean:.1f}/{section.max}"
        yield f"{section.title} {points}{needed}"


def unofficial(results: Results) -> list[str]:
    """What makes this another figure than the official one under the default reading."""
    origin = results.provenance
    facts = []
    if not origin.key.default:
        facts.append(f"key {origin.key.state}")
    if (images := _images(origin)) is not ImageMode.VISION:
        facts.append(f"images {images}")
    if origin.extraction is not Extraction.STANDARD:
        facts.append(_reading(origin))
    if origin.recorded_epochs > origin.epochs:
        facts.append(f"{origin.epochs} of {origin.recorded_epochs} recorded epochs")
    return facts


def _licence(results: Results) -> Iterator[str]:
    """A bench's, which may keep some of its sections from commercial use."""
    if results.sheet.bench:
        yield f"Licence of the questions: {results.provenance.exam.licence}"


def _costly(sheet: Sheet) -> Iterator[str]:
    if sheet.wrong:
        each = ", ".join(f"{worth} in block {name}" for name, worth in sheet.wrong.items())
        yield f"A wrong answer costs points: {each}; no answer costs none."


def _reading(origin: Provenance) -> str:
    """By whose rule replies were read, where it is not ours: each project has its own."""
    whose = f" by {origin.imported.project}" if origin.imported is not None else ""
    return f"extraction {origin.extraction}{whose}"


def _images(origin: Provenance) -> ImageMode:
    """What the model got to see, whatever it was shown."""
    return ImageMode.BLIND if origin.no_vision else origin.images


def reasons(results: Results) -> Iterator[str]:
    """Why there is no reply: pytest says nothing of what was not asked."""
    reasons = Counter(" ".join(mark.error.split()) for mark in results.marks if mark.error)
    for reason, number in reasons.most_common(_MOST_REASONS):
        yield f"Without a reply ({number}): {clipped(reason, _REASON)}"


def verdict_word(sheet: Sheet) -> str:
    """The verdict in a word; of a partial sitting, how much was asked.

    A pass by some of the official criteria only says by which.
    """
    if sheet.verdict is Verdict.PARTIAL:
        return f"partial: {sheet.asked} of {sheet.of}"
    if sheet.verdict is Verdict.NONE:
        return WITHOUT_MARK if sheet.bench else "no verdict"
    which = which_criteria(sheet)
    often = _often(sheet)
    return sheet.verdict.value.upper() + (f" ({which} criteria)" if which else "") + often


def verdict_sentence(sheet: Sheet) -> str:
    """The verdict, or why there is none."""
    if sheet.verdict is Verdict.PARTIAL:
        often = f" in all {sheet.epochs.count} epochs" if sheet.epochs else ""
        gaps = f"; the data set lacks {', '.join(sheet.lacking)}" if sheet.lacking else ""
        return f"partial: {sheet.asked} of {sheet.of} questions were asked{often}{gaps}; no verdict"
    if sheet.verdict is Verdict.NONE:
        return WITHOUT_MARK if sheet.bench else f"no verdict: {sheet.no_verdict}"
    if sheet.verdict is Verdict.INCOMPLETE:
        some = " in some epoch" if sheet.epochs else ""
        lost = f"{len(sheet.errors)} of {sheet.of} questions have no reply{some}"
        return f"INCOMPLETE: {lost}; no verdict"
    often = _often(sheet)
    if sheet.verdict is Verdict.FAIL:
        return f"FAIL 不合格{often}"
    which = which_criteria(sheet)
    if not which:
        return f"PASS 合格{often}"
    number = len(sheet.sections)
    criteria = "criterion" if number == 1 else "criteria"
    return f"PASS 合格{often} (passes the {_NUMBERS.get(number, number)} {which} {criteria})"


def _often(sheet: Sheet) -> str:
    """In how many of several epochs; empty where each question was asked once."""
    epochs = sheet.epochs
    if epochs is None or epochs.passed is None:
        return ""
    passes = epochs.passed if sheet.verdict is Verdict.PASS else epochs.count - epochs.passed
    return f" in {passes} of {epochs.count} epochs"


def _prompted(results: Results) -> Iterator[str]:
    """What the replies answered, where that is not a prompt of ours with all of the question."""
    origin = results.provenance
    named = f" {origin.prompt.name}" if origin.prompt is not None else ", not ours"
    if origin.imported is not None:
        said = (
            "answers of examinees, to no prompt."
            if results.run.people
            else f"the replies answered that project's prompt{named}."
        )
        yield f"Imported from {origin.imported.project} ({origin.imported.file}): {said}"
    if origin.without_case:
        cases = count(origin.without_case, "question")
        yield f"The prompt{named} asks {cases} without the case that belongs to it."


def notes(results: Results) -> Iterator[str]:
    """What has to be known of a result before its figures are read."""
    origin = results.provenance
    if results.exam.synthetic:
        yield "Sample exam: its results say nothing about medical knowledge."
    yield from _prompted(results)
    asked = origin.requested_model
    # litellm's word for the provider is not part of the model's name.
    if set(origin.returned_models) - {asked, asked.partition("/")[2]}:
        yield f"Answered by {', '.join(origin.returned_models)}, asked for {asked}"
    yield from _costly(results.sheet)
    if (missing := results.sheet.images.missing) is not None:
        fate = "; the examinees had them." if results.run.people else " (images missing)."
        yield (
            f"{count(missing.questions, 'question')} had figures that the data set does not have"
            f"{fate}"
        )
    if origin.no_vision:
        yield "blind: the model is known to see no figures"
    facts = [f"key {origin.key.state}", f"images {_images(origin)}"]
    if origin.exam.source:
        facts.append(f"questions of {origin.exam.source}")
    if origin.text_only_from:
        facts.append(f"text-only replies of {origin.text_only_from}")
    if origin.extraction is not Extraction.STANDARD:
        facts.append(_reading(origin))
    if origin.parameters:
        facts.append(f"parameters {_named(origin.parameters)}")
    facts += [fact for fact in unofficial(results) if fact.endswith("recorded epochs")]
    yield " · ".join(facts)
    yield from _licence(results)
    yield from _sent_otherwise(origin)
    yield from (f"Not confirmed: {doubt}" for doubt in origin.key.unconfirmed)
    yield from (f"Not evaluable: {rule}" for rule in results.sheet.not_evaluated)


def _sent_otherwise(origin: Provenance) -> Iterator[str]:
    """Where the parameters sent are not the ones asked for: what was added, changed, left out."""
    asked = origin.parameters
    differing = [one for one in origin.sent if one.parameters != asked]
    for one in differing[:_MOST_SENT]:
        sent = one.parameters
        other = {k: v for k, v in sent.items() if k not in asked or v != asked[k]}
        gone = {k: v for k, v in asked.items() if k not in sent}
        facts = [f"sent: {_named(other)}"] if other else []
        facts += [f"not sent as such: {_named(gone)}"] if gone else []
        some = f" ({count(one.replies, 'reply', 'replies')})" if len(origin.sent) > 1 else ""
        yield "; ".join(facts) + some
    if len(differing) > _MOST_SENT:
        yield f"sent: {len(differing) - _MOST_SENT} more sets of parameters (see the results file)"


def _named(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_plain(value)}" for name, value in parameters.items())


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
