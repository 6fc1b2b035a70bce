"""What a session says before the first call and while it asks; who is asked for what."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.integration.live_use.conftest import WRONG, Live, answered

OFTEN = """
import jmle_plugin.session.live_hooks as plugin

plugin._IN_LOG = 0.2
"""
"""A conftest that has progress said every 0.2 seconds."""
NO_GATEWAY = """
from jmle_plugin.gateway import launch

del launch.start
"""
"""A conftest with which no gateway can be started."""
FIVE = ["000A-1", "000B-1", "000B-2", "000C-1", "000D-1"]
PROGRESS = re.compile(
    r"(\d+)/35 answered, \d in flight(?:, \d+/min, \d+:\d\d left)?, cost \$([\d.]+)"
)


def test_a_session_says_what_it_asks_and_how_far_it_is(live: Live) -> None:
    quiet = live.ask("-q", "-k", " or ".join(FIVE))
    assert quiet.outlines[1:2] == [
        "sample some-model: partial: 5 of 40 5/5 (必修 2/2, 一般・臨床 3/3)"
    ]
    assert len(quiet.outlines) == 3
    assert sorted(live.asked) == FIVE

    right = live.answer
    live.answer = lambda *call: replace(right(*call), delay=0.2)
    live.project.conftest(OFTEN)
    live.project.apart = True
    live.asked.clear()
    prices = ("--price-in=2", "--price-out=10")
    told = live.ask(*prices, "--concurrency=4")
    assert told.ret == 0
    assert len(live.asked) == len(set(live.asked)) == 35
    assert not set(live.asked) & set(FIVE)
    assert live.provider.peak == 4
    text = told.stdout.str()
    assert "\r" not in text
    told.stdout.fnmatch_lines(
        [
            "collected 40 items",
            "some-model sits sample: 35 to ask, 5 from cassettes, 4 at a time",
            "  projected cost: $0.1*",
        ],
        consecutive=True,
    )
    said = [match for line in told.outlines if (match := PROGRESS.fullmatch(line))]
    assert len(said) >= 3
    for match in said:
        # A reply counts as an answer once it is on disk, a moment after it was paid for.
        paid = float(match[2]) / 0.0004
        assert paid == pytest.approx(round(paid))
        assert round(paid) >= int(match[1])
    assert all(len(line) <= 80 for line in told.outlines if "answered" in line)

    # Everything is recorded: nobody is started, and no key or address is needed.
    live.answer = right
    live.asked.clear()
    live.project.conftest(NO_GATEWAY)
    again = live.project.sit("--model=some-model")
    assert again.ret == 0
    assert "to ask" not in again.stdout.str()
    assert live.asked == []


@pytest.mark.long
def test_only_what_is_selected_is_asked(live: Live) -> None:
    live.answer = lambda *_: answered(WRONG)
    command = (
        "-p",
        "no:hypothesispytest",
        "--exam=sample",
        "--model=gpt-5.2",
        f"--api-base={live.provider.base}",
    )
    run = live.project.pytester.runpytest_subprocess  # with a cache
    run(*command, "-m", "image")
    figures = {one.id for one in live.exam.questions.values() if one.images}
    assert set(live.asked) == live.recorded("gpt-5.2") == figures

    # What failed last time, of which two replies are gone; thirty others never were there.
    gone = set(sorted(figures)[:2])
    for name in gone:
        (live.folder("gpt-5.2") / f"{name}.yaml").unlink()
    live.asked.clear()
    last_failed = run(*command, "--lf", "-n2")
    assert set(live.asked) == gone
    last_failed.stdout.fnmatch_lines(
        ["gpt-5.2 sits sample: 2 to ask, 8 from cassettes, 8 at a time at first, 256 at most"]
    )

    # A selection that is recorded needs no key, though the run is not complete.
    for workers in ("-n0", "-n2"):
        recorded = live.project.sit("--model=gpt-5.2", "-m", "image", workers)
        assert recorded.ret == 1
        recorded.stdout.fnmatch_lines(["partial: 10 of 40*", "Cost: unknown"])
    assert live.recorded("gpt-5.2") == figures
    assert not list(live.folder("gpt-5.2").glob(".*"))
