"""Progress on a terminal: one line in place, whatever `-n` is; nothing glued, nothing broken."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.conftest import ROOT
from tests.integration.conftest import BARE
from tests.integration.live_use.conftest import RUN, WRONG, Live, answered
from tests.integration.live_use.terminal import COLUMNS, Capture, on_terminal

PROGRESS = re.compile(
    r"(\d+)/40 answered, \d+ in flight(?:, \d+/min, [\d:]+ left)?(?:, cost \$[\d.]+)? \[[ #]*\]"
)
"""A whole line of progress, cut nowhere."""
PLAN = ("some-model sits sample: 40 to ask, 0 from cassettes, 4 at a time", "  projected cost: $")
DOTS = re.compile(r"(?:tests_exam/test_exam\.py )?[.w]+ +\[ *\d+%\]")


def sit(live: Live, *arguments: str) -> Capture:
    right = live.answer
    live.answer = lambda *call: replace(
        answered(WRONG) if call[0].endswith("7") else right(*call), delay=0.5
    )
    return on_terminal(
        live.project.path, *BARE, "--exam=sample", f"--model={RUN}", "--concurrency=4",
        f"--api-base={live.provider.base}", "--price-in=2", "--price-out=10", *arguments,
        path=str(ROOT),
    )  # fmt: skip


@pytest.mark.parametrize(
    "workers", ["-n2", *(pytest.param(one, marks=pytest.mark.slow) for one in ("-n0", "-n16"))]
)
def test_one_line_stays_in_place_below_whole_lines(live: Live, workers: str) -> None:
    capture = sit(live, workers)
    assert capture.status == 0, capture.lines
    shown = set()
    for screen in capture.screens():
        if any("wrong answers" in line for line in screen):
            break
        *above, last = screen
        assert not [line for line in above if "answered" in line]
        if "answered" in last:
            progress = PROGRESS.fullmatch(last)
            assert progress, last
            assert len(last) <= COLUMNS
            shown.add(progress[1])
    assert len(shown) >= 3
    lines = capture.lines
    begun = lines.index(PLAN[0])
    assert lines[begun + 1].startswith(PLAN[1])
    after = lines[begun + 2 : next(n for n, x in enumerate(lines) if "wrong answers" in x)]
    rest = [line for line in after if line and not re.fullmatch(r"\d+ workers \[40 items\]", line)]
    assert rest
    assert [line for line in rest if not DOTS.fullmatch(line)] == []
    assert sum(len(re.findall(r"[.w]", line.partition("py ")[2] or line)) for line in rest) == 40


@pytest.mark.long
def test_names_of_tests_stay_whole_as_well(live: Live) -> None:
    capture = sit(live, "-v")
    named = [line for line in capture.lines if "::test_question[" in line]
    ended = re.compile(r"tests_exam/test_exam\.py::test_question\[[^]]+\] (?:PASSED|WRONG) +\[.*\]")
    assert len(named) == 40
    assert [line for line in named if not ended.fullmatch(line)] == []
    assert any(PROGRESS.fullmatch(screen[-1]) for screen in capture.screens())


@pytest.mark.long
@pytest.mark.parametrize("arguments", [("-q",), pytest.param(("-s",), marks=pytest.mark.slow)])
def test_a_quiet_session_and_one_whose_tests_print_have_no_line_in_place(
    live: Live, arguments: tuple[str, ...]
) -> None:
    capture = sit(live, *arguments)
    assert capture.status == 0
    assert "answered" not in "".join(line for screen in capture.screens() for line in screen[-1:])
