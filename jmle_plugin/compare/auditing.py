"""An image audit made again from the cassettes of both halves."""

from __future__ import annotations

from pathlib import Path

from jmle_plugin.ask.halves import blind_name
from jmle_plugin.ask.opening import Wanted, is_recorded, open_sitting
from jmle_plugin.ask.sitting import Sitting
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.results.file import Results
from jmle_plugin.results.provenance import RunContext


def with_audit(
    made: Results, vision: Sitting, cassettes: Path, prompt_file: Path | None = None
) -> Results:
    """The results made of `vision`, and what its figures are worth where it was audited.

    As they were where no blind half of the run is recorded. Raises ComparisonError where the
    two make no audit, CassetteError or RunError where the blind half's folder cannot be a
    sitting's.
    """
    name = blind_name(vision.run.run)
    if not is_recorded(cassettes / vision.exam.id / name):
        return made
    wanted = Wanted(run=name, epochs=vision.run.epochs, prompt_file=prompt_file)
    blind = open_sitting(vision.exam, cassettes, wanted)
    if blind.run.text_only_from != vision.run.run:
        return made
    # Needs numpy, which other runs are remade without.
    from jmle_plugin.compare.audit import audit  # noqa: PLC0415

    other = remake_results(blind, made.provenance.extraction, RunContext.outside())
    return made.model_copy(update={"audit": audit(made, other, vision.exam)})
