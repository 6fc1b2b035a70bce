"""The compact report of one sitting for a pull request or the summary of a CI job."""

from __future__ import annotations

from collections.abc import Iterator

from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, answer_text, key_text
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report.layout import item, literal, markdown_table, prose
from jmle_plugin.report.remarks import ONE_LINE, remarks
from jmle_plugin.report.sheet import notes, reasons, summary_line, verdict_sentence
from jmle_plugin.report.tallies import (
    Rows,
    criteria_rows,
    part_rows,
    prohibited_sentence,
    strata_tables,
)
from jmle_plugin.results.comparison import Decision
from jmle_plugin.results.doubt import doubt_sentences
from jmle_plugin.results.file import Results
from jmle_plugin.text import count

_SIGNS = {Verdict.PASS: "✅", Verdict.FAIL: "❌"}
_NO_VERDICT = "⚠️"
_DECISIONS = {Decision.PASS: "✅", Decision.FAIL: "❌"}
_COMMIT = 12
_OUTCOMES = {Outcome.NO_ANSWER: "no answer"}


def markdown_report(results: Results, comparison: str = "", *, cut: str = "") -> str:
    """The report, with `comparison` (markdown) in it.

    Where room is short, `cut` names the file that holds the whole report: the tables and
    sentences stay, the lists of questions are left out, and the report says so.
    """
    sheet = results.sheet
    lines = [_title(results), "", f"**{_sign(results)} {verdict_sentence(sheet)}**", ""]
    lines += _table(criteria_rows(sheet))
    if sentence := prohibited_sentence(sheet):
        lines += ["", prose(sentence)]
    lines += ["", *_table(part_rows(results)), ""]
    for rows, _ in strata_tables(sheet):
        lines += [*_table(rows), ""]
    lines += map(item, notes(results))
    lines += map(item, _sentences(results))
    if cut:
        lines += ["", _cut(cut)]
    else:
        lines += ["", *comparison.splitlines()] if comparison else []
        lines += _lost(results)
    lines += ["", f"<sub>{_origin(results)}</sub>"]
    return "\n".join(lines) + "\n"


def gate_lines(results: Results) -> Iterator[str]:
    """What each gate decided on the run, an item of a list each."""
    for gate in results.gates:
        sign = _DECISIONS.get(gate.decision, _NO_VERDICT)
        yield item(f"{sign} {gate.sentence}")


def markdown_line(results: Results, *, cut: str) -> str:
    """All that is said where there is next to no room."""
    return f"{_title(results)}\n\n{prose(summary_line(results))}\n\n{_cut(cut)}\n"


def _title(results: Results) -> str:
    return f"## {prose(results.exam.title)} · {literal(results.run.title)}"


def _sign(results: Results) -> str:
    return _SIGNS.get(results.sheet.verdict, _NO_VERDICT)


def _cut(file: str) -> str:
    return f"Cut here, because GitHub shows 1 MiB of a step: {literal(file)} has the rest."


def _table(rows: Rows) -> list[str]:
    return markdown_table([[*map(prose, row)] for row in rows])


def _sentences(results: Results) -> Iterator[str]:
    if results.doubt is not None:
        yield from doubt_sentences(results.doubt)
    told = list(remarks(results, ONE_LINE))
    for sentence, following in zip(told, [*told[1:], ""], strict=True):
        # A list that goes on with the sentence before it begins with a blank.
        if not sentence.startswith(" "):
            yield f"{sentence}:{following}" if following.startswith(" ") else sentence
    yield from reasons(results)


def _lost(results: Results) -> Iterator[str]:
    """The questions that lost points, folded away."""
    scored = results.scored().values()
    lost = [mark for mark in scored if mark.points < mark.max and not mark.error]
    if not lost:
        return
    points = sum(mark.max - mark.points for mark in lost)
    told = f"{count(points, 'point')} in {count(len(lost), 'question')}"
    yield from ("", f"<details><summary>Lost: {told}</summary>", "")
    rows = [["question", "points", "answered", "key"], *map(_lost_row, lost)]
    yield from markdown_table(rows)
    yield from ("", "</details>")


def _lost_row(mark: Mark) -> list[str]:
    answered = literal(answer_text(mark.answer))
    if mark.outcome is not Outcome.INCORRECT:
        answered = f"{answered} ({mark.invalid or _OUTCOMES[mark.outcome]})".strip()
    points = f"{mark.points}/{mark.max}"
    return [prose(mark.question), points, answered, literal(key_text(mark.accepted))]


def _origin(results: Results) -> str:
    """Where the figures come from, in a line."""
    origin = results.provenance
    facts = [
        f"exam {literal(origin.exam.id)} {literal(origin.exam.hash[:_COMMIT])}",
        f"key {literal(origin.key.state)}",
        f"run {literal(results.run.name)} of {literal(origin.requested_model)}",
    ]
    if origin.prompt is not None:
        prompt = origin.prompt
        facts.append(f"prompt {literal(prompt.name)} {literal(prompt.sha256[:_COMMIT])}")
    facts += [f"extraction {origin.extraction}", f"jmle {prose(origin.packages['jmle'])}"]
    if origin.git is not None:
        dirty = " with changes" if origin.git.dirty else ""
        facts.append(f"commit {literal(origin.git.commit[:_COMMIT])}{dirty}")
    return " · ".join([*facts, origin.run.started])
