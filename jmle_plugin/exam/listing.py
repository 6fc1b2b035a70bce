"""What there is to say of a pack at a glance, its questions here or not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jmle_plugin.errors import DataMissingError, JmleError
from jmle_plugin.exam.manifest import read_manifest
from jmle_plugin.exam.pack import load_exam


@dataclass(frozen=True, slots=True)
class ListedExam:
    """One pack. What only its questions tell is None where they are not here."""

    id: str
    title: str = ""
    edition: int | None = None
    profession: str = ""
    questions: int | None = None
    images: int | None = None
    """Files of figures that are here, as `jmle check` counts them."""
    without_figures: int | None = None
    """Questions that had figures which are not in the data set."""
    default_key: str = ""
    key_states: tuple[str, ...] = ()
    licence: str = ""
    here: bool = False
    """Whether its questions are on this machine, and can be used."""
    source: str = ""
    """The folder they are read from, where the pack knows several data sets."""
    problem: str = ""
    """Why it cannot be used, where that is not for want of data."""


def list_exam(pack: Path, data_root: Path) -> ListedExam:
    """Describe the pack whose `exam.toml` is `pack`; never raises for one that is unusable."""
    try:
        manifest = read_manifest(pack)
    except JmleError as error:
        return ListedExam(pack.parent.name, problem=str(error))
    problem, images, without = "", None, None
    licence, source = manifest.licence, ""
    try:
        exam = load_exam(pack, data_root=data_root)
        licence, source = exam.licence, exam.source
        questions = exam.questions.values()
        images = len({image.name for one in questions for image in one.images})
        without = sum(one.figures_missing for one in questions)
    except DataMissingError:
        pass
    except JmleError as error:
        problem = str(error)
    return ListedExam(
        id=manifest.id,
        title=manifest.title,
        edition=manifest.edition,
        profession=manifest.profession,
        questions=sum(block.questions for block in manifest.blocks),
        images=images,
        without_figures=without,
        default_key=manifest.default_key,
        key_states=tuple(manifest.keys),
        licence=licence,
        here=images is not None,
        source=source,
        problem=problem,
    )
