"""A methods paragraph for a paper: what was sat and how, with this run's figures and versions."""

from __future__ import annotations

from collections.abc import Iterator

from jmle_plugin.mark.sheet import Sheet
from jmle_plugin.report.bench import bench_sentences, headline, interval, number
from jmle_plugin.report.comparison import facts, side_titles
from jmle_plugin.report.comparison import headline as comparison_headline
from jmle_plugin.report.sheet import images_of, parameters_text, verdict_word
from jmle_plugin.report.tallies import model_title
from jmle_plugin.results.file import Results
from jmle_plugin.results.language import joined, known, retold, wording, writing_a_paper

_HASH = 12
"""Characters of a digest that a paper prints; all of it is in the results file."""
_PACKAGES = ("jmle", "python", "litellm")


def methods_paragraph(results: Results) -> str:
    """One paragraph in the language in force; every figure of it is in the results file."""
    with writing_a_paper():
        sentences = (
            *_exam(results),
            *_asked(results),
            *_marked(results),
            *_scored(results),
            *_doubted(results),
            _versions(results),
        )
    return wording("list.sentences").join(sentences)


def _exam(results: Results) -> Iterator[str]:
    exam, sheet, origin = results.exam, results.sheet, results.provenance
    subject = "people" if results.run.people else "model"
    yield wording(
        f"methods.sat.{subject}",
        run=model_title(results.run.title),
        title=exam.title,
        exam=exam.id,
        questions=sheet.of,
        hash=origin.exam.hash[:_HASH],
    )
    if sheet.asked < sheet.of:
        yield wording("methods.part", asked=sheet.asked, of=sheet.of)
    if results.run.scripted:
        yield wording("methods.scripted")
    licence = retold("licence", origin.exam.licence)
    if origin.exam.source:
        yield wording("methods.source", source=origin.exam.source, licence=licence)
    else:
        yield wording("methods.licence", licence=licence)


def _asked(results: Results) -> Iterator[str]:
    origin = results.provenance
    imported = origin.imported
    if imported is not None:
        yield wording("methods.imported", project=imported.project, file=imported.file)
    if results.run.people:
        return
    yield wording("methods.model", model=origin.requested_model)
    if others := [one for one in origin.returned_models if one != origin.requested_model]:
        yield wording("methods.returned", models=joined(others))
    if origin.prompt is not None:
        digest = origin.prompt.sha256[:_HASH]
        yield wording("methods.prompt", prompt=origin.prompt.name, sha256=digest)
    if imported is None:
        yield wording("methods.asked", origin.epochs)
    if origin.parameters:
        yield wording("methods.parameters", parameters=parameters_text(origin.parameters))
    elif imported is None:  # of others it is not known
        yield wording("methods.no_parameters")
    yield wording(f"methods.images.{images_of(origin)}")


def _marked(results: Results) -> Iterator[str]:
    origin, sheet = results.provenance, results.sheet
    yield wording(f"methods.read.{origin.extraction}")
    yield wording("methods.key", state=origin.key.state)
    if sheet.bench:
        return
    sections = [
        wording(
            "methods.criterion",
            title=known(one.title),
            threshold=one.threshold,
            max=one.stated_max,
        )
        for one in sheet.sections.values()
    ]
    if sections and not sheet.no_verdict:
        yield wording("methods.criteria", criteria=joined(sections))
    if sheet.prohibited.limit is not None and sheet.prohibited.count is not None:
        yield wording("methods.prohibited", limit=sheet.prohibited.limit)
    elif sheet.prohibited.limit is not None:
        yield wording("methods.prohibited_unlisted", limit=sheet.prohibited.limit)


def _scored(results: Results) -> Iterator[str]:
    sheet = results.sheet
    if sheet.errors:
        yield wording("methods.errors", len(sheet.errors))
    if sheet.bench:
        yield wording("methods.measures", measures=_measures(sheet) or headline(sheet))
        yield from bench_sentences(sheet)
        return
    total = sheet.total
    epochs = sheet.epochs
    if epochs is not None and epochs.mean is not None:
        yield wording(
            "methods.points_mean",
            mean=f"{epochs.mean:.1f}",
            sd=f"{epochs.deviation or 0:.1f}",
            max=total.max,
            epochs=epochs.count,
        )
    else:
        yield wording(
            "methods.points",
            points=total.points,
            max=total.max,
            correct=total.correct,
            questions=total.questions,
        )
    key = "methods.verdict" if sheet.verdict.decided else "methods.none"
    yield wording(key, verdict=verdict_word(sheet))


def _measures(sheet: Sheet) -> str:
    return joined(
        wording(
            "methods.measure",
            section=known(section.title),
            measure=known(one.title),
            value=number(one.value),
            interval=interval(one.low, one.high),
            questions=section.questions,
        )
        for section in sheet.measures.values()
        for one in section.measures.values()
    )


def _doubted(results: Results) -> Iterator[str]:
    doubt = results.doubt
    if doubt is not None and (chance := doubt.another_exam) is not None:
        yield wording(
            "methods.chance", chance=str(chance), draws=f"{chance.draws:,}", seed=chance.seed
        )
    if (compared := results.comparison) is not None:
        yield wording("methods.compared", run=side_titles(compared)[0])
        yield comparison_headline(compared)
        yield from facts(compared)


def _versions(results: Results) -> str:
    origin = results.provenance
    packages = [
        wording("methods.package", name=name, version=origin.packages[name])
        for name in _PACKAGES
        if name in origin.packages
    ]
    day = origin.run.started.partition("T")[0]
    if origin.git is None:
        return wording("methods.versions", packages=joined(packages), day=day)
    commit = origin.git.commit[:_HASH]
    return wording("methods.versions_commit", packages=joined(packages), day=day, commit=commit)
