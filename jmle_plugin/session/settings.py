"""Command line, environment and ini become one frozen `Settings`.

Precedence: command line, then environment, then ini, then default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.errors import SettingsError
from jmle_plugin.exam import default_data_root
from jmle_plugin.mark import Extraction
from jmle_plugin.results.language import Language
from jmle_plugin.session.option_values import model_parameters, token_prices
from jmle_plugin.session.options import asked, read_values
from jmle_plugin.session.runs_file import RunRow, named_rows, read_runs

_RECORD_MODES = ("once", "none", "rewrite")


@dataclass(frozen=True, slots=True)
class AskingSettings:
    """How models are asked; `parameters` and figures are part of what they are asked.

    Prices are US dollars per token, `max_cost` is in US dollars, `request_timeout` in
    seconds; None where nothing was said.
    """

    parameters: Mapping[str, Any]
    images: str | None
    image_max_edge: int | None
    epochs: int | None
    api_base: str | None
    concurrency: int | None
    """Calls at a time, for each model; None to find the number, at most `max_concurrency`."""
    max_concurrency: int
    request_timeout: float
    max_retries: int
    finish_reason: str
    """`optional` where replies count of which the server does not say why they ended."""
    image_probe: str
    """`optional` where figures are shown though a drawn word was not read."""
    rpm: float | None
    tpm: float | None
    max_cost: float | None
    batch: bool
    batch_wait: bool
    batch_again: bool
    prices: tuple[float, float] | None
    """Of a prompt token and of a completion token."""

    @property
    def audit(self) -> bool:
        """Whether image questions are asked with their figures and without."""
        return self.images == "audit"


@dataclass(frozen=True, slots=True)
class BaselineSettings:
    """What to compare with; `name` is empty where nothing is. `margin` is in points."""

    name: str
    gate: str | None
    alpha: float
    margin: float | None
    allow: frozenset[str]


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """Which reports are written beside the results file."""

    kinds: tuple[str, ...]
    """Of `html`, `markdown` and `csv`, each once."""
    html_images: str
    """`link`, `embed` or `off`."""
    language: Language = Language.EN
    """Of what people read: sheets, comparisons, markdown. Results files have none."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything asked for, validated as far as no file has to be read."""

    rows: tuple[RunRow, ...]
    """The runs that were named; of a row without a model, what is recorded says it."""
    skip_complete: bool
    """Whether runs to which nothing is left to do are not sat again: those of a runs file."""
    exams: tuple[str, ...]
    exam_data: Path
    key: str
    extraction: Extraction
    prompt: Path | None
    offline: bool
    gate: str
    gate_asked: bool
    """True where the gate was asked for, False where it is the default."""
    shard: tuple[int, int] | None
    """(K, N): only the K-th of N parts is asked and recorded, and there are no results."""
    pass_share: float
    """The share of epochs of which more have to pass for the gate `official`."""
    cassettes: Path
    results: Path
    record_mode: str
    """`once`, `none` or `rewrite`."""
    asking: AskingSettings
    baseline: BaselineSettings
    reports: ReportSettings
    root: Path
    invoked_from: Path
    """Where paths on the command line start."""

    @property
    def may_record(self) -> bool:
        """Whether a missing reply may be asked for."""
        return self.record_mode != "none"


SETTINGS_KEY = pytest.StashKey[Settings]()


def read_settings(config: pytest.Config) -> Settings:
    """The settings of this session; SettingsError for values that cannot be."""
    values = read_values(config)
    models, runs = tuple(values["model"]), tuple(values["run"])
    rows = named_rows(models, runs)
    for kind, names in (("model", models), ("run", runs)):
        if "" in names:
            raise SettingsError(f"--{kind} is given without a name", remedy="Name one.")
        if len(set(names)) < len(names):
            raise SettingsError(
                f"--{kind} names {max(names, key=names.count)!r} twice",
                remedy="Name it once; --epochs asks each question several times.",
            )
    shard = _first(values["shard"])
    for name in ("gate", "baseline"):
        if shard and asked(name, config):
            raise SettingsError(
                f"--{name} is given with --shard, and a part of an exam has no result",
                remedy=f"Leave --{name} to the session over the merged parts.",
            )
    file = _path(values["runs"])
    if file is not None and rows:
        raise SettingsError(
            "--runs is given together with --model or --run",
            remedy="The runs file names every run: leave out one of the two.",
        )
    offline = _switch(values, "offline")
    return Settings(
        rows=rows if file is None else read_runs(file),
        skip_complete=file is not None and not (_first(values["baseline"]) or shard),
        exams=values["exam"][0],
        exam_data=_path(values["exam-data"]) or default_data_root(),
        key=_first(values["key"]) or "",
        extraction=Extraction(values["extraction"][0]),
        prompt=_path(values["prompt"]),
        offline=offline,
        gate=values["gate"][0],
        gate_asked=asked("gate", config),
        shard=shard,
        pass_share=_first(values["pass-share"]),
        cassettes=_path(values["cassettes"]) or Path(),
        results=_path(values["results"]) or Path(),
        record_mode="none" if offline else _record_mode(config, sits=bool(rows or file)),
        asking=_asking(values),
        baseline=_baseline(values),
        reports=_reports(values),
        root=config.rootpath,
        invoked_from=config.invocation_params.dir,
    )


def _record_mode(config: pytest.Config, *, sits: bool) -> str:
    mode = config.getoption("--record-mode", default=None) or "once"
    if mode not in _RECORD_MODES and sits:
        raise SettingsError(
            f"--record-mode={mode} has no meaning here: a question has one reply",
            remedy="once asks for what is missing, rewrite asks for everything again, "
            "none asks for nothing.",
        )
    return str(mode)


def _asking(values: Mapping[str, Sequence[Any]]) -> AskingSettings:
    return AskingSettings(
        parameters=model_parameters(values["model-arg"]),
        batch=_switch(values, "batch"),
        batch_wait=_switch(values, "batch-wait", needs="batch"),
        batch_again=_switch(values, "batch-again", needs="batch"),
        prices=token_prices(_first(values["price-in"]), _first(values["price-out"])),
        **{
            name.replace("-", "_"): _first(values[name])
            for name in (
                "images", "image-max-edge", "epochs", "api-base", "concurrency", "max-concurrency",
                "request-timeout", "max-retries", "finish-reason", "image-probe",
                "rpm", "tpm", "max-cost",
            )
        },
    )  # fmt: skip


def _switch(values: Mapping[str, Sequence[Any]], name: str, *, needs: str = "") -> bool:
    on: bool = _first(values[name]) == "yes"
    if on and needs and not _switch(values, needs):
        raise SettingsError(
            f"--{name} is given without --{needs}",
            remedy=f"Say --{needs} as well, or leave it out.",
        )
    return on


def _baseline(values: Mapping[str, Sequence[Any]]) -> BaselineSettings:
    made = BaselineSettings(
        name=_first(values["baseline"]) or "",
        gate=_first(values["baseline-gate"]),
        alpha=_first(values["alpha"]),
        margin=_first(values["margin"]),
        allow=frozenset(values["allow-mismatch"]),
    )
    if made.gate and not made.name:
        raise SettingsError(
            "--baseline-gate is given without a baseline",
            remedy="Name an earlier result with --baseline=FILE or --baseline=RUN.",
        )
    return made


def _reports(values: Mapping[str, Sequence[Any]]) -> ReportSettings:
    given = values["report"]
    if () in given and any(given):
        raise SettingsError(
            "--report=none is given together with reports", remedy="Name reports, or none."
        )
    kinds = dict.fromkeys(kind for kinds in given for kind in kinds)
    return ReportSettings(tuple(kinds), values["html-images"][0], Language(values["lang"][0]))


def _first(values: Sequence[Any]) -> Any:
    return values[0] if values else None


def _path(values: Sequence[str]) -> Path | None:
    return Path(values[0]) if values else None
