"""What a score sheet says in words: the verdict, its terms, and what its figures rest on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.mark import Extraction
from jmle_plugin.mark.sheet import Sheet, Verdict, which_criteria
from jmle_plugin.report.tallies import headline_points, points_of
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import clauses, joined, known, named, retold, wording
from jmle_plugin.results.provenance import Provenance
from jmle_plugin.text import clipped, printable

_MOST_SENT = 3
"""Sets of parameters that are shown; a run has one or two."""
_MOST_REASONS = 3
_REASON = 500
"""Characters of a reason that are shown; all of it is in the results file."""


def summary_line(results: Results) -> str:
    """The whole result in one line, however long."""
    sheet = results.sheet
    facts = [*_sections(sheet), *unofficial(results)]
    facts += [wording("fact.scripted")] if results.run.scripted else []
    key = "sheet.line_with" if facts else "sheet.line"
    line = wording(
        key,
        exam=results.exam.id,
        run=results.run.name,
        verdict=verdict_word(sheet),
        points=headline_points(sheet),
        facts=joined(facts),
    )
    return printable(line)


def _sections(sheet: Sheet) -> Iterator[str]:
    means = sheet.epochs.sections if sheet.epochs else None
    for name, section in sheet.sections.items():
        points = points_of(section) if means is None else f"{means[name].mean:.1f}/{section.max}"
        values = {"title": known(section.title), "points": points}
        if section.margin is None:
            yield wording("sheet.section", **values)
        else:
            yield wording("sheet.section_needs", needed=section.points - section.margin, **values)


def unofficial(results: Results) -> list[str]:
    """What makes this another figure than the official one under the default reading."""
    origin = results.provenance
    facts = []
    if not origin.key.default:
        facts.append(wording("fact.key", state=origin.key.state))
    if (images := images_of(origin)) is not ImageMode.VISION:
        facts.append(wording(f"fact.images.{images}"))
    if origin.extraction is not Extraction.STANDARD:
        facts.append(_reading(origin))
    return facts + _some_epochs(origin)


def _some_epochs(origin: Provenance) -> list[str]:
    if origin.recorded_epochs <= origin.epochs:
        return []
    return [wording("fact.epochs", some=origin.epochs, all=origin.recorded_epochs)]


def _licence(results: Results) -> Iterator[str]:
    """A bench's, which may keep some of its sections from commercial use."""
    if results.sheet.bench:
        yield wording("note.licence", licence=retold("licence", results.provenance.exam.licence))


def _costly(sheet: Sheet) -> Iterator[str]:
    if sheet.wrong:
        each = (
            wording("note.wrong_costs_in", points=worth, block=name)
            for name, worth in sheet.wrong.items()
        )
        yield wording("note.wrong_costs", blocks=joined(each))


def _reading(origin: Provenance) -> str:
    """By whose rule replies were read, where it is not ours: each project has its own."""
    if origin.imported is None:
        return wording(f"fact.extraction.{origin.extraction}")
    return wording(f"fact.extraction_by.{origin.extraction}", project=origin.imported.project)


def images_of(origin: Provenance) -> ImageMode:
    """What the model got to see, whatever it was shown."""
    return ImageMode.BLIND if origin.no_vision else origin.images


def reasons(results: Results) -> Iterator[str]:
    """Why there is no reply: pytest says nothing of what was not asked."""
    reasons = Counter(" ".join(mark.error.split()) for mark in results.marks if mark.error)
    for reason, number in reasons.most_common(_MOST_REASONS):
        yield wording("remark.no_reply", number=number, reason=clipped(reason, _REASON))


def verdict_word(sheet: Sheet) -> str:
    """The verdict in a word; of a partial sitting, how much was asked.

    A pass by some of the official criteria only says by which.
    """
    if sheet.verdict is Verdict.PARTIAL:
        return wording("verdict.word.partial", asked=sheet.asked, of=sheet.of)
    if sheet.verdict is Verdict.NONE:
        return wording("verdict.no_mark" if sheet.bench else "verdict.word.none")
    way, often = _way(sheet)
    return wording(f"verdict.word.{way}", **often)


def verdict_sentence(sheet: Sheet) -> str:
    """The verdict, or why there is none."""
    epochs = sheet.epochs
    if sheet.verdict is Verdict.NONE:
        if sheet.bench:
            return wording("verdict.no_mark")
        return wording("verdict.none", reason=known(sheet.no_verdict))
    if sheet.verdict is Verdict.PARTIAL:
        asked = {"asked": sheet.asked, "of": sheet.of}
        parts = [
            wording("verdict.partial_epochs", epochs=epochs.count, **asked)
            if epochs
            else wording("verdict.partial", **asked)
        ]
        if sheet.lacking:
            parts.append(wording("verdict.lacking", questions=joined(sheet.lacking)))
        return clauses([*parts, wording("verdict.without")])
    if sheet.verdict is Verdict.INCOMPLETE:
        key = "verdict.incomplete_epochs" if epochs else "verdict.incomplete"
        lost = wording(key, lost=len(sheet.errors), of=sheet.of)
        return clauses([lost, wording("verdict.without")])
    way, often = _way(sheet)
    if not which_criteria(sheet):
        return wording(f"verdict.{way}", **often)
    number = len(sheet.sections)
    criteria = named(f"verdict.criteria.{number}", str(number))
    return wording(f"verdict.{way}", number, criteria=criteria, **often)


def _way(sheet: Sheet) -> tuple[str, dict[str, int]]:
    """The key of a verdict, by which criteria alone it is included, and in how many epochs."""
    often, which = _often(sheet), which_criteria(sheet)
    by = f"_by.{which}" if which else ""
    return f"{sheet.verdict}{'_epochs' if often else ''}{by}", often


def _often(sheet: Sheet) -> dict[str, int]:
    """In how many of several epochs; empty where each question was asked once."""
    epochs = sheet.epochs
    if epochs is None or epochs.passed is None:
        return {}
    if sheet.verdict is Verdict.PASS:
        return {"passed": epochs.passed, "epochs": epochs.count}
    if sheet.verdict is Verdict.FAIL:
        return {"failed": epochs.count - epochs.passed, "epochs": epochs.count}
    return {}


def _prompted(results: Results) -> Iterator[str]:
    """What the replies answered, where that is not a prompt of ours with all of the question."""
    origin = results.provenance
    named_prompt = {"prompt": origin.prompt.name} if origin.prompt is not None else {}
    whose = "named" if named_prompt else "theirs"
    if origin.imported is not None:
        yield wording(
            "note.imported.people" if results.run.people else f"note.imported.{whose}",
            project=origin.imported.project,
            file=origin.imported.file,
            **named_prompt,
        )
    if origin.without_case:
        yield wording(f"note.without_case.{whose}", origin.without_case, **named_prompt)


def notes(results: Results) -> Iterator[str]:
    """What has to be known of a result before its figures are read."""
    origin = results.provenance
    if results.exam.synthetic:
        yield wording("note.synthetic")
    yield from _prompted(results)
    asked = origin.requested_model
    # litellm's word for the provider is not part of the model's name.
    if set(origin.returned_models) - {asked, asked.partition("/")[2]}:
        yield wording("note.answered_by", models=joined(origin.returned_models), asked=asked)
    yield from _costly(results.sheet)
    if (missing := results.sheet.images.missing) is not None:
        fate = "people" if results.run.people else "model"
        yield wording(f"note.images_missing.{fate}", missing.questions)
    if origin.no_vision:
        yield wording("note.no_vision")
    yield wording("list.facts").join(_facts(origin))
    yield from _licence(results)
    yield from _sent_otherwise(origin)
    yield from (
        wording("note.unconfirmed", doubt=retold("doubt", doubt))
        for doubt in origin.key.unconfirmed
    )
    yield from (
        wording("note.not_evaluable", rule=retold("doubt", rule))
        for rule in results.sheet.not_evaluated
    )


def _facts(origin: Provenance) -> Iterator[str]:
    """How the exam was sat, in a few words each."""
    yield wording("fact.key", state=origin.key.state)
    yield wording(f"fact.images.{images_of(origin)}")
    if origin.exam.source:
        yield wording("fact.source", source=origin.exam.source)
    if origin.text_only_from:
        yield wording("fact.text_only_from", run=origin.text_only_from)
    if origin.extraction is not Extraction.STANDARD:
        yield _reading(origin)
    if origin.parameters:
        yield wording("fact.parameters", parameters=parameters_text(origin.parameters))
    yield from _some_epochs(origin)


def _sent_otherwise(origin: Provenance) -> Iterator[str]:
    """Where the parameters sent are not the ones asked for: what was added, changed, left out."""
    asked = origin.parameters
    differing = [one for one in origin.sent if one.parameters != asked]
    for one in differing[:_MOST_SENT]:
        sent = one.parameters
        other = {k: v for k, v in sent.items() if k not in asked or v != asked[k]}
        gone = {k: v for k, v in asked.items() if k not in sent}
        facts = [wording("note.sent.added", parameters=parameters_text(other))] if other else []
        facts += [wording("note.sent.gone", parameters=parameters_text(gone))] if gone else []
        if len(origin.sent) > 1:
            replies = wording("count.replies", one.replies)
            yield wording("note.sent.some", facts=clauses(facts), replies=replies)
        else:
            yield clauses(facts)
    if len(differing) > _MOST_SENT:
        yield wording("note.sent.more", number=len(differing) - _MOST_SENT)


def parameters_text(parameters: Mapping[str, Any]) -> str:
    """Parameters of a model as a list: `temperature=0, seed=1`."""
    return joined(f"{name}={_plain(value)}" for name, value in parameters.items())


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
