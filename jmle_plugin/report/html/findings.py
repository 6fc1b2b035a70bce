"""A comparison and an image audit as a page shows them: figures worded as everywhere else."""

from __future__ import annotations

from typing import Any

from jmle_plugin.report import audit as words
from jmle_plugin.report.comparison import facts, headline, side_titles
from jmle_plugin.results.audit import INDICES, Audit, AuditPart
from jmle_plugin.results.comparison import Comparison, Part
from jmle_plugin.results.figures import p_cell, signed


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """The comparison with a baseline, as JSON values."""
    parts = (*comparison.sections, *comparison.blocks, *comparison.kinds)
    return {
        "old": side_titles(comparison)[0],
        "headline": headline(comparison),
        "facts": list(facts(comparison)),
        "difference": comparison.difference,
        "low": comparison.interval.low,
        "high": comparison.interval.high,
        "parts": [part.model_dump(mode="json") | {"p": _p(part)} for part in parts],
        "level": comparison.interval.level,
        "gained": {one.question: one.model_dump(mode="json") for one in comparison.gained},
        "lost": {one.question: one.model_dump(mode="json") for one in comparison.lost},
    }


def _p(part: Part) -> str:
    return p_cell(part.p_mcnemar if part.p_holm is None else part.p_holm)


def audit_data(audit: Audit) -> dict[str, Any]:
    """The image audit, as JSON values: the questions behind every count are in it."""
    return {
        "headline": words.headline(audit),
        "facts": list(words.facts(audit)),
        "states": [
            {"name": name, "index": index, "questions": ids}
            for index, (name, ids) in zip(INDICES, audit.total.states.items(), strict=True)
        ],
        "groupings": [
            {"title": title, "parts": list(map(_effect, parts))}
            for title, parts in audit.groupings.items()
            if parts
        ],
    }


def _effect(part: AuditPart) -> dict[str, Any]:
    return {
        "title": part.title,
        "questions": part.questions,
        "few": part.questions < words.FEW,
        "states": list(part.states.values()),
        "net": words.signed_share(part.net),
        "interval": f"{signed(round(part.low))} to {signed(round(part.high))}",
        "p": p_cell(part.p_mcnemar),
        "p_holm": p_cell(part.p_holm),
    }
