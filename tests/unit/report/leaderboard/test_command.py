"""`jmle leaderboard`: every form it writes, and everything it refuses before it writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from jmle_plugin.cli import main
from jmle_plugin.cli.leaderboard import BEGIN, END
from jmle_plugin.results.store import write_results
from tests.unit.report.leaderboard.conftest import Sat

TEXT = f"# Ours\n{BEGIN}\n{END}\n"


@pytest.fixture
def folder(tmp_path: Path, sat: Sat, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two results and a document; the working directory."""
    for one in (sat("good"), sat("bad", "A_1", "B_2")):
        write_results(tmp_path / "results", one)
    (tmp_path / "README.md").write_text(TEXT, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_the_terminal_is_asked_how_wide_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.is_dir()
    heights = []
    for columns in ("80", "120"):
        monkeypatch.setenv("COLUMNS", columns)
        assert main(["leaderboard", "results/tiny/*.json"]) == 0
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= int(columns)
        assert "\x1b" not in out
        heights.append(out.count("\n"))
    assert heights[0] > heights[1]


def test_every_form_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.is_dir()
    out = {}
    for form in ("markdown", "csv", "json"):
        assert main(["leaderboard", "results/tiny/*.json", f"--format={form}"]) == 0
        out[form] = capsys.readouterr().out
    assert "| 1 | **some/model `[good]`** |" in out["markdown"]
    lines = list(csv.DictReader(out["csv"].removeprefix("\ufeff").splitlines()))
    assert [line["run"] for line in lines] == ["good", "bad"]
    assert [row["run"] for row in json.loads(out["json"])["tables"][0]["rows"]] == ["good", "bad"]


def test_every_file_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["--update=README.md", "--plot=new/board.svg", "--html=new/board.html"]
    assert main(["leaderboard", "results/tiny/*.json", *wanted]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"Written: {Path(one.partition('=')[2])}" for one in wanted
    ]
    readme = (folder / "README.md").read_text("utf-8")
    assert readme.startswith(f"# Ours\n{BEGIN}\n\n**Tiny exam (tiny)**")
    assert (folder / "new" / "board.svg").read_text("utf-8").startswith("<?xml")
    assert "</html>" in (folder / "new" / "board.html").read_text("utf-8")


def test_a_link_stays_a_link(folder: Path) -> None:
    (folder / "link.md").symlink_to("README.md")
    assert main(["leaderboard", "results/tiny/*.json", "--update=link.md"]) == 0
    assert (folder / "link.md").is_symlink()
    assert "Tiny exam" in (folder / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["none/*.json"], "no file is called like this"),
        (["README.md"], "is not valid JSON"),
        (["results/tiny/good.json", "results/tiny/good.json"], "as well"),
        (["results/tiny/good.json", "--plot=results/tiny/bad.json"], "ends in .png, .svg or .pdf"),
        (["results/tiny/good.json", "--html=results/tiny/bad.json"], "ends in .html"),
        (["results/tiny/good.json", "--update=results/tiny/bad.json"], "not one of each"),
        (["results/tiny/good.json", "--update=gone.md"], "cannot be read"),
        (["results/tiny/good.json", "--exam=nothing"], "nothing"),
        (["results/tiny/good.json", "--html=README.md/page.html"], "cannot be written"),
    ],
)
def test_what_is_refused_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    before = files(folder)
    # A sound target beside the bad one is not written either, where that can be known before.
    assert main(["leaderboard", *arguments]) == 1
    said = capsys.readouterr()
    assert problem in said.err
    assert len(said.err.splitlines()) > 1, "a remedy"
    assert said.out == ""
    assert files(folder) == before


def test_a_bad_target_keeps_the_good_ones_from_being_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "README.md").write_text("no markers", "utf-8")
    before = files(folder)
    wanted = ["--plot=board.png", "--html=board.html", "--update=README.md"]
    assert main(["leaderboard", "results/tiny/*.json", *wanted]) == 1
    assert capsys.readouterr().out == ""
    assert files(folder) == before


def test_a_folder_that_may_not_be_written(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("jmle_plugin.files.tempfile.mkstemp", refuse)
    before = files(folder)
    assert main(["leaderboard", "results/tiny/*.json", "--update=README.md"]) == 1
    assert "README.md: cannot be written (Permission denied)" in capsys.readouterr().err
    assert files(folder) == before
