"""`jmle report`: by name or file, beside the results, and never in the place of anything else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jmle_plugin.ask.cassette import write_cassette
from jmle_plugin.cli import main
from jmle_plugin.results.store import write_results
from tests.builders import make_cassette, make_exam, make_results, make_run, synthetic
from tests.conftest import ROOT

SAMPLE = replace(synthetic(make_exam()), id="sample")


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with results of two runs of an exam nobody has, and one of the sample's."""
    monkeypatch.chdir(tmp_path)
    for results in (
        make_results(),
        make_results(run=make_run(run="other")),
        make_results(SAMPLE),
    ):
        write_results(Path("results"), results)
    return tmp_path


def report(*arguments: str) -> int:
    return main(["report", *arguments])


def test_by_file_and_by_name(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report("results/tiny/some-model.json") == 0
    page = there / "results/tiny/some-model.html"
    assert '"images":"link"' in page.read_text("utf-8")
    assert "results/tiny/some-model.html (without the questions" in capsys.readouterr().out
    assert report("some-model", "--exam=tiny", "--html-images=off") == 0
    assert '"images":"off"' in page.read_text("utf-8")
    assert report("other") == 0
    assert (there / "results/tiny/other.html").is_file()


def test_an_exam_that_is_here_is_in_the_page(there: Path) -> None:
    pack = ROOT / "data" / "sample" / "exam.toml"
    assert report("some-model", f"--exam={pack}", "--output=page.html") == 0
    assert "難聴を主訴に来院した" in (there / "page.html").read_text("utf-8")


def test_several_have_a_page_of_their_own(there: Path) -> None:
    assert report("other", "results/tiny/some-model.json") == 0
    assert [file.name for file in there.rglob("*.html")] == ["other+some-model.html"]
    names = [f"{n}{'x' * 40}" for n in range(3)]
    for name in names:
        write_results(Path("results"), make_results(run=make_run(run=name)))
    assert report(*names) == 0
    assert (there / f"results/tiny/{names[0]}+2.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("some-model",), "Say which with --exam: sample, tiny"),
        (("some-modle", "--exam=tiny"), "Did you mean some-model?"),
        (("other", "--results=gone"), "There are none yet"),
        (("other", "--exam=smaple"), "Did you mean sample?"),
        (("gone.json",), "gone.json: cannot be read (No such file"),
        (("other", "results/sample/some-model.json"), "a page shows runs of one exam"),
        (("other", "--output=results/tiny/some-model.json"), "A page ends in .html"),
        (("other", "--output=results/tiny/other.json/page.html"), "cannot be written"),
    ],
)
def test_errors_name_the_remedy_and_write_nothing(
    there: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    before = {file: file.read_bytes() for file in there.rglob("*") if file.is_file()}
    assert report(*arguments) == 1
    assert told in capsys.readouterr().err
    assert {file: file.read_bytes() for file in there.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("command", ["report", "show"])
def test_a_sheet_that_lies_is_not_shown(
    there: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    file = there / "results/tiny/other.json"
    file.write_text(file.read_text("utf-8").replace('"verdict": "pass"', '"verdict": "fail"'))
    assert main([command, str(file)]) == 1
    assert "changed by hand" in capsys.readouterr().err
    assert not file.with_suffix(".html").exists()


def test_the_folder_of_the_environment(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (there / "results").rename(there / "elsewhere")
    monkeypatch.setenv("JMLE_RESULTS", "elsewhere")
    assert report("other") == 0
    assert (there / "elsewhere/tiny/other.html").is_file()


def test_replies_come_from_the_cassettes_that_are_there(there: Path) -> None:
    reply = "よく考えて、\n【回答】a"
    write_cassette(there / "kept" / "tiny" / "other" / "A-1.yaml", make_cassette(reply))
    assert report("other", "--cassettes=kept", "--output=page.html") == 0
    page = (there / "page.html").read_text("utf-8")
    assert "よく考えて、" in page
    assert "6 of 7 replies are not in this page" in page
