"""From settings to sittings: which exam, which runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jmle_plugin.errors import SettingsError

if TYPE_CHECKING:
    from jmle_plugin.ask.opening import Wanted
    from jmle_plugin.ask.sitting import Sitting
    from jmle_plugin.exam.model import Exam
    from jmle_plugin.session.settings import Settings

# Imported in every session: what only a sitting needs is imported inside.


def open_sittings(
    settings: Settings, told: Sequence[Mapping[str, Any]] | None = None
) -> tuple[Sitting, ...]:
    """The sittings asked for: none unless a model or a run is named.

    A worker is `told` the runs (RunSpec as JSON) instead of looking for them: its
    controller may be about to replace what lies there.
    """
    if not settings.candidates:
        return ()
    exams = _open_exams(settings)
    from jmle_plugin.ask.halves import open_halves  # noqa: PLC0415
    from jmle_plugin.ask.opening import open_sitting, reopen_sitting  # noqa: PLC0415

    folder, audit = settings.cassettes, settings.asking.audit
    if told is not None:
        return tuple(
            reopen_sitting(exams[run["exam"]], folder, run, settings.prompt, audit=audit)
            for run in told
        )
    sittings: list[Sitting] = []
    for exam in exams.values():
        for model, run in settings.candidates:
            wanted = _wanted(settings, model, run)
            if audit:
                sittings += open_halves(exam, folder, wanted)
            else:
                sittings.append(open_sitting(exam, folder, wanted))
    names = [sitting.run.address for sitting in sittings]
    if twice := [one.run.run for one in sittings if names.count(one.run.address) > 1]:
        raise SettingsError(
            f"two of the models share the run name {twice[0]}", remedy="Name the runs with --run."
        )
    return tuple(sittings)


def _wanted(settings: Settings, model: str, run: str) -> Wanted:
    from jmle_plugin.ask.opening import Wanted  # noqa: PLC0415
    from jmle_plugin.ask.run import ImageMode  # noqa: PLC0415

    asking = settings.asking
    return Wanted(
        model=model,
        run=run,
        prompt_file=settings.prompt,
        parameters=asking.parameters,
        images=ImageMode(asking.images) if asking.images and not asking.audit else None,
        image_max_edge=asking.image_max_edge,
        epochs=asking.epochs,
        may_record=settings.may_record,
        rewrite=settings.record_mode == "rewrite",
        api_base=asking.api_base,
    )


def _open_exams(settings: Settings) -> dict[str, Exam]:
    """The exams by id, in the order in which they were named."""
    exams: dict[str, Exam] = {}
    for name in settings.exams:
        exam = _open_exam(settings, name)
        if exam.id in exams:
            raise SettingsError(
                f"--exam names {exam.id} twice, the second time as {name}",
                remedy="Name each exam once; what is asked often is a matter of --epochs.",
            )
        exams[exam.id] = exam
    return exams


def _open_exam(settings: Settings, name: str) -> Exam:
    from jmle_plugin.exam.library import find_pack, find_packs, pack_folders  # noqa: PLC0415
    from jmle_plugin.exam.pack import load_exam  # noqa: PLC0415

    folders = pack_folders(settings.root)
    pack = find_pack(name, folders)
    exam = load_exam(pack, data_root=settings.exam_data, key=settings.key or None)
    known = find_packs(folders).get(exam.id)
    if known is not None and known.resolve() != pack.resolve():
        raise SettingsError(
            f"this pack calls itself {exam.id}, and so does {known}",
            where=pack,
            remedy="Give your pack an id of its own: results lie under it.",
        )
    return exam
