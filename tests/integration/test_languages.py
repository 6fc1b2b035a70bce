"""A session in Japanese: other words for people, the same results, exit status and errors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jmle_plugin.cli import main
from tests.conftest import ROOT
from tests.integration.conftest import Project


def sat(project: Project, *arguments: str) -> tuple[list[str], str, str, str]:
    """Lines of the terminal, results without what varies by session, CSV, markdown."""
    result = project.sit("--run=scripted-intern", "--report=markdown,csv", *arguments)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    folder = project.path / "results" / "sample"
    found = json.loads((folder / "scripted-intern.json").read_text("utf-8"))
    found["provenance"].pop("run")
    table, markdown = (
        (folder / f"scripted-intern.{kind}").read_text("utf-8") for kind in ("csv", "md")
    )
    return result.outlines, json.dumps(found), table, markdown


def test_only_what_people_read_is_in_another_language(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    english = sat(project)
    monkeypatch.setenv("JMLE_LANG", "ja")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    japanese = sat(project)
    assert "不合格" in japanese[0]
    assert "FAIL 不合格" in english[0]
    assert japanese[1:3] == english[1:3]
    assert "**❌ 不合格**" in japanese[3]
    assert "**❌ 不合格**" in summary.read_text("utf-8")
    assert "FAIL" not in japanese[3]
    assert [line for line in english[0] if line.startswith("gate official: sample scripted-intern")]
    said = "ゲートofficial：sample scripted-internは不合格です："
    assert [line for line in japanese[0] if line.startswith(said)]
    assert f"❌ {said}" in summary.read_text("utf-8")


def test_a_baseline_gate_speaks_the_language_and_its_file_stays_english(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.sit("--run=scripted-resident", "--report=none")
    baseline = ("--baseline=scripted-resident", "--baseline-gate=significant", "--gate=none")
    result = project.sit("--run=scripted-intern", *baseline, "--lang=ja")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    said = "ゲートsignificant：不合格：scripted-residentに対する有意な得点の低下が認められます"
    assert [line for line in result.outlines if line.startswith(said)]
    gates = project.results("scripted-intern")["gates"]
    assert gates[1]["sentence"].startswith("gate significant: fail: a significant loss against")
    assert (
        gates[1]["sentence"]
        == (project.results("scripted-intern")["comparison"]["ruling"]["sentence"])
    )
    capsys.readouterr()
    file = str(project.path / "results" / "sample" / "scripted-intern.json")
    held = str(project.path / "results" / "sample" / "scripted-resident.json")
    assert main(["verify", file, f"--baseline={held}"]) == 0
    assert "with its gate significant" in capsys.readouterr().out


def test_commands_take_the_language_from_command_line_or_ini(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.sit("--run=scripted-intern", "--run=scripted-resident", "--report=none")
    monkeypatch.chdir(project.path)
    capsys.readouterr()
    for command in (
        ["show", "results/sample/scripted-intern.json"],
        ["compare", "scripted-intern", "scripted-resident"],
        ["leaderboard", "scripted-intern", "scripted-resident"],
    ):
        assert main([*command, "--lang=ja"]) == 0
        japanese = capsys.readouterr().out
        assert main(command) == 0
        english = capsys.readouterr().out
        assert "得点" in japanese
        assert "得点" not in english
        assert "makes the marks again" not in japanese
    assert main(["show", "none.json", "--lang=ja"]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("document", ["README", "docs/for-clinicians"])
def test_a_document_has_the_same_commands_in_both_languages(document: str) -> None:
    english, japanese = (
        (ROOT / f"{document}{ending}.md").read_text("utf-8") for ending in ("", ".ja")
    )
    commands = re.findall("(?ms)^```console$.*?^```$", english)
    assert commands
    assert re.findall("(?ms)^```console$.*?^```$", japanese) == commands
    assert len(re.findall("(?m)^## ", japanese)) == len(re.findall("(?m)^## ", english))
    assert f"({Path(document).name}.ja.md)" in english
    assert f"({Path(document).name}.md)" in japanese


def test_the_japanese_readme_shows_the_sheet_that_is_printed(project: Project) -> None:
    readme = (ROOT / "README.ja.md").read_text("utf-8")
    (shown,) = re.findall("(?ms)^```text\n(.*?)^\\.\\.\\.$", readme)
    printed = "\n".join(project.sit("--run=scripted-resident", "--lang=ja").outlines)
    assert shown.strip() in printed
