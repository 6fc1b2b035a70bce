"""Which differences make two results figures of different things."""

from __future__ import annotations

from collections.abc import Callable, Collection

from jmle_plugin.errors import ComparisonError, UnlikeResultsError, unknown_name
from jmle_plugin.mark.sheet import Verdict
from jmle_plugin.results.file import Results


def _prompt(results: Results) -> str:
    origin = results.provenance
    if origin.prompt is not None:
        return f"{origin.prompt.name} {origin.prompt.sha256[:12]}"
    return f"that of {origin.imported.project}" if origin.imported else "unknown"


FACTS: dict[str, Callable[[Results], str]] = {
    "exam": lambda one: one.provenance.exam.id,
    "pack": lambda one: one.provenance.exam.hash[:12],
    "key": lambda one: one.provenance.key.state,
    "numeric": lambda one: one.provenance.key.numeric,
    "extraction": lambda one: one.provenance.extraction.value,
    "prompt": _prompt,
    "images": lambda one: one.provenance.images.value,
}
"""Name of a mismatch -> the fact that has to be the same on both sides."""

VERDICTS = {"partial": Verdict.PARTIAL, "incomplete": Verdict.INCOMPLETE}
"""Name of a mismatch -> the verdict neither side may have."""

MISMATCHES = (*FACTS, *VERDICTS)


def check_names(names: Collection[str]) -> None:
    """UnknownNameError where a mismatch to be allowed is none."""
    for name in names:
        if name not in MISMATCHES:
            raise unknown_name("mismatch", name, MISMATCHES, where="--allow-mismatch")


def find_mismatches(
    old: Results, new: Results, sides: tuple[str, str] = ("old", "new")
) -> dict[str, str]:
    """Name of each mismatch -> what differs, in words; empty for results that are alike.

    `sides` is what the two are called.
    """
    found = {
        name: f"{before} against {after}"
        for name, fact in FACTS.items()
        if (before := fact(old)) != (after := fact(new))
    }
    for name, verdict in VERDICTS.items():
        ones = zip(sides, (old, new), strict=True)
        if without := [side for side, one in ones if one.sheet.verdict is verdict]:
            found[name] = f"the {' and the '.join(without)} run is {name}"
    return found


def refuse_mismatches(old: Results, new: Results, allow: Collection[str] = ()) -> dict[str, str]:
    """Return the mismatches that were allowed; raise UnlikeResultsError for any other.

    ComparisonError where wrong answers cost points in the exam of either.
    """
    for one in (old, new):
        if one.sheet.wrong:
            raise ComparisonError(
                "wrong answers cost points in this exam, and the statistics of a comparison hold "
                "only where an answer earns points or earns none",
                where=one.run.name,
                remedy="Read the two score sheets side by side.",
            )
    found = find_mismatches(old, new)
    refused = {name: text for name, text in found.items() if name not in allow}
    if refused:
        options = " ".join(f"--allow-mismatch {name}" for name in refused)
        raise UnlikeResultsError(
            f"unlike things cannot be compared: "
            f"{'; '.join(f'{name} ({text})' for name, text in refused.items())}",
            where=f"{old.run.name}, {new.run.name}",
            remedy=f"Compare runs that are alike, or say {options}.",
        )
    return found
