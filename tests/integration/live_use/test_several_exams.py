"""Several exams, one gateway: runs of one name, questions of the same ids, nothing mixed."""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest
import scipy.stats  # noqa: F401 - before pytester, which forgets what its tests load

from jmle_plugin.ask.cassette import read_cassette
from tests.integration.conftest import Project
from tests.integration.live_use.conftest import RUN
from tests.packs import RIGHT, write_pack
from tests.scripted.provider import Answer, Call, completion, failure, provider

CLOSED = "this key may not ask about nursing"


@pytest.mark.long
def test_each_exam_has_its_own_replies_and_its_own_outage(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    write_pack(project.path / "data", "doctors")
    write_pack(project.path / "data", "nurses", profession="nurse", questions=5)
    asked: Counter[tuple[str, str, bool]] = Counter()
    closed = True

    def script(call: Call) -> Answer:
        content = str(call.body["messages"][-1]["content"])
        found = re.search(r"(\w+) asks question (\d)", content)
        assert found
        if closed and found[1] == "nurses":
            return failure(CLOSED, status=401)
        asked[found[1], f"A-{found[2]}", "image_url" in content] += 1
        return Answer(completion(f"{RIGHT} {found[1]}"))

    with provider(script) as served:
        command = ("--exam=doctors,nurses", f"--model={RUN}", f"--api-base={served.base}", "-n2")
        first = project.run(*command)
        assert first.ret == 1
        first.stdout.fnmatch_lines(
            [
                f"{RUN} sits doctors: 4 to ask*",
                f"{RUN} sits nurses: 5 to ask*",
                "doctors *PASS*",
                "nurses *INCOMPLETE *",
                f"Asking ended early: nurses {RUN}: *{CLOSED}*",
            ]
        )
        assert asked == {("doctors", f"A-{n}", n == 1): 1 for n in range(1, 5)}
        assert project.results(RUN, "doctors")["sheet"]["verdict"] == "pass"
        assert len(project.results(RUN, "nurses")["sheet"]["errors"]) == 5
        cassettes = project.path / "cassettes"
        assert not [*(cassettes / "nurses" / RUN).glob("*.yaml")]

        closed = False
        asked.clear()
        second = project.run(*command, "--images=audit")
    assert second.ret == 0
    # What was there is not asked again; of the blind halves, the one question with a figure is.
    assert asked == {
        **{("nurses", f"A-{n}", n == 1): 1 for n in range(1, 6)},
        ("nurses", "A-1", False): 1,
        ("doctors", "A-1", False): 1,
    }
    for exam, questions in (("doctors", 4), ("nurses", 5)):
        for folder, count in ((RUN, questions), (f"{RUN}-blind", 1)):
            files = sorted((cassettes / exam / folder).glob("*.yaml"))
            assert len(files) == count
            assert all(exam in str(read_cassette(file).response) for file in files)
            assert not (cassettes / exam / folder / ".journal").exists()
        assert project.results(RUN, exam)["audit"]["total"]["right_right"] == ["A-1"]
