"""From what was asked for to a sitting: a run that is there, or one to be recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from jmle_plugin.ask.cassette import SUFFIX
from jmle_plugin.ask.matching import (
    Wanted,
    as_recorded,
    check_as_recorded,
    check_imported,
    check_orphans,
    check_run,
    refuse_more_epochs,
)
from jmle_plugin.ask.prompt import DEFAULT_MARKER, Prompt, load_prompt, load_recorded_prompt
from jmle_plugin.ask.run import (
    RUN_FILE,
    ImageMode,
    PromptRef,
    RunSpec,
    check_run_name,
    list_runs,
    read_run,
    run_folder,
    run_name,
)
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.errors import (
    RunError,
    SettingsError,
    unknown_name,
)
from jmle_plugin.exam.model import Exam
from jmle_plugin.gateway.models import sees_figures
from jmle_plugin.gateway.protocol import DEFAULT_MAX_EDGE

__all__ = [
    "Wanted",
    "blind_name",
    "can_be_asked",
    "is_recorded",
    "open_halves",
    "open_sitting",
    "reopen_sitting",
]

_BLIND = "-blind"


def open_sitting(exam: Exam, cassettes: Path, wanted: Wanted) -> Sitting:
    """Find the run (by name, or by the default name of what is wanted), or plan a new one.

    Raises UnknownNameError with the near names where there is no such run and none may
    be recorded, RunError where the name belongs to another run, StaleCassetteError where
    the run was recorded in another way than is wanted.
    """
    prompt = load_prompt(wanted.prompt_file, exam)
    name = wanted_name(wanted, prompt, exam)
    check_run_name(name)
    folder = _folder(cassettes, exam, name, wanted)
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
    check_run(spec, exam, name, wanted.model, folder)
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
    shares = spec.text_only_from is not None and wanted.text_only_from is None
    if not wanted.may_record or spec.imported is not None or spec.scripted or shares:
        refuse_more_epochs(spec, folder, epochs)
    check_orphans(exam, spec, folder, recorded)
    if spec.imported is not None or spec.prompt is None:
        asked = {
            "--prompt": wanted.prompt_file,
            "--model-arg": wanted.parameters,
            "--images": wanted.images,
            "--image-max-edge": wanted.image_max_edge,
        }
        check_imported(spec, asked)
        return Sitting(exam, spec.model_copy(update={"epochs": epochs}), None, folder, recorded)
    wanted = _as_can_be_shown(exam, wanted)
    if wanted.prompt_file is None and not (wanted.rewrite and wanted.model):
        prompt = load_recorded_prompt(spec.prompt.sha256, exam)
    if wanted.rewrite:
        again = wanted if wanted.model else as_recorded(spec, wanted)
        return Sitting(exam, _planned(exam, name, again, prompt), prompt, folder)
    check_as_recorded(spec, folder, wanted, PromptRef(name=prompt.name, sha256=prompt.sha256))
    return Sitting(exam, spec.model_copy(update={"epochs": epochs}), prompt, folder, recorded)


def wanted_name(wanted: Wanted, prompt: Prompt, exam: Exam | None = None) -> str:
    """The name of the run that is wanted: its own, or what makes it another one than others."""
    max_edge = wanted.image_max_edge
    return wanted.run or run_name(
        wanted.model,
        parameters=wanted.parameters,
        images=wanted.images or ImageMode.VISION,
        image_max_edge=max_edge if max_edge != DEFAULT_MAX_EDGE else None,
        prompt=prompt.sha256 if prompt.sha256 != load_prompt(None, exam).sha256 else "",
    )


def reopen_sitting(
    exam: Exam,
    folder: Path,
    run: Mapping[str, Any],
    prompt_file: Path | None,
    *,
    audit: bool = False,
) -> Sitting:
    """The sitting that another process of this session opened in `folder`.

    `run` is its RunSpec as JSON.

    `audit` says whether both halves of an audit sit in this session.
    """
    spec = RunSpec.model_validate(run)
    prompt = None
    if spec.imported is None and spec.prompt is not None:
        own = load_prompt(prompt_file, exam) if prompt_file else None
        prompt = own or load_recorded_prompt(spec.prompt.sha256, exam)
    half = audit and spec.text_only_from is not None
    return Sitting(exam, spec, prompt, folder, half=half)


def _folder(cassettes: Path, exam: Exam, name: str, wanted: Wanted) -> Path:
    """Where the run is or will be recorded: what comes with the suite takes no more replies."""
    own, folder = cassettes / exam.id / name, run_folder(cassettes, exam.id, name)
    if folder == own or wanted.rewrite:
        return own
    carried = read_run(folder)
    more = (wanted.epochs or 1) > carried.epochs or wanted.model not in {"", carried.model}
    return own if more else folder


def is_recorded(folder: Path) -> bool:
    """Whether a run's folder holds more than a session left that never asked anything."""
    return (folder / RUN_FILE).exists() or any(folder.glob(f"*{SUFFIX}"))


def can_be_asked(sitting: Sitting) -> bool:
    """Whether the gateway may ask: not for imported runs, halves of an audit and own clients."""
    if sitting.run.scripted and not is_recorded(sitting.folder):
        raise SettingsError(
            f"{sitting.run.model} is the name of a script, which cannot be asked",
            remedy="Names that begin with scripted/ are kept for recorded samples.",
        )
    half = sitting.run.text_only_from and not sitting.half
    own = sitting.run.client is not None or sitting.run.scripted
    return not (sitting.prompt is None or half or own)


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
            answer_of=prompt.answer_of or None,
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


def blind_name(run: str) -> str:
    """The name of the blind half of `run`."""
    return run + _BLIND


def open_halves(exam: Exam, cassettes: Path, wanted: Wanted) -> tuple[Sitting, Sitting]:
    """Open or plan both: with figures, then without. `wanted.images` has no meaning here.

    The blind half is asked as the other one is, or was. Raises SettingsError where the exam
    has no figures or the model is known to see none, RunError where the blind half's name
    belongs to a run with text-only replies of its own, and what `open_sitting` does.
    """
    if not any(question.images for question in exam.questions.values()):
        raise SettingsError(
            f"{exam.id} has no questions with figures, so there is nothing to audit",
            remedy="Leave out --images=audit.",
        )
    vision = open_sitting(exam, cassettes, replace(wanted, images=ImageMode.VISION))
    run = vision.run
    if sees_figures(run.model, wanted.api_base) is False:
        raise SettingsError(
            f"{run.model} is known to see no figures, so with and without them are the same",
            remedy="Examine it with --images=blind.",
        )
    blind = replace(
        wanted,
        prompt_file=vision.prompt.file if vision.prompt else None,
        model=run.model,
        run=blind_name(run.run),
        parameters=run.parameters,
        images=ImageMode.BLIND,
        image_max_edge=run.image_max_edge,
        epochs=run.epochs,
        text_only_from=run.run,
    )
    return vision, replace(open_sitting(exam, cassettes, blind), half=True)
