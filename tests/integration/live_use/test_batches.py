"""`--batch` in sessions: one command orders, and later collects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import pytest

from jmle_plugin.ask.cassette import Cassette, read_cassette
from tests.integration.live_use.conftest import RUN, Live, answered
from tests.scripted.batches import BatchProvider, batch_provider
from tests.scripted.provider import Answer, Call, Script


def script(live: Live, texts: Mapping[str, str]) -> Script:
    def answer(call: Call) -> Answer:
        return answered(live.right(texts[call.body["messages"][-1]["content"]]))

    return answer


def sit(live: Live, served: BatchProvider, *arguments: str) -> pytest.RunResult:
    asked = (f"--model={RUN}", f"--api-base={served.base}", f"--run={RUN}", "--images=blind")
    return live.project.sit(*asked, "--gate=all", *arguments)


def cassettes(live: Live) -> dict[str, Cassette]:
    return {file.name: read_cassette(file) for file in live.folder().glob("*.yaml")}


@pytest.mark.long
@pytest.mark.parametrize("mode", [pytest.param((), marks=pytest.mark.slow), ("-n2",)])
def test_a_session_orders_and_ends_and_the_same_command_collects(
    live: Live, texts: dict[str, str], mode: tuple[str, ...]
) -> None:
    with batch_provider(script(live, texts)) as served:
        first = sit(live, served, "--batch", *mode)
        assert first.ret == 1
        printed = " ".join(first.outlines)
        assert "40 to ask, 0 from cassettes, in batches of openai" in printed
        standing = "batch batch_0 at openai: ordered, 40 requests"
        assert f"waiting for replies ({standing}); the same command collects them" in printed
        assert live.project.results(RUN)["sheet"]["verdict"] == "incomplete"
        assert cassettes(live) == {}

        offline = live.project.sit(f"--run={RUN}", "--offline", "--gate=none", *mode)
        assert offline.ret == 1
        assert sit(live, served, "--batch", *mode).ret == 1
        assert len(served.batches) == 1

        served.finish(served.batches[0])
        last = sit(live, served, "--batch", *mode)
        assert last.ret == 0, str(last.stdout)
        assert len(served.batches) == 1
        assert {file.name for file in live.folder().iterdir()} == {*cassettes(live), "run.json"}
        collected, results = cassettes(live), live.project.results(RUN)
        assert sit(live, served, "--offline", *mode).ret == 0
        assert served.live == []

        for file in live.folder().glob("*.yaml"):
            file.unlink()
        assert sit(live, served, *mode).ret == 0
        bodies = [one["body"] for one in served.batches[0].requests]
        assert _sorted(served.live) == _sorted(bodies)
        asked = cassettes(live)
        for one in (*asked.values(), *collected.values()):
            one.response.pop("seconds", None)
        assert collected == asked
        assert [one["points"] for one in results["marks"]] == [
            one["points"] for one in live.project.results(RUN)["marks"]
        ]


def _sorted(bodies: Iterable[object]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in bodies)


def test_options_of_batches_need_batch(live: Live) -> None:
    result = live.ask("--batch-wait")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--batch-wait is given without --batch*"])
