"""The results of one run, or of several exams side by side, as documents and in markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, answer_text, key_text
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report import document as doc
from jmle_plugin.report.audit import audit_document
from jmle_plugin.report.comparison import comparison_document
from jmle_plugin.report.markdown import literal, markdown, prose, table_lines
from jmle_plugin.report.remarks import remarks
from jmle_plugin.report.sheet import (
    notes,
    reasons,
    summary_line,
    unofficial,
    verdict_sentence,
    verdict_word,
)
from jmle_plugin.report.tallies import (
    Rows,
    criteria_rows,
    headline_points,
    part_rows,
    prohibited_sentence,
    strata_tables,
)
from jmle_plugin.results.comparison import Decision
from jmle_plugin.results.doubt import doubt_sentences
from jmle_plugin.results.file import Results
from jmle_plugin.text import count

_TONES = {
    Verdict.PASS: doc.Tone.GOOD,
    Verdict.FAIL: doc.Tone.BAD,
    Verdict.INCOMPLETE: doc.Tone.LACKING,
    Verdict.PARTIAL: doc.Tone.OPEN,
    Verdict.NONE: doc.Tone.OPEN,
}
_DECISIONS = {Decision.PASS: "✅", Decision.FAIL: "❌"}
_NO_VERDICT = "⚠️"
_GAP = 4
_SMALLER = "and {n} smaller, in the results file and on the page"
_COMMIT = 12
_OUTCOMES = {Outcome.NO_ANSWER: "no answer"}


def sheet_document(results: Results) -> doc.Document:
    """The official score sheet and what its figures rest on."""
    sheet = results.sheet
    prohibited = prohibited_sentence(sheet)
    doubt = doubt_sentences(results.doubt) if results.doubt else ()
    return (
        _title(results),
        doc.List([*notes(results)]),
        doc.Sentence(verdict_sentence(sheet), _TONES[sheet.verdict]),
        _table(criteria_rows(sheet)),
        *([doc.Sentence(prohibited)] if prohibited else ()),
        _table(part_rows(results)),
        *(
            doc.largest_rows(doc.table_of(rows[0], rows[1:]), sizes, _SMALLER)
            for rows, sizes in strata_tables(sheet)
        ),
        doc.List([*doubt, *remarks(results), *reasons(results)]),
    )


def gates_document(sat: Iterable[Results]) -> doc.Document:
    """What the gates decided on each run, a sentence each; empty where none decided anything."""
    gates = [gate for results in sat for gate in results.gates]
    signs = [_DECISIONS.get(gate.decision, _NO_VERDICT) for gate in gates]
    return (doc.List([f"{sign} {gate.sentence}" for sign, gate in zip(signs, gates, strict=True)]),)


def comparisons_document(results: Results) -> doc.Document:
    """What else the run was held against: another run, or itself without its figures."""
    return (
        *(comparison_document(results.comparison) if results.comparison else ()),
        *(audit_document(results.audit) if results.audit else ()),
    )


def markdown_report(results: Results, *, cut: str = "") -> str:
    """The sheet and the comparisons in markdown, with the questions that lost points.

    Where room is short, `cut` names the file that holds the whole report: the sheet stays,
    comparisons and questions are left out, and the report says so.
    """
    report = markdown(sheet_document(results))
    if cut:
        report += "\n" + markdown([_cut(cut)])
    else:
        if compared := comparisons_document(results):
            report += "\n" + markdown(compared)
        report += "".join(f"{line}\n" for line in _lost(results))
    return f"{report}\n<sub>{_origin(results)}</sub>\n"


def markdown_line(results: Results, *, cut: str) -> str:
    """All that is said where there is next to no room."""
    return markdown([_title(results), doc.Sentence(summary_line(results)), _cut(cut)])


def _title(results: Results) -> doc.Title:
    exam, run = results.exam.title, doc.Name(results.run.title)
    return doc.Title(doc.Phrase("{exam} · {run}", exam=exam, run=run), 2)


def _table(rows: Rows) -> doc.Table:
    return doc.table_of(rows[0], rows[1:], gap=_GAP)


def _cut(file: str) -> doc.Sentence:
    sentence = "Cut here, because GitHub shows 1 MiB of a step: {file} has the rest."
    return doc.Sentence(doc.Phrase(sentence, file=doc.Name(file)))


def _lost(results: Results) -> Iterator[str]:
    """The questions that lost points, folded away."""
    scored = results.scored().values()
    lost = [mark for mark in scored if mark.points < mark.max and not mark.error]
    if not lost:
        return
    points = sum(mark.max - mark.points for mark in lost)
    told = f"{count(points, 'point')} in {count(len(lost), 'question')}"
    yield from ("", f"<details><summary>Lost: {told}</summary>", "")
    header = ("question", "points", "answered", "key")
    yield from table_lines(doc.table_of(header, map(_lost_row, lost), left=(0, 2, 3)))
    yield from ("", "</details>")


def _lost_row(mark: Mark) -> list[doc.Text]:
    answer = doc.Name(answer_text(mark.answer))
    answered: doc.Text = answer
    if mark.outcome is not Outcome.INCORRECT:
        form = "{answer} ({outcome})" if mark.answer else "({outcome})"
        answered = doc.Phrase(form, answer=answer, outcome=mark.invalid or _OUTCOMES[mark.outcome])
    points = f"{mark.points}/{mark.max}"
    return [mark.question, points, answered, doc.Name(key_text(mark.accepted))]


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


TITLE = "all exams"
NO_SUM = (
    "Exams differ in their questions, points and thresholds: nothing is added up or averaged "
    "over them."
)
_HEADER = ("exam", "profession", "points", "correct", "verdict", "run")


@dataclass(frozen=True, slots=True)
class Unasked:
    """A sitting of which no question was selected."""

    exam: str
    profession: str
    run: str


def overview_document(sat: Sequence[Results], unasked: Sequence[Unasked]) -> doc.Document:
    """The table and why nothing is added up below it; the caller gives it a title."""
    return (
        doc.table_of(_HEADER, _rows(sat, unasked), left=(0, 1, 4, 5)),
        doc.Sentence(NO_SUM),
    )


def _rows(sat: Sequence[Results], unasked: Sequence[Unasked]) -> list[tuple[str, ...]]:
    """A row each: exams of one profession together, what was not asked at their end."""
    rows = [
        (
            one.exam.id,
            one.exam.profession,
            headline_points(one.sheet),
            "-" if one.sheet.bench else f"{one.sheet.total.correct} of {one.sheet.total.questions}",
            verdict_word(one.sheet),
            ", ".join([one.run.name, *_notes(one)]),
        )
        for one in sat
    ]
    rows += [(one.exam, one.profession, "-", "-", "not asked", one.run) for one in unasked]
    professions = list(dict.fromkeys(row[1] for row in rows))
    return sorted(rows, key=lambda row: professions.index(row[1]))


def _notes(one: Results) -> list[str]:
    return unofficial(one) + (["scripted replies"] if one.run.scripted else [])
