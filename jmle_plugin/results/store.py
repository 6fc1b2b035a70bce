"""What is kept of the results that others replace: no report stands beside another's results."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from jmle_plugin.ask.run import EARLIER
from jmle_plugin.files import read_json, read_regular, write_whole
from jmle_plugin.mark.sheet import Verdict

REPORT_SUFFIXES = {"html": ".html", "markdown": ".md", "csv": ".csv"}
"""Endings of the reports that stand beside a results file and bear its name."""
_BY_SESSION = ("run", "packages", "git")
"""Parts of the provenance that another session over the same replies changes."""


def report_file(file: Path, suffix: str) -> Path:
    """Where a report of the results in `file` belongs."""
    return file.with_name(file.name.removesuffix(".json") + suffix)


def keep_earlier(
    file: Path, new: Mapping[str, Any], anew: Collection[str], say: Callable[[str], object]
) -> None:
    """Make way for results that replace those in `file`, of which only reports `anew` are made.

    A result with a verdict is kept as `<run>.earlier.json`, with its reports, where an
    incomplete one replaces it (nobody may be able to make it again) or where one of its reports
    would be left beside other results. Without a verdict, such reports are taken away. Reports
    of the very same results stay. `say` is told of each. Raises OSError.
    """
    try:
        raw = read_regular(file)
        old = read_json(raw)
        before = old["sheet"]["verdict"]
        if _lasting(old) == _lasting(new):
            return
    except (OSError, ValueError, KeyError, TypeError):
        raw, before = b"", None
    verdict = new["sheet"]["verdict"]
    there = {kind: report_file(file, suffix) for kind, suffix in REPORT_SUFFIXES.items()}
    stale = [one for kind, one in there.items() if kind not in anew and one.is_file()]
    gone = before is None and verdict != Verdict.PARTIAL
    if before not in (Verdict.PASS, Verdict.FAIL) and not gone:
        for one in stale:
            one.unlink()
            say(f"Removed: {one} (of the results that were replaced, which had no verdict)")
        return
    if not stale and verdict != Verdict.INCOMPLETE:
        return
    earlier = report_file(file, f"{EARLIER}.json")
    if raw:
        write_whole(earlier, raw)
        say(f"Kept: {earlier} (the results that were replaced)")
    for one in filter(Path.is_file, there.values()):
        kept = one.replace(report_file(file, EARLIER + one.suffix))
        say(f"Kept: {kept} (a report of them)")


def _lasting(results: Mapping[str, Any]) -> dict[str, Any]:
    origin = {k: v for k, v in results["provenance"].items() if k not in _BY_SESSION}
    return {**results, "provenance": origin}
