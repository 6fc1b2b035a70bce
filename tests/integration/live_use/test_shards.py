"""Shards ask their own part of an exam, and nothing else."""

from __future__ import annotations

from jmle_plugin.ask.sitting import shard
from tests.integration.live_use.conftest import Live, answered


def test_a_shard_asks_and_records_its_part_alone(live: Live) -> None:
    live.answer = lambda question, _time, _call: answered(live.right(question))
    assert live.ask("--shard=1/3", "-n2", "-q").ret == 0
    part = shard(live.exam, 1, 3)
    assert sorted(live.asked) == sorted(part)
    assert live.recorded() == part
    assert not (live.project.path / "results").exists()
