"""The table of measurements: each figure beside its target and what it is compared with."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import BEGIN, DOCUMENT, END, NAMES, ROOT, Ran, put_in, table


def test_figures_stand_beside_their_peer_and_target_and_what_falls_short_says_so() -> None:
    lines = (
        "-n 0: 1.09 times the thread pool (1.05 to 1.20), aimed at 1.15; and more",
        "400 questions: 1.61 times the best fixed number (one round), aimed at 1.5",
        "one call at a time: 2.5% of the late calls were refused, aimed at 5%",
        "all processes take 900 MB",
    )
    text = table([Ran("live", lines), Ran("page", (), "exit status 1: no browser")], "today")
    assert text.splitlines() == [
        "today.",
        "",
        "| benchmark | what | figure | beside | target | met |",
        "|---|---|---|---|---|---|",
        "| live | -n 0 | 1.09 times (1.05 to 1.20) | the thread pool | 1.15 | yes |",
        "| live | 400 questions | 1.61 times (one round) | the best fixed number | 1.5 | **no** |",
        "| live | one call at a time | 2.5% | of the late calls were refused | 5 | yes |",
        "| page | did not run (exit status 1: no browser) | | | | no |",
        "",
        "`live`:",
        "",
        "```text",
        "all processes take 900 MB",
        "```",
        "",
        f"Not run then: {', '.join(one for one in NAMES if one not in ('live', 'page'))}.",
    ]


def test_the_table_goes_between_the_marks_of_the_document() -> None:
    document = DOCUMENT.read_text("utf-8")
    written = put_in(document, "new\n")
    assert f"{BEGIN}\nnew\n{END}" in written
    assert put_in(written, "new\n") == written
    with pytest.raises(ValueError, match="has no"):
        put_in("nothing", "new\n")


def test_every_benchmark_is_run() -> None:
    helpers = {"__init__", "__main__", "bare_litellm", "ratios", "slow_provider", "thread_pool"}
    assert {file.stem for file in (ROOT / "benchmarks").glob("*.py")} - helpers == set(NAMES)
