"""Shards ask their own part of an exam, and nothing else."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from jmle_plugin.ask.sitting import shard
from jmle_plugin.cli import main
from tests.integration.conftest import Project, timeless
from tests.integration.live_use.conftest import Live, answered, describe
from tests.packs import RIGHT, WRONG, write_pack
from tests.scripted.provider import Answer, Call, completion, provider

MODELS = [f"model-{n}" for n in range(1, 22)]
QUESTIONS = 400
SHARDS = 8


def test_a_shard_asks_and_records_its_part_alone(live: Live) -> None:
    live.answer = lambda question, _time, _call: answered(live.right(question))
    assert live.ask("--shard=1/3", "-n2", "-q").ret == 0
    part = shard(live.exam, 1, 3)
    assert sorted(live.asked) == sorted(part)
    assert live.recorded() == part
    assert not (live.project.path / "results").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("_forked_gateways")
def test_what_many_machines_asked_is_what_one_session_asks(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.path)
    write_pack(project.path / "data", "drill", questions=QUESTIONS, threshold=QUESTIONS // 2)
    sat = ("--exam=drill", "--runs=runs.toml", "--report=none", "-q", "-n0")
    ungated = (*sat, "--gate=none")

    def answer(call: Call) -> Answer:
        asked = json.dumps([call.body["model"], call.body["messages"]]).encode()
        return Answer(completion(RIGHT if zlib.crc32(asked) % 3 else WRONG))

    def results() -> Iterator[dict[str, Any]]:
        for model in MODELS:
            found = timeless(project.results(model, "drill"))
            for part in ("run", "sight"):  # when it was asked and how, and which word was shown
                del found["provenance"][part]
            yield found

    with provider(answer) as served:
        describe(project, served, MODELS)
        assert project.run(*ungated, "--cassettes=whole").ret == 0
        whole = list(results())
        assert len({json.dumps(found["sheet"]) for found in whole}) > 1
        (project.path / "results").rename(project.path / "earlier")
        parts = [f"part-{number}" for number in range(1, SHARDS + 1)]
        for number, part in enumerate(parts, start=1):
            asked = len(served.calls)
            assert project.run(*sat, f"--shard={number}/{SHARDS}", f"--cassettes={part}").ret == 0
            assert len(served.calls) - asked == QUESTIONS // SHARDS * len(MODELS)
    assert main(["merge", *parts, "--into", "cassettes"]) == 0
    assert project.run(*ungated, "--offline").ret == 0
    assert list(results()) == whole
