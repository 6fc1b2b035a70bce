"""A gateway that is none, and settings as a command line gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import GatewayError
from jmle_plugin.gateway.protocol import Announcement, GatewayConfig, ModelFacts, Ready
from jmle_plugin.gateway.status import GatewayStatus, RunStatus, Tokens
from jmle_plugin.session.settings import Settings, read_settings

MODEL = "some/model"


@dataclass
class Gateway:
    """Notes what it is told, and says what it was made to say."""

    config: GatewayConfig
    facts: dict[str, ModelFacts]
    told: list[str] = field(default_factory=list)
    announced: list[Announcement] = field(default_factory=list)
    ended: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Run -> how its asking ended, as fields of its status."""
    dead: bool = False
    warning: str = ""

    address = "http://127.0.0.1:1"

    def ready(self) -> Ready:
        return Ready(models=self.facts, warning=self.warning)

    def announce(self, announcement: Announcement) -> GatewayStatus:
        self.announced.append(announcement)
        return self.status()

    def watch(self, on_death: Callable[[GatewayError], None]) -> None:
        self.on_death = on_death

    def status(self) -> GatewayStatus:
        return GatewayStatus(runs={run.run: self._status(run.run) for run in self.config.runs})

    def stop(self, reason: str) -> GatewayStatus:
        assert reason
        if self.dead:
            raise GatewayError("the gateway does not answer")
        self.told.append("stop")
        return self.status()

    def close(self) -> None:
        self.told.append("close")

    def _status(self, run: str) -> RunStatus:
        nothing = dict.fromkeys(RunStatus.model_fields, 0)
        fields: dict[str, Any] = {
            **nothing,
            "tokens": Tokens(),
            "stopped": False,
            "capped": False,
            "fatal": None,
            "batch": "",
            "course": None,
        }
        return RunStatus(**fields | self.ended.get(run, {}))


@dataclass
class Started:
    """The gateways that were started, and what the next one knows of models."""

    gateways: list[Gateway] = field(default_factory=list)
    facts: dict[str, ModelFacts] = field(
        default_factory=lambda: {MODEL: ModelFacts(provider="some")}
    )


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Gateways are noted instead of started; the model is known to see, and is not probed."""
    made = Started()

    def start(config: GatewayConfig, log: Path) -> Gateway:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
        made.gateways.append(Gateway(config, made.facts))
        return made.gateways[-1]

    monkeypatch.setattr("jmle_plugin.gateway.launch.start", start)
    monkeypatch.setattr("jmle_plugin.session.probing.sees_figures", lambda *_: True)
    return made


@pytest.fixture
def settings(pytester: pytest.Pytester) -> Callable[..., Settings]:
    """Settings as a command line gives them."""

    def read(*arguments: str) -> Settings:
        return read_settings(pytester.parseconfig(f"--model={MODEL}", *arguments))

    return read
