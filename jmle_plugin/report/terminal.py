"""The score sheet as text for a terminal of 80 columns or more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from jmle_plugin.mark.extraction import Extraction
from jmle_plugin.mark.sheet import SectionTally, Sheet, Tally, Verdict
from jmle_plugin.report.layout import folded, table, wrapped
from jmle_plugin.report.results import Results
from jmle_plugin.text import printable

COLUMNS = 78
_COLOURS = {
    Verdict.PASS: {"green": True, "bold": True},
    Verdict.FAIL: {"red": True, "bold": True},
    Verdict.INCOMPLETE: {"red": True, "bold": True},
    Verdict.PARTIAL: {"yellow": True, "bold": True},
}
_NUMBERS = {1: "one", 2: "two", 3: "three"}
_KINDS = {"single": "one choice", "multi_select": "several choices", "numeric": "numeric"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line and the terminal markup it is written with."""

    text: str
    markup: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", printable(self.text))


def summary_line(results: Results) -> str:
    """The whole result in one line, however long."""
    sheet = results.sheet
    parts = [
        f"{section.title} {_of(section)}"
        + (f" (needs {section.points - section.margin})" if section.margin is not None else "")
        for section in sheet.sections.values()
    ]
    note = "".join(f", {one}" for one in unofficial(results))
    note += ", scripted replies" if results.run.scripted else ""
    return printable(
        f"{results.exam.id} {results.run.name}: {_verdict_word(sheet)} {_of(sheet.total)} "
        f"({', '.join(parts)}{note})"
    )


def unofficial(results: Results) -> list[str]:
    """What makes this another figure than the official one under the default reading."""
    origin = results.provenance
    facts = []
    if not origin.key.default:
        facts.append(f"key {origin.key.state}")
    if origin.extraction is not Extraction.STANDARD:
        facts.append(f"extraction {origin.extraction}")
    return facts


def sheet_lines(results: Results) -> Iterator[Line]:
    """The official score sheet."""
    sheet = results.sheet
    for text in folded(f"{results.exam.title}    {results.run.title}", COLUMNS):
        yield Line(text, {"bold": True})
    for note in _notes(results):
        for text in folded(note, COLUMNS):
            yield Line(text)
    yield Line("")
    yield Line(_verdict_sentence(sheet), _COLOURS[sheet.verdict])
    yield Line("")
    for text in _criteria(sheet):
        yield Line(text)
    yield Line("")
    for text in _parts(sheet):
        yield Line(text)
    yield Line("")
    for remark in _remarks(sheet):
        for text in folded(remark, COLUMNS):
            yield Line(text)


def _verdict_word(sheet: Sheet) -> str:
    if sheet.verdict is Verdict.PARTIAL:
        return f"partial: {sheet.asked} of {sheet.of}"
    return sheet.verdict.value.upper()


def _verdict_sentence(sheet: Sheet) -> str:
    if sheet.verdict is Verdict.PARTIAL:
        return f"partial: {sheet.asked} of {sheet.of} questions were asked; no verdict"
    if sheet.verdict is Verdict.INCOMPLETE:
        return f"INCOMPLETE: {len(sheet.errors)} of {sheet.of} questions have no reply; no verdict"
    if sheet.verdict is Verdict.FAIL:
        return "FAIL 不合格"
    unknown = sheet.prohibited.limit is not None and sheet.prohibited.passed is None
    criteria = _NUMBERS.get(len(sheet.sections), str(len(sheet.sections)))
    return "PASS 合格" + (f" (passes the {criteria} published criteria)" if unknown else "")


def _notes(results: Results) -> Iterator[str]:
    origin = results.provenance
    if results.exam.synthetic:
        yield "Sample exam: its results say nothing about anybody's medical knowledge."
    if origin.imported is not None:
        yield (
            f"Imported from {origin.imported.project} ({origin.imported.file}): "
            "the replies answered that project's prompt, not ours."
        )
    if origin.returned_models and origin.returned_models != [origin.requested_model]:
        yield f"Answered by {', '.join(origin.returned_models)}, asked for {origin.requested_model}"
    facts = [f"key {origin.key.state}", f"images {origin.images}"]
    if origin.extraction is not Extraction.STANDARD:
        facts.append(f"extraction {origin.extraction}")
    if origin.parameters:
        facts.append("parameters " + ", ".join(f"{k}={v}" for k, v in origin.parameters.items()))
    yield " · ".join(facts)


def _criteria(sheet: Sheet) -> list[str]:
    rows = [["", "points", "needed", "margin", "correct"]]
    rows += [
        [
            section.title,
            _of(section),
            _needed(section),
            "-" if section.margin is None else f"{section.margin:+d}",
            _correct(section),
        ]
        for section in sheet.sections.values()
    ]
    rows.append(["Total", _of(sheet.total), "", "", _correct(sheet.total)])
    lines = table(rows, gap=4)
    rule = sheet.prohibited
    if rule.limit is not None:
        count = "not evaluable (no list is published)" if rule.count is None else str(rule.count)
        sentence = f"禁忌肢  prohibited choices: {count}, at most {rule.limit} allowed"
        lines += folded(sentence, COLUMNS)
    return lines


def _needed(section: SectionTally) -> str:
    if section.margin is None or section.max == section.stated_max:
        return str(section.threshold)
    return f"{section.points - section.margin} ({section.threshold}/{section.stated_max})"


def _parts(sheet: Sheet) -> list[str]:
    rows = [["", "points", "correct"]]
    rows += [[f"Block {name}", _of(tally), _correct(tally)] for name, tally in sheet.blocks.items()]
    rows += [[_KINDS[name], _of(tally), _correct(tally)] for name, tally in sheet.kinds.items()]
    rows.append(["with images", _of(sheet.images.shown), _correct(sheet.images.shown)])
    rows.append(["without images", _of(sheet.images.without), _correct(sheet.images.without)])
    return table([row for row in rows if row[1] != "0/0"], gap=4)


def _remarks(sheet: Sheet) -> Iterator[str]:
    form = sheet.formatting
    lost = form.unreadable.max - form.unreadable.points
    yield (
        f"Formatting: {form.unreadable.questions} unreadable ({_points(lost)} lost); "
        f"{form.tolerant.questions} correct only to a tolerant reader "
        f"({_points(form.tolerant.points)})"
    )
    tokens = sheet.tokens
    if tokens.replies:
        counts = {
            name: getattr(tokens, name) for name in ("prompt", "completion", "reasoning", "cached")
        }
        known = ", ".join(f"{name} {n:,}" for name, n in counts.items() if n is not None)
        yield f"Tokens: {known or 'none given'} (in {tokens.replies} replies)"
    else:
        yield "Tokens: not recorded"
    cut = {name: n for name, n in sheet.finish_reasons.items() if name != "stop"}
    if cut:
        yield "Ended otherwise: " + ", ".join(f"{name} {n}" for name, n in cut.items())
    if sheet.missed_required:
        yield from wrapped("Missed 3-point required: ", sheet.missed_required, COLUMNS)
    if sheet.prohibited.questions:
        yield from wrapped("Prohibited choices in: ", sheet.prohibited.questions, COLUMNS)
    if sheet.errors:
        yield from wrapped(f"Errors ({len(sheet.errors)}): ", sheet.errors, COLUMNS)


def _points(number: int) -> str:
    return f"{number} point" if number == 1 else f"{number} points"


def _of(tally: Tally) -> str:
    return f"{tally.points}/{tally.max}"


def _correct(tally: Tally) -> str:
    return f"{tally.correct} of {tally.questions}"
