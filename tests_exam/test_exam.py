"""The exam: one test, run once for every question of every sitting."""

from __future__ import annotations

import pytest

from jmle_plugin.ask.reply import Reply
from jmle_plugin.fixtures import Marker


@pytest.mark.vcr
def test_question(reply: Reply, mark: Marker) -> None:
    mark(reply)
