"""The sentences of an image audit, the same in every form it is shown in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.report import document as doc
from jmle_plugin.report.comparison import disagreement
from jmle_plugin.results.audit import INDICES, Audit, AuditPart, Half
from jmle_plugin.results.figures import LEVEL, p_cell, p_text
from jmle_plugin.text import count

_HEADER = ("", "n", *INDICES, "net", f"{LEVEL:.0%} interval", "p", "Holm")
_HALVES = ("", "verdict", "points", "correct")
_OPEN = ("Visual type", "Subject")
"""Groupings that may have any number of parts."""


def audit_document(audit: Audit) -> doc.Document:
    """The audit: its halves, its one sentence, the questions of each state, facts, figures."""
    title = doc.Phrase(
        "What figures are worth to {run} ({exam})", run=doc.Name(audit.title), exam=audit.exam
    )
    states = zip(INDICES, audit.total.states.items(), strict=True)
    return (
        doc.Title(title, 3),
        doc.table_of(_HALVES, [_half("with", audit.vision), _half("without", audit.blind)]),
        doc.Sentence(headline(audit), doc.Tone.STRONG),
        doc.List([_state(audit.total, index, *state) for index, state in states]),
        doc.List([*facts(audit)]),
        *(_grouping(name, parts) for name, parts in audit.groupings.items() if parts),
    )


def summary_document(audits: Sequence[Audit]) -> doc.Document:
    """Several audits, a line each: exams and professions side by side, never averaged."""
    header = ("Profession", "exam", *_HEADER[1:-1])
    rows = [(one.profession, one.exam, *_row(one.total)[1:-1]) for one in audits]
    return (doc.table_of(header, rows, left=(0, 1)),)


def _state(total: AuditPart, index: str, name: str, ids: list[str]) -> doc.Listed:
    share = f"{len(ids)} ({len(ids) / total.questions:.0%})"
    return doc.Listed(f"{index}  {name}: {share}", ids)


def _grouping(title: str, parts: Sequence[AuditPart]) -> doc.Table:
    table = doc.table_of((title, *_HEADER[1:]), map(_row, parts))
    if title not in _OPEN:
        return table
    return doc.largest_rows(table, [one.questions for one in parts], "audit.smaller")


def _half(how: str, half: Half) -> tuple[str, ...]:
    return (
        f"{how} figures: {half.name}",
        "no verdict" if half.verdict is Verdict.NONE else half.verdict.value.upper(),
        f"{half.points}/{half.max}",
        f"{half.correct} of {half.questions}",
    )


def _row(part: AuditPart) -> tuple[str, ...]:
    return (
        part.title,
        f"{part.questions}{'*' if part.questions < FEW else ' '}",
        *map(str, part.counts),
        signed_share(part.net),
        f"{part.low:+.0f} to {part.high:+.0f}",
        p_cell(part.p_mcnemar),
        p_cell(part.p_holm),
    )


FEW = 30
"""Questions below which a part says so."""
_ALPHA = 1 - LEVEL


def headline(audit: Audit) -> str:
    """The one sentence: what the figures are worth, or that this cannot be said."""
    total = audit.total
    if not total.right_wrong and not total.wrong_right:
        return "The figures changed no outcome."
    net = f"{signed_share(total.net)} percentage points"
    noise = "" if total.p_mcnemar <= _ALPHA else ", within noise"
    return f"Net effect of the figures: {net}{noise} ({p_text(total.p_mcnemar)})."


def facts(audit: Audit) -> Iterator[str]:
    """What else there is to know, a sentence each."""
    total = audit.total
    both, gained, lost, _ = total.counts
    yield (
        f"Image questions right: {both + gained} of {total.questions} with figures, "
        f"{both + lost} without. Net effect {signed_share(total.net)} percentage points, "
        f"{LEVEL:.0%} interval {signed_share(total.low)} to {signed_share(total.high)}, "
        f"exact McNemar {p_text(total.p_mcnemar)}."
    )
    # The ends as they are printed: an end that reads 0.0 excludes nothing.
    ends = round(total.low, 1), round(total.high, 1)
    yield from disagreement(*ends, significant=total.p_mcnemar <= _ALPHA)
    yield _detectable(audit)
    if audit.shared:
        yield "Text-only questions were asked once: their replies count in both halves."
    elif (control := audit.text_only) is not None:
        _, better, worse, _ = control.counts
        yield (
            f"Control: {count(control.questions, 'text-only question')} asked twice, "
            f"{better} right in the first half alone, {worse} in the second alone "
            f"({p_text(control.p_mcnemar)}): so much differs by chance."
        )
    if audit.withdrawn:
        yield (
            "Left out, since the examiners excluded them or credited everybody: "
            f"{', '.join(audit.withdrawn)}."
        )
    if any(part.questions < FEW for part in _parts(audit)):
        yield f"* fewer than {FEW} questions: the interval says how little that tells."
    if any(len(parts) > 1 for parts in audit.groupings.values()):
        yield f"Holm: p corrected for all {len(list(_parts(audit)))} parts; nothing is gated by it."


def _detectable(audit: Audit) -> str:
    asked = count(audit.total.questions, "image question is", "image questions are")
    few = f"{asked} few. " if audit.total.questions < FEW else ""
    if audit.detectable is None:
        return f"{few}No net effect, however large, would be found 4 times of 5."
    points = 100 * audit.detectable / audit.total.questions
    return (
        f"{few}Smallest net effect found 4 times of 5: {count(audit.detectable, 'question')} "
        f"({points:.1f} percentage points), if none changes the other way."
    )


def _parts(audit: Audit) -> Iterator[AuditPart]:
    for parts in audit.groupings.values():
        yield from parts


def signed_share(points: float) -> str:
    """Percentage points: `+7.1`, `0.0`, `-7.1`."""
    return f"{points:+.1f}" if round(points, 1) else "0.0"
