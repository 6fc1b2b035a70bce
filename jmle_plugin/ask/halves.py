"""The two halves of an image audit: a run that is shown the figures, and one that is not.

Both are runs like any other. The blind one's `run.json` names the other as the place of its
text-only replies: the question is the same there, and asked once.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.errors import SettingsError
from jmle_plugin.exam.model import Exam
from jmle_plugin.gateway.models import sees_figures

_SUFFIX = "-blind"


def blind_name(run: str) -> str:
    """The name of the blind half of `run`."""
    return run + _SUFFIX


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
