"""The results of one run, or of several exams side by side, as documents and in markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jmle_plugin.mark.grading import Outcome
from jmle_plugin.mark.marks import Mark, answer_text, key_text
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report import document as doc
from jmle_plugin.report.audit import audit_document
from jmle_plugin.report.comparison import comparison_document
from jmle_plugin.report.markdown import literal, markdown, prose, table_lines
from jmle_plugin.report.remarks import doubt_sentences, remarks
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
    correct_of,
    criteria_rows,
    headline_points,
    model_title,
    part_rows,
    prohibited_sentence,
    strata_tables,
)
from jmle_plugin.results.comparison import Decision
from jmle_plugin.results.file import GateDecision, Results
from jmle_plugin.results.language import joined, known, named, wording

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
_COMMIT = 12


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
            doc.largest_rows(doc.table_of(rows[0], rows[1:]), sizes, "sheet.smaller")
            for rows, sizes in strata_tables(sheet)
        ),
        doc.List([*doubt, *remarks(results), *reasons(results)]),
    )


def gates_document(gates: Sequence[GateDecision]) -> doc.Document:
    """What the gates decided, a sentence each; empty where none decided anything."""
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
    exam, run = results.exam.title, doc.Name(model_title(results.run.title))
    return doc.Title(doc.phrase("sheet.title", exam=exam, run=run), 2)


def _table(rows: Rows) -> doc.Table:
    return doc.table_of(rows[0], rows[1:], gap=_GAP)


def _cut(file: str) -> doc.Sentence:
    return doc.Sentence(doc.phrase("sheet.cut", file=doc.Name(file)))


def _lost(results: Results) -> Iterator[str]:
    """The questions that lost points, folded away."""
    scored = results.scored().values()
    lost = [mark for mark in scored if mark.points < mark.max and not mark.error]
    if not lost:
        return
    points = wording("count.points", sum(mark.max - mark.points for mark in lost))
    questions = wording("count.questions", len(lost))
    heading = wording("sheet.lost", points=points, questions=questions)
    yield from ("", f"<details><summary>{heading}</summary>", "")
    header = doc.heads("question", "points", "answered", "key")
    yield from table_lines(doc.table_of(header, map(_lost_row, lost), left=(0, 2, 3)))
    yield from ("", "</details>")


def _lost_row(mark: Mark) -> list[doc.Text]:
    answer = doc.Name(answer_text(mark.answer))
    answered: doc.Text = answer
    if mark.outcome is not Outcome.INCORRECT:
        outcome = mark.invalid or mark.outcome.value
        outcome = named(f"cell.{outcome.replace(' ', '_')}", outcome)
        key = "cell.answer_outcome" if mark.answer else "cell.outcome"
        answered = doc.phrase(key, answer=answer, outcome=outcome)
    points = f"{mark.points}/{mark.max}"
    return [mark.question, points, answered, doc.Name(key_text(mark.accepted))]


def _origin(results: Results) -> str:
    """Where the figures come from, in a line."""
    origin = results.provenance
    exam, run, prompt = origin.exam, results.run, origin.prompt
    facts = [
        wording("origin.exam", exam=literal(exam.id), hash=literal(exam.hash[:_COMMIT])),
        wording("fact.key", state=literal(origin.key.state)),
        wording("origin.run", run=literal(run.name), model=literal(origin.requested_model)),
    ]
    if prompt is not None:
        sha256 = literal(prompt.sha256[:_COMMIT])
        facts.append(wording("origin.prompt", prompt=literal(prompt.name), sha256=sha256))
    facts.append(wording(f"fact.extraction.{origin.extraction}"))
    facts.append(f"jmle {prose(origin.packages['jmle'])}")
    if origin.git is not None:
        key = "origin.commit_dirty" if origin.git.dirty else "origin.commit"
        facts.append(wording(key, commit=literal(origin.git.commit[:_COMMIT])))
    return wording("list.facts").join([*facts, origin.run.started])


_COLUMNS = ("exam", "profession", "points", "correct", "verdict", "run")


@dataclass(frozen=True, slots=True)
class Unasked:
    """A sitting of which no question was selected."""

    exam: str
    profession: str
    run: str


def overview_document(sat: Sequence[Results], unasked: Sequence[Unasked]) -> doc.Document:
    """The table and why nothing is added up below it; the caller gives it a title."""
    header = doc.heads(*_COLUMNS)
    return (
        doc.table_of(header, _rows(sat, unasked), left=(0, 1, 4, 5)),
        doc.Sentence(wording("overview.no_sum")),
    )


def _rows(sat: Sequence[Results], unasked: Sequence[Unasked]) -> list[tuple[str, ...]]:
    """A row each: exams of one profession together, what was not asked at their end."""
    rows = [
        (
            one.exam.id,
            known(one.exam.profession),
            headline_points(one.sheet),
            "-" if one.sheet.bench else correct_of(one.sheet.total),
            verdict_word(one.sheet),
            joined([one.run.name, *_notes(one)]),
        )
        for one in sat
    ]
    not_asked = wording("overview.not_asked")
    rows += [(one.exam, known(one.profession), "-", "-", not_asked, one.run) for one in unasked]
    professions = list(dict.fromkeys(row[1] for row in rows))
    return sorted(rows, key=lambda row: professions.index(row[1]))


def _notes(one: Results) -> list[str]:
    return unofficial(one) + ([wording("fact.scripted")] if one.run.scripted else [])
