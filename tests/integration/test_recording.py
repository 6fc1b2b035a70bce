"""Recording from the scripted server; the committed runs were made this way.

`python -m tests.scripted.record` writes them anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from jmle_plugin.exam.model import Exam
from tests.builders import sample_exam
from tests.conftest import ROOT
from tests.integration.conftest import Project
from tests.scripted.candidates import INTERN, RESIDENT, candidate
from tests.scripted.record import RUNS, record_arguments, served
from tests.scripted.server import ScriptedServer, scripted_server


@pytest.fixture(scope="module")
def sample() -> Exam:
    return sample_exam()


@pytest.fixture
def resident(sample: Exam) -> Iterator[ScriptedServer]:
    with scripted_server(sample, candidate(sample, RESIDENT)) as server:
        yield server


@pytest.fixture
def blank(project: Project) -> Project:
    """A project without recorded runs."""
    shutil.rmtree(project.path / "cassettes")
    return project


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("model", [RESIDENT, INTERN])
def test_recording_again_gives_the_committed_cassettes_byte_for_byte(
    blank: Project, sample: Exam, model: str, workers: str
) -> None:
    with scripted_server(sample, candidate(sample, model)) as server:
        blank.conftest(served(server))
        blank.run(*record_arguments(model), "-n", workers)
    made = blank.path / "cassettes" / "sample" / RUNS[model]
    kept = ROOT / "cassettes" / "sample" / RUNS[model]
    names = sorted(file.name for file in kept.iterdir())
    assert len(names) == 41
    assert sorted(file.name for file in made.iterdir()) == names
    assert [
        name for name in names if (made / name).read_bytes() != (kept / name).read_bytes()
    ] == []


def test_only_missing_replies_are_asked_for(blank: Project, resident: ScriptedServer) -> None:
    blank.conftest(served(resident))
    blank.run(*record_arguments(RESIDENT), "-k", "000A")
    assert len(resident.asked) == 6
    assert blank.run(*record_arguments(RESIDENT)).ret == 0
    assert len(resident.asked) == 40
    assert len(set(resident.asked)) == 40


def test_figures_go_by_digest(blank: Project, resident: ScriptedServer, sample: Exam) -> None:
    blank.conftest(served(resident))
    blank.run(*record_arguments(RESIDENT), "-m", "image")
    assert len(resident.bodies) == 10
    for name, body in resident.bodies.items():
        url = body["messages"][-1]["content"][1]["image_url"]["url"]
        assert url == f"sha256:{sample.questions[name].images[0].sha256}"


@pytest.mark.parametrize(
    "broken",
    [
        {"choices": []},
        {"error": {"message": "overloaded"}},
        {"choices": [{"message": {"role": "assistant"}}]},
    ],
)
def test_what_is_no_complete_reply_is_an_error_and_not_recorded(
    blank: Project, sample: Exam, broken: dict[str, object]
) -> None:
    with scripted_server(sample, lambda *_: dict(broken)) as server:
        blank.conftest(served(server))
        result = blank.run(*record_arguments(RESIDENT), "-k", "000A-1")
    assert result.ret == 1
    assert not list((blank.path / "cassettes").rglob("*.yaml"))


def test_a_server_that_is_gone_is_an_error_and_no_wrong_answer(blank: Project) -> None:
    blank.conftest(served(ScriptedServer("http://127.0.0.1:9")))
    result = blank.run(*record_arguments(RESIDENT), "-k", "000A")
    assert result.ret == 1
    sheet = blank.results("scripted-resident.partial")["sheet"]
    assert len(sheet["errors"]) == 6
    assert not list((blank.path / "cassettes").rglob("*.yaml"))


def test_offline_never_calls(blank: Project, resident: ScriptedServer) -> None:
    blank.conftest(served(resident))
    blank.run(*record_arguments(RESIDENT), "-k", "000A-1")
    result = blank.sit("--run=scripted-resident", "--offline")
    assert result.ret == 1
    assert len(resident.asked) == 1
    assert len(blank.results("scripted-resident")["sheet"]["errors"]) == 39


def test_a_stale_cassette_lets_no_call_through(blank: Project, resident: ScriptedServer) -> None:
    blank.conftest(served(resident))
    blank.run(*record_arguments(RESIDENT), "-k", "000A-1")
    file = blank.cassette("000A-2")
    file.write_bytes(blank.cassette("000A-1").read_bytes())
    for mode in ("once", "new_episodes", "all"):
        blank.sit("--model=scripted/resident", f"--record-mode={mode}", "-k", "000A-2")
    assert [name for name, _ in resident.asked] == ["000A-1"]
    assert file.read_bytes() == blank.cassette("000A-1").read_bytes()


def test_nothing_of_host_or_token_is_recorded(blank: Project, resident: ScriptedServer) -> None:
    blank.conftest(served(resident))
    blank.run(*record_arguments(RESIDENT), "-k", "000A-1")
    text = Path(blank.cassette("000A-1")).read_text("utf-8")
    assert "127.0.0.1" not in text
    assert "http" not in text
