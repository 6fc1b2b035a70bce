"""What figures are worth: one exam, sat with them and without, question by question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.groups import Group
from jmle_plugin.compare.noninferiority import Design, Seen, lower_bound
from jmle_plugin.compare.pairing import answered, titled
from jmle_plugin.compare.power import detectable_one_way
from jmle_plugin.compare.significance import holm, mcnemar
from jmle_plugin.errors import ComparisonError, UnlikeResultsError
from jmle_plugin.exam.model import Exam, Question, Treatment
from jmle_plugin.files import canonical_json
from jmle_plugin.results.doubt import LEVEL, Audit, AuditPart, Half
from jmle_plugin.results.file import Results
from jmle_plugin.results.soundness import find_mismatches

TAIL = (1 - LEVEL) / 2
_WITHDRAWN = (Treatment.EXCLUDE, Treatment.CREDIT_ALL)

Right = Mapping[str, tuple[bool, bool]]
"""Question id -> whether it was right with figures, and without."""


def audit(vision: Results, blind: Results, exam: Exam) -> Audit:
    """Compare a sitting with figures and one without. Same input, same output.

    Raises UnlikeResultsError where anything but the image mode differs, be it text-only replies
    that are said to be shared, or either half is partial or incomplete, ComparisonError where no
    question with figures is left.
    """
    refuse_unlike(vision, blind, exam)
    seen, unseen = answered(vision), answered(blind)
    right = {name: (seen[name].correct, unseen[name].correct) for name in seen}
    chosen = [one for one in exam.questions.values() if one.id in right]
    withdrawn = {name for name, one in exam.key.entries.items() if one.treatment in _WITHDRAWN}
    counted = [one for one in chosen if one.images and one.id not in withdrawn]
    text_only = [one for one in chosen if not one.images and one.id not in withdrawn]
    if not counted:
        raise ComparisonError(
            f"cannot be audited: no question with figures counts in {exam.id}",
            where=f"{vision.run.name}, {blind.run.name}",
            remedy="Audit an exam that has figures.",
        )
    shared = blind.provenance.text_only_from == vision.run.name
    if shared:
        _refuse_other_replies(vision, blind, text_only)
    sections = exam.section_titles
    blocks = {one.id: f"Block {one.id}" for one in exam.blocks}
    total = audit_part("total", "All image questions", counted, right)
    groupings = [
        _parts(counted, right, lambda one: [one.section], sections),
        _parts(counted, right, lambda one: [one.block], blocks),
        _parts(counted, right, lambda one: one.visual_types),
        _parts(counted, right, lambda one: [one.subject] if one.subject else []),
        _parts(counted, right, lambda one: [one.image_dependency] if one.image_dependency else []),
    ]
    adjusted = iter(holm([part.p_mcnemar for parts in groupings for part in parts]))
    by_section, by_block, by_type, by_subject, by_dependency = (
        [part.model_copy(update={"p_holm": next(adjusted)}) for part in parts]
        for parts in groupings
    )
    return Audit(
        exam=exam.id,
        profession=exam.profession,
        title=vision.run.title,
        epochs=vision.provenance.epochs,
        vision=_half(vision),
        blind=_half(blind),
        shared=shared,
        withdrawn=[one.id for one in chosen if one.images and one.id in withdrawn],
        total=total,
        detectable=detectable_one_way(total.questions, TAIL),
        text_only=audit_part("text_only", "Without figures", text_only, right)
        if text_only and not shared
        else None,
        sections=by_section,
        blocks=by_block,
        visual_types=by_type,
        subjects=by_subject,
        image_dependency=by_dependency,
        serial_known=exam.cases_told,
    )


def audit_part(name: str, title: str, questions: Iterable[Question], right: Right) -> AuditPart:
    """The paired table of `questions`, of which there is at least one."""
    chosen = list(questions)
    states: dict[tuple[bool, bool], list[str]] = {}
    for one in chosen:
        states.setdefault(right[one.id], []).append(one.id)
    gained, lost = states.get((True, False), []), states.get((False, True), [])
    low, high = _interval(chosen, right)
    return AuditPart(
        name=name,
        title=title,
        questions=len(chosen),
        right_right=states.get((True, True), []),
        right_wrong=gained,
        wrong_right=lost,
        wrong_wrong=states.get((False, False), []),
        net=_percent(len(gained) - len(lost), len(chosen)),
        low=_percent(low, len(chosen)),
        high=_percent(high, len(chosen)),
        p_mcnemar=float(f"{mcnemar(len(gained), len(lost)):.6g}"),
    )


def refuse_unlike(vision: Results, blind: Results, exam: Exam | None = None) -> None:
    """UnlikeResultsError unless the two differ in having had figures, and in nothing else."""
    found = find_mismatches(vision, blind, ("vision", "blind"))
    found.pop("images", None)
    for name, of in _FACTS.items():
        if (with_figures := of(vision)) != (without := of(blind)):
            found[name] = f"{with_figures} against {without}"
    for what, results, mode in (
        ("first", vision, ImageMode.VISION),
        ("second", blind, ImageMode.BLIND),
    ):
        if (images := results.provenance.images) is not mode:
            found[f"images of the {what}"] = f"{images}, which has to be {mode}"
    if exam is not None and vision.provenance.exam.hash != exam.hash:
        found["pack"] = (
            f"sat {vision.provenance.exam.hash[:12]}, the exam that is here is {exam.hash[:12]}"
        )
    if found:
        raise UnlikeResultsError(
            f"cannot be audited: {'; '.join(f'{name} ({text})' for name, text in found.items())}",
            where=f"{vision.run.name}, {blind.run.name}",
            remedy="Give a whole sitting with figures (--images=vision), then one without "
            "(--images=blind), alike in everything else.",
        )


def _refuse_other_replies(vision: Results, blind: Results, text_only: Iterable[Question]) -> None:
    """One half may have been recorded anew, and the other's results be older than that."""
    names = {one.id for one in text_only}
    answers = {(one.question, one.epoch): one.answer for one in blind.marks}
    differing = [
        one.question
        for one in vision.marks
        if one.question in names and answers.get((one.question, one.epoch)) != one.answer
    ]
    if differing:
        raise UnlikeResultsError(
            f"cannot be audited: the text-only replies of {vision.run.name} are the blind half's "
            f"too, but one of the two results has others (first: {differing[0]})",
            where=f"{vision.run.name}, {blind.run.name}",
            remedy=f"Sit it once more: pytest --run={vision.run.name} --images=audit --offline.",
        )


_FACTS: dict[str, Callable[[Results], str]] = {
    "model": lambda one: one.provenance.requested_model,
    "parameters": lambda one: canonical_json(one.provenance.parameters).decode(),
    "epochs": lambda one: str(one.provenance.epochs),
}
"""What two runs that are compared may differ in, and two halves of one audit may not."""


def _parts(
    questions: Sequence[Question],
    right: Right,
    names_of: Callable[[Question], Iterable[str]],
    titles: Mapping[str, str] | None = None,
) -> list[AuditPart]:
    """One table per name, in the order of `titles`, or else of the questions.

    None where it would be the total's.
    """
    parts: dict[str, list[Question]] = {}
    for one in questions:
        for name in dict.fromkeys(names_of(one)):
            parts.setdefault(name, []).append(one)
    if [len(inside) for inside in parts.values()] == [len(questions)]:
        return []
    return [audit_part(*entry, right) for entry in titled(parts, titles or {})]


def _interval(questions: Iterable[Question], right: Right) -> tuple[float, float]:
    """The ends of the interval of the net effect, in questions; whole cases stay together."""
    cases: dict[str, list[Question]] = {}
    for one in questions:
        cases.setdefault(one.case, []).append(one)
    groups = sorted(
        (
            len(case),
            sum(right[one.id] == (False, True) for one in case),
            sum(right[one.id] == (True, False) for one in case),
        )
        for case in cases.values()
    )
    turned = sorted((size, gained, lost) for size, lost, gained in groups)
    return _lower(tuple(groups)), -_lower(tuple(turned))


@cache
def _lower(cases: tuple[tuple[int, int, int], ...]) -> float:
    """The lower end for cases of (size, lost, gained); small parts are often alike."""
    groups = [Group("", 1, size, size, lost, gained) for size, lost, gained in cases]
    design = Design.of(groups)
    return lower_bound(design, Seen.of(groups, design), TAIL)


def _half(results: Results) -> Half:
    total = results.sheet.total
    return Half(
        name=results.run.name,
        verdict=results.sheet.verdict,
        points=total.points,
        max=total.max,
        correct=total.correct,
        questions=total.questions,
    )


def _percent(questions: float, of: int) -> float:
    # No more is read, and the last digits of what was found by iteration are noise.
    return round(100 * questions / of, 2)
