"""The sentences of an image audit, the same in every form it is shown in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jmle_plugin.report import document as doc
from jmle_plugin.report.comparison import disagreement
from jmle_plugin.report.tallies import block_title, model_title
from jmle_plugin.results.doubt import INDICES, LEVEL, Audit, AuditPart, Half
from jmle_plugin.results.language import joined, known, p_cell, p_text, wording

_OPEN = ("visual_types", "subjects")
"""Groupings that may have any number of parts."""
_STATES = ("right_right", "right_wrong", "wrong_right", "wrong_wrong")


def audit_document(audit: Audit) -> doc.Document:
    """The audit: its halves, its one sentence, the questions of each state, facts, figures."""
    title = doc.phrase("audit.title", run=doc.Name(model_title(audit.title)), exam=audit.exam)
    halves = [_half("audit.with", audit.vision), _half("audit.without", audit.blind)]
    return (
        doc.Title(title, 3),
        doc.table_of(["", *doc.heads("verdict", "points", "correct")], halves),
        doc.Sentence(headline(audit), doc.Tone.STRONG),
        doc.List([_state(audit.total, *state) for state in states(audit.total)]),
        doc.List([*facts(audit)]),
        *(_grouping(name, parts) for name, parts in _groupings(audit)),
    )


def summary_document(audits: Sequence[Audit]) -> doc.Document:
    """Several audits, a line each: exams and professions side by side, never averaged."""
    rows = [(known(one.profession), one.exam, *_row("", one.total)[1:-1]) for one in audits]
    header = (*doc.heads("audit_profession", "exam"), *_header()[:-1])
    return (doc.table_of(header, rows, left=(0, 1)),)


def states(total: AuditPart) -> Iterator[tuple[str, str, list[str]]]:
    """Index, name and questions of each state, p11 to p00."""
    for index, state in zip(INDICES, _STATES, strict=True):
        yield index, wording(f"audit.state.{state}"), getattr(total, state)


def groupings(audit: Audit) -> Iterator[tuple[str, list[tuple[str, AuditPart]]]]:
    """The title of each grouping, and its parts with theirs."""
    for name, parts in _groupings(audit):
        yield wording(f"column.{name}"), list(parts)


def _groupings(audit: Audit) -> Iterator[tuple[str, list[tuple[str, AuditPart]]]]:
    """Each grouping's name, and its parts with their titles."""
    found = {
        "section": [(known(one.title), one) for one in audit.sections],
        "block": [(block_title(one.name), one) for one in audit.blocks],
        "image_dependency": [(one.title, one) for one in audit.image_dependency],
        "visual_types": [(one.title, one) for one in audit.visual_types],
        "subjects": [(one.title, one) for one in audit.subjects],
    }
    return ((name, parts) for name, parts in found.items() if parts)


def _header() -> list[str]:
    interval = wording("column.interval_of", level=f"{LEVEL:.0%}")
    return ["n", *INDICES, *doc.heads("net"), interval, *doc.heads("p", "holm")]


def _state(total: AuditPart, index: str, name: str, ids: list[str]) -> doc.Listed:
    share = f"{len(ids) / total.questions:.0%}"
    label = wording("audit.state_of", index=index, name=name, number=len(ids), share=share)
    return doc.Listed(label, ids)


def _grouping(name: str, parts: Sequence[tuple[str, AuditPart]]) -> doc.Table:
    rows = [_row(title, part) for title, part in parts]
    table = doc.table_of([*doc.heads(name), *_header()], rows)
    if name not in _OPEN:
        return table
    return doc.largest_rows(table, [one.questions for _, one in parts], "audit.smaller")


def _half(key: str, half: Half) -> tuple[str, ...]:
    return (
        wording(key, run=half.name),
        wording(f"verdict.upper.{half.verdict}"),
        f"{half.points}/{half.max}",
        wording("count.of", some=half.correct, all=half.questions),
    )


def _row(title: str, part: AuditPart) -> tuple[str, ...]:
    return (
        title,
        f"{part.questions}{'*' if part.questions < FEW else ' '}",
        *map(str, part.counts),
        signed_share(part.net),
        wording("cell.interval", low=f"{part.low:+.0f}", high=f"{part.high:+.0f}"),
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
        return wording("audit.no_outcome")
    net, p = signed_share(total.net), p_text(total.p_mcnemar)
    noise = total.p_mcnemar > _ALPHA
    return wording("audit.net_noise" if noise else "audit.net", net=net, p=p)


def facts(audit: Audit) -> Iterator[str]:
    """What else there is to know, a sentence each."""
    total = audit.total
    both, gained, lost, _ = total.counts
    yield wording(
        "audit.right",
        shown=both + gained,
        blind=both + lost,
        questions=total.questions,
        net=signed_share(total.net),
        level=f"{LEVEL:.0%}",
        low=signed_share(total.low),
        high=signed_share(total.high),
        p=p_text(total.p_mcnemar),
    )
    # The ends as they are printed: an end that reads 0.0 excludes nothing.
    ends = round(total.low, 1), round(total.high, 1)
    yield from disagreement(*ends, significant=total.p_mcnemar <= _ALPHA)
    if not audit.serial_known:
        yield wording("audit.serial_unknown")
    few = [wording("audit.few", total.questions)] if total.questions < FEW else []
    yield wording("list.sentences").join([*few, _detectable(audit)])
    if audit.shared:
        yield wording("audit.asked_once")
    elif (control := audit.text_only) is not None:
        _, better, worse, _ = control.counts
        p = p_text(control.p_mcnemar)
        yield wording("audit.control", control.questions, better=better, worse=worse, p=p)
    if audit.withdrawn:
        yield wording("audit.withdrawn", questions=joined(audit.withdrawn))
    if any(part.questions < FEW for part in _parts(audit)):
        yield wording("audit.starred", number=FEW)
    if any(len(parts) > 1 for parts in audit.groupings.values()):
        yield wording("audit.holm", parts=len(list(_parts(audit))))


def _detectable(audit: Audit) -> str:
    if audit.detectable is None:
        return wording("audit.undetectable")
    share = f"{100 * audit.detectable / audit.total.questions:.1f}"
    return wording("audit.detectable", audit.detectable, share=share)


def _parts(audit: Audit) -> Iterator[AuditPart]:
    for parts in audit.groupings.values():
        yield from parts


def signed_share(points: float) -> str:
    """Percentage points: `+7.1`, `0.0`, `-7.1`."""
    return f"{points:+.1f}" if round(points, 1) else "0.0"
