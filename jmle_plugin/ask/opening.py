"""From what somebody asked for to a sitting: a run that is there, or one to be recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jmle_plugin.ask.cassette import SUFFIX, cassette_name
from jmle_plugin.ask.prompt import DEFAULT_MARKER, Prompt, load_prompt, load_recorded_prompt
from jmle_plugin.ask.run import (
    RUN_FILE,
    ImageMode,
    PromptRef,
    RunSpec,
    check_run_name,
    list_runs,
    read_run,
    run_name,
)
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.errors import (
    CassetteError,
    RunError,
    SettingsError,
    StaleCassetteError,
    unknown_name,
)
from jmle_plugin.exam.model import Exam
from jmle_plugin.gateway.models import sees_figures
from jmle_plugin.gateway.protocol import DEFAULT_MAX_EDGE


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asked for; None and empty stand for nothing said.

    A run that is named without its model stays as it was recorded. Without a `prompt_file` a
    recorded run keeps the prompt that its `run.json` names, and a new one gets the suite's own.
    """

    model: str = ""
    run: str = ""
    prompt_file: Path | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    images: ImageMode | None = None
    image_max_edge: int | None = None
    epochs: int | None = None
    may_record: bool = False
    rewrite: bool = False
    """All replies may be asked for anew, so that what was recorded binds nobody."""
    api_base: str | None = None
    """Somebody's own server, whose models nobody else can know."""
    text_only_from: str | None = None
    """The run whose text-only replies count in this one too."""


def open_sitting(exam: Exam, cassettes: Path, wanted: Wanted) -> Sitting:
    """Find the run (by name, or by the default name of what is wanted), or plan a new one.

    Raises UnknownNameError with the near names where there is no such run and none may
    be recorded, RunError where the name belongs to another run, StaleCassetteError where
    the run was recorded in another way than is wanted.
    """
    prompt = load_prompt(wanted.prompt_file, exam)
    changed_prompt = prompt.sha256 if prompt.sha256 != load_prompt().sha256 else ""
    max_edge = wanted.image_max_edge
    name = wanted.run or run_name(
        wanted.model,
        parameters=wanted.parameters,
        images=wanted.images or ImageMode.VISION,
        image_max_edge=max_edge if max_edge != DEFAULT_MAX_EDGE else None,
        prompt=changed_prompt,
    )
    check_run_name(name)
    folder = cassettes / exam.id / name
    if not is_recorded(folder):
        if not (wanted.may_record and wanted.model):
            raise unknown_name(
                f"run of {exam.id}",
                name,
                list_runs(folder.parent),
                where=folder.parent,
                remedy="A run is there once it was recorded, or imported with `jmle import`.",
            )
        wanted = _as_can_be_shown(exam, wanted)
        return Sitting(exam, _planned(exam, name, wanted, prompt), prompt, folder)
    spec = read_run(folder)
    _check_run(spec, exam, name, wanted.model, folder)
    if wanted.text_only_from and spec.text_only_from != wanted.text_only_from:
        raise RunError(
            f"run {name} has text-only replies of its own, so it is no half of an audit of "
            f"{wanted.text_only_from}",
            where=folder / RUN_FILE,
            remedy="Compare two finished runs with `jmle audit VISION BLIND`, or audit under "
            "another --run name.",
        )
    epochs = wanted.epochs or spec.epochs
    recorded = max(epochs, spec.epochs)
    _check_orphans(exam, spec, folder, recorded)
    if spec.prompt is None:
        _check_imported(spec, wanted)
        return Sitting(exam, spec.model_copy(update={"epochs": epochs}), None, folder, recorded)
    wanted = _as_can_be_shown(exam, wanted)
    if wanted.prompt_file is None and not (wanted.rewrite and wanted.model):
        prompt = load_recorded_prompt(spec.prompt.sha256, exam)
    if wanted.rewrite:
        again = wanted if wanted.model else _as_recorded(spec, wanted)
        return Sitting(exam, _planned(exam, name, again, prompt), prompt, folder)
    _check_as_recorded(spec, wanted, prompt, folder)
    return Sitting(exam, spec.model_copy(update={"epochs": epochs}), prompt, folder, recorded)


def reopen_sitting(
    exam: Exam,
    cassettes: Path,
    run: Mapping[str, Any],
    prompt_file: Path | None,
    *,
    audit: bool = False,
) -> Sitting:
    """The sitting that another process of this session opened; `run` is its RunSpec as JSON.

    `audit` says whether both halves of an audit sit in this session.
    """
    spec = RunSpec.model_validate(run)
    prompt = load_prompt(prompt_file, exam) if spec.prompt is not None else None
    if spec.prompt is not None and prompt_file is None:
        prompt = load_recorded_prompt(spec.prompt.sha256, exam)
    half = audit and spec.text_only_from is not None
    return Sitting(exam, spec, prompt, cassettes / exam.id / spec.run, half=half)


def is_recorded(folder: Path) -> bool:
    """Whether a run's folder holds more than a session left that never asked anything."""
    return (folder / RUN_FILE).exists() or any(folder.glob(f"*{SUFFIX}"))


def _planned(exam: Exam, name: str, wanted: Wanted, prompt: Prompt) -> RunSpec:
    images = wanted.images
    no_vision = images is None and sees_figures(wanted.model, wanted.api_base) is False
    try:
        return RunSpec(
            exam=exam.id,
            run=name,
            model=wanted.model,
            parameters=dict(wanted.parameters),
            images=ImageMode.BLIND if no_vision else images or ImageMode.VISION,
            no_vision=no_vision,
            image_max_edge=wanted.image_max_edge or DEFAULT_MAX_EDGE,
            epochs=wanted.epochs or 1,
            text_only_from=wanted.text_only_from,
            prompt=PromptRef(name=prompt.name, sha256=prompt.sha256),
            marker=prompt.marker if prompt.marker != DEFAULT_MARKER else None,
        )
    except ValidationError as error:
        raise SettingsError(
            f"no model can be named {wanted.model!r}",
            remedy="Give the name that litellm has for it, such as gpt-5.2.",
        ) from error


def _as_can_be_shown(exam: Exam, wanted: Wanted) -> Wanted:
    """Blind, where the exam's questions had figures of which none is here."""
    if not exam.figureless:
        return wanted
    if wanted.images is ImageMode.VISION:
        raise SettingsError(
            f"none of the figures of {exam.id} are in its data set, so none can be shown",
            remedy="Leave out --images=vision: the questions are asked without their figures.",
        )
    return replace(wanted, images=wanted.images or ImageMode.BLIND)


def _as_recorded(spec: RunSpec, wanted: Wanted) -> Wanted:
    """What is wanted of a run that is named without its model."""
    return replace(
        wanted,
        model=spec.model,
        parameters=wanted.parameters or spec.parameters,
        images=wanted.images or (None if spec.no_vision else spec.images),
        image_max_edge=wanted.image_max_edge or spec.image_max_edge,
        epochs=wanted.epochs or spec.epochs,
        text_only_from=spec.text_only_from,
    )


def _check_run(spec: RunSpec, exam: Exam, name: str, model: str, folder: Path) -> None:
    if spec.exam != exam.id or spec.run != name:
        raise RunError(
            f"is the record of run {spec.run} of {spec.exam}, but lies where run {name} of "
            f"{exam.id} belongs",
            where=folder / RUN_FILE,
            remedy="Move the folder back; runs are not renamed by hand.",
        )
    if model and spec.model != model:
        raise RunError(
            f"run {name} is a run of {spec.model}, not of {model}",
            where=folder / RUN_FILE,
            remedy="Give another --run name for this model.",
        )


def _check_imported(spec: RunSpec, wanted: Wanted) -> None:
    asked = {
        "--prompt": wanted.prompt_file,
        "--model-arg": wanted.parameters,
        "--images": wanted.images,
        "--image-max-edge": wanted.image_max_edge,
    }
    for flag, value in asked.items():
        if value:
            raise SettingsError(
                f"run {spec.run} was imported: its replies answered another project's prompt, so "
                f"{flag} has no meaning for it",
                remedy=f"Leave out {flag}, or record a run of your own under another --run.",
            )


def _check_as_recorded(spec: RunSpec, wanted: Wanted, prompt: Prompt, folder: Path) -> None:
    """StaleCassetteError where the replies that are there answered something else."""
    told = wanted if wanted.model else _as_recorded(spec, wanted)
    images = told.images or (spec.images if spec.no_vision else ImageMode.VISION)
    max_edge = told.image_max_edge or DEFAULT_MAX_EDGE
    differences = {
        "prompt": (spec.prompt and _short(spec.prompt), _short(prompt)),
        "parameters": (spec.parameters, dict(told.parameters)),
        "images": (spec.images.value, images.value),
        "image-max-edge": (spec.image_max_edge or DEFAULT_MAX_EDGE, max_edge),
    }
    found = [
        f"{name} {_plain(then)}, now {_plain(now)}"
        for name, (then, now) in differences.items()
        if then != now
    ]
    if found:
        raise StaleCassetteError(
            f"every cassette of run {spec.run} was recorded with {'; '.join(found)}",
            where=folder,
            remedy="Ask for the same again (a prompt with --prompt FILE), name another --run, or "
            "ask all of it anew with --record-mode=rewrite.",
        )


def _short(prompt: Prompt | PromptRef) -> str:
    return f"{prompt.name!r} ({prompt.sha256[:12]})"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_plain(one)}" for name, one in value.items()) or "none"
    return str(value)


def _check_orphans(exam: Exam, spec: RunSpec, folder: Path, epochs: int) -> None:
    own = [one.id for one in exam.questions.values() if one.images or not spec.text_only_from]
    known = {cassette_name(name, epoch) for name in own for epoch in range(1, epochs + 1)}
    for file in sorted(folder.glob(f"*{SUFFIX}")):
        if file.stem not in known:
            often = f", each asked {epochs} times" if epochs > 1 else ""
            source = spec.text_only_from
            elsewhere = f" with figures, and {source} holds the others" if source else ""
            raise CassetteError(
                f"this cassette belongs to no question of {exam.id}{often}{elsewhere}",
                where=file,
                remedy="Move it away: a run's folder holds its own cassettes and nothing else.",
            )
