"""Each question several times: replies of their own, more of them later, any workers."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.integration.conftest import timeless
from tests.integration.live_use.conftest import RUN, WRONG, Live, answered
from tests.scripted.provider import Answer, Call

WAVERS = {"000A-1", "000B-4", "000C-3"}
"""Right at first, wrong from the second time on."""
DOUBTS = {"000D-2", "000E-1"}
"""Wrong the second time alone."""


def wavering(live: Live) -> None:
    def answer(question: str, time: int, _: Call) -> Answer:
        wrong = (question in WAVERS and time > 1) or (question in DOUBTS and time == 2)
        return answered(f"{time}回目。\n{WRONG if wrong else live.right(question)}")

    live.answer = answer


def stable(live: Live) -> str:
    """The results, but for what varies from session to session."""
    results = live.project.results(RUN)
    del results["provenance"]["run"]
    del results["provenance"]["sight"]  # a word drawn at random
    return json.dumps(timeless(results))


def junit(file: Path) -> list[tuple[str, list[str], dict[str, str]]]:
    """Every case of a JUnit file: its name, what came of it, and its properties."""
    cases = ET.parse(file).getroot().iter("testcase")  # noqa: S314 - written by ourselves
    return sorted(
        (
            str(case.get("name")),
            [f"{child.tag} {child.get('message')}" for child in case if child.tag != "properties"],
            {str(one.get("name")): str(one.get("value")) for one in case.iter("property")},
        )
        for case in cases
    )


def texts(live: Live, question: str) -> list[str]:
    """The replies recorded to a question, in the order of epochs."""
    names = (question, f"{question}-e2", f"{question}-e3")
    return [
        (live.folder() / f"{name}.yaml").read_text(encoding="utf-8").partition("response:")[2]
        for name in names
    ]


@pytest.mark.long
def test_epochs_are_asked_added_and_replayed_alike_with_any_workers(live: Live) -> None:
    wavering(live)
    questions = list(live.exam.questions)
    assert live.ask("--epochs=1", "-n2", "-q").ret == 0
    assert sorted(live.asked) == questions

    added = live.ask("--epochs=3", "-n2", "--junitxml=two.xml")
    added.stdout.fnmatch_lines(["some-model sits sample: 80 to ask, 40 from cassettes, 8 at a*"])
    assert sorted(live.asked) == sorted(questions * 3)
    assert live.recorded() == {name + end for name in questions for end in ("", "-e2", "-e3")}
    for name in questions:
        replies = texts(live, name)
        assert [f"{n}回目" in reply for n, reply in enumerate(replies, 1)] == [True] * 3
    sheet = live.project.results(RUN)["sheet"]
    assert sheet["epochs"]["changing"] == sorted(WAVERS | DOUBTS)
    lost = [sum(live.exam.questions[name].points for name in names) for names in (WAVERS, DOUBTS)]
    full = sheet["total"]["max"]
    assert sheet["total"]["points"] == full - lost[0]
    points = [full, full - lost[0] - lost[1], full - lost[0]]
    assert [score["points"] for score in sheet["epochs"]["scores"]] == points
    assert sheet["epochs"]["deviation"] > 0
    added.stdout.fnmatch_lines([f"Epochs: 3; points {', '.join(map(str, points))} (mean *"])
    with_two = stable(live)

    # Fewer epochs, and none named: nobody is asked.
    live.asked.clear()
    fewer = live.project.sit(f"--model={RUN}", "--epochs=2")
    assert fewer.ret == 0
    assert live.project.results(RUN)["sheet"]["epochs"]["count"] == 2
    live.project.sit(f"--model={RUN}")
    assert stable(live) == with_two
    assert live.asked == []

    # All of it in one process, from the beginning.
    shutil.rmtree(live.folder())
    live.forget()
    live.ask("--epochs=3", "-n0", "--junitxml=none.xml", "-q")
    assert len(live.asked) == 120
    assert stable(live) == with_two
    both = [junit(live.project.path / name) for name in ("two.xml", "none.xml")]
    assert len(both[0]) == 120
    assert both[0] == both[1]
