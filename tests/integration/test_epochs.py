"""Questions asked several times: an id, a cassette and a reply for each asking."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from jmle_plugin.exam.model import Exam
from tests.builders import sample_exam
from tests.integration.conftest import MODES, Project
from tests.scripted.candidates import INTERN, RESIDENT, candidate
from tests.scripted.record import record_arguments, served
from tests.scripted.server import Script, ScriptedServer, scripted_server

EPOCHS = 3
RUN = "scripted-resident"


def wavering(exam: Exam) -> Script:
    """The resident, who answers in epoch 2 as the intern would, and tells what it cost."""
    scripts = {True: candidate(exam, RESIDENT), False: candidate(exam, INTERN)}

    def answer(question: str, epoch: int, body: dict[str, Any]) -> dict[str, Any]:
        reply = scripts[epoch != 2](question, epoch, body)
        images = exam.questions[question].images
        return reply | {
            "model": RESIDENT,
            "cost": 0.0001 * epoch,
            "sent": {"max_tokens": 4096},
            "sent_images": [
                {"sha256": one.sha256, "size": one.size, "sent_size": one.size - 1}
                for one in images
            ],
        }

    return answer


@pytest.fixture(scope="module")
def sample() -> Exam:
    return sample_exam()


@pytest.fixture(scope="module")
def server(sample: Exam) -> Iterator[ScriptedServer]:
    with scripted_server(sample, wavering(sample)) as running:
        yield running


def plan(project: Project, **changes: Any) -> None:
    """A run that asks each question three times, of which nothing is recorded yet."""
    folder = project.path / "cassettes" / "sample" / RUN
    planned = json.loads((folder / "run.json").read_text()) | {"epochs": EPOCHS} | changes
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(planned))


@pytest.fixture
def planned(project: Project, server: ScriptedServer) -> Project:
    """A project whose run is planned and can be recorded."""
    plan(project)
    project.conftest(served(server))
    server.asked.clear()
    return project


def record(project: Project, *arguments: str) -> pytest.RunResult:
    return project.run(*record_arguments(RESIDENT), *arguments)


def stable(project: Project, run: str = RUN) -> str:
    """The results, but for what varies from session to session."""
    results = project.results(run)
    del results["provenance"]["run"]
    return json.dumps(results)


def ids(result: pytest.RunResult) -> list[str]:
    return [
        line.partition("[")[2].partition("]")[0]
        for line in result.outlines
        if "::test_question[" in line
    ]


def test_every_asking_has_a_reply_and_a_cassette_of_its_own(
    planned: Project, server: ScriptedServer, sample: Exam
) -> None:
    result = record(planned)
    assert result.ret == 0
    names = list(sample.questions)
    assert server.asked == [(name, epoch) for epoch in (1, 2, 3) for name in names]
    stems = {file.stem for file in planned.cassette("000A-1").parent.glob("*.yaml")}
    assert stems == {name + suffix for name in names for suffix in ("", "-e2", "-e3")}
    sheet = planned.results(RUN)["sheet"]
    epochs = sheet["epochs"]
    assert [score["points"] for score in epochs["scores"]] == [52, 38, 52]
    assert [score["passed"] for score in epochs["scores"]] == [True, False, True]
    assert (epochs["mean"], epochs["lowest"], epochs["highest"]) == (47.333333, 38, 52)
    assert epochs["changing"] == [
        "000A-2", "000B-1", "000B-5", "000B-7", "000C-2", "000E-2", "000E-6", "000F-4",
    ]  # fmt: skip
    assert epochs["right_and_wrong"] == 8
    assert (sheet["verdict"], sheet["total"]["points"], sheet["asked"]) == ("pass", 52, 40)
    assert sheet["cost"] == {"usd": 0.024, "replies": 120, "unknown": 0}
    assert sheet["figures"]["count"] == sheet["figures"]["changed"] == 30
    assert planned.results(RUN)["provenance"]["sent"] == [
        {"parameters": {"max_tokens": 4096}, "replies": 120}
    ]
    result.stdout.fnmatch_lines(
        [
            "sent: max_tokens=4096",
            "Epochs: 3; points 52, 38, 52 (mean 47.3, sd 8.1)",
            "Epochs that would have passed by themselves: 1, 3",
            "Changing answers: 8 questions, 8 between right and wrong:",
            "Cost: $0.0240 (120 replies)",
        ]
    )


@pytest.mark.long
def test_the_same_cassettes_give_the_same_bytes_whatever_the_workers(
    planned: Project, server: ScriptedServer
) -> None:
    record(planned, "-n2")
    results = {stable(planned)}
    server.asked.clear()
    for workers in ("0", "3"):
        planned.sit(f"--run={RUN}", "--offline", "-n", workers)
        results.add(stable(planned))
    assert server.asked == []
    assert len(results) == 1


def test_only_the_epoch_that_is_missing_is_asked_again(
    planned: Project, server: ScriptedServer
) -> None:
    record(planned, "-k", "000A-2")
    first = stable(planned, f"{RUN}.partial")
    planned.cassette("000A-2-e3").unlink()
    server.asked.clear()
    record(planned, "-k", "000A-2")
    assert server.asked == [("000A-2", 3)]
    assert stable(planned, f"{RUN}.partial") == first


def test_an_epochs_reply_stands_in_for_no_other(planned: Project) -> None:
    record(planned, "-k", "000A-2")
    shutil.copy(planned.cassette("000A-2"), planned.cassette("000A-2-e2"))
    result = planned.sit(f"--run={RUN}", "--offline", "-k", "000A-2")
    sheet = planned.results(f"{RUN}.partial")["sheet"]
    assert result.ret == 1
    assert sheet["errors"] == ["000A-2"]
    assert [score["errors"] for score in sheet["epochs"]["scores"]] == [0, 1, 0]
    assert "it holds epoch 1" in result.stdout.str()


def test_a_reply_that_is_missing_in_one_epoch_leaves_no_verdict(planned: Project) -> None:
    record(planned)
    planned.cassette("000B-1-e2").unlink()
    assert planned.sit(f"--run={RUN}", "--offline").ret == 1
    sheet = planned.results(RUN)["sheet"]
    assert (sheet["verdict"], sheet["errors"]) == ("incomplete", ["000B-1"])


@pytest.mark.parametrize("mode", MODES)
def test_some_epochs_are_no_whole_sitting(planned: Project, mode: tuple[str, ...]) -> None:
    result = record(planned, "-k", "000A and not e2", "--gate=official", *mode)
    sheet = planned.results(f"{RUN}.partial")["sheet"]
    assert result.ret == 1
    assert (sheet["verdict"], sheet["asked"], sheet["errors"]) == ("partial", 0, [])
    assert sheet["total"]["questions"] == 6
    result.stdout.fnmatch_lines(
        [
            "partial: 0 of 40 questions were asked in all 3 epochs; no verdict",
            "*only 0 of 40 questions were asked in all 3 epochs, which gives no verdict",
        ]
    )


def test_ids_name_run_question_and_epoch_in_the_order_asked(planned: Project) -> None:
    alone = ids(planned.sit(f"--run={RUN}", "--co", "-q"))
    assert len(alone) == 120
    assert [alone[0], alone[39], alone[40], alone[-1]] == [
        "000A-1", "000F-6", "000A-1-e2", "000F-6-e3",
    ]  # fmt: skip
    both = ids(planned.sit("--run=scripted-intern", f"--run={RUN}", "--co", "-q"))
    assert len(both) == 160
    assert [both[0], both[40], both[-1]] == [
        "scripted-intern-000A-1", "scripted-resident-000A-1", "scripted-resident-000F-6-e3",
    ]  # fmt: skip


def test_skipped_figures_leave_their_questions_without_a_seat(
    planned: Project, sample: Exam
) -> None:
    plan(planned, epochs=1, images="skip")
    result = planned.sit(f"--run={RUN}")
    seen = [one.id for one in sample.questions.values() if not one.images]
    assert [mark["question"] for mark in planned.results(f"{RUN}.partial")["marks"]] == seen
    result.stdout.fnmatch_lines(
        ["*images skip*", "partial: 30 of 40 questions were asked; no verdict"]
    )


def test_epochs_that_were_left_out_are_told(planned: Project) -> None:
    record(planned)
    result = planned.sit(f"--run={RUN}", "--epochs=1", "--offline")
    assert "1 of 3 recorded epochs" in result.stdout.str()
    assert planned.results(RUN)["provenance"]["recorded_epochs"] == 3


def test_a_cassette_beyond_the_epochs_is_refused(planned: Project) -> None:
    planned.cassette("000A-1-e4").touch()
    result = planned.sit(f"--run={RUN}")
    assert result.ret == 4
    assert "belongs to no question of sample, each asked 3 times" in result.stderr.str()
