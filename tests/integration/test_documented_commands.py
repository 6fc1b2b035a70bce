"""The commands that the README and the documents show work as they are shown.

Those that need no network, key or data of others are run, with the sample exam's runs in the place
of those that are named. The options of all of them are options that there are.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.images import terminals
from jmle_plugin.cli import COMMANDS, main
from jmle_plugin.session.option_table import OPTIONS
from tests.conftest import ROOT
from tests.integration.conftest import Project
from tests.integration.test_readme import DOCUMENTS

PYTESTS = {
    "--co", "--lf", "--junitxml", "--record-mode", "--block-network", "--tb", "--reruns",
    "--pyargs", "--dist", "--no-loadscope-reorder", "--collect-only", "--showlocals", "--help",
    "--pdb",
}  # fmt: skip
"""Options of pytest and its plugins that the documents speak of."""
OTHERS = {
    "jmle fetch": "network",
    "jmle import": "another project's files",
    "jmle batch": "results of another tool",
    "jmle merge": "parts that other machines recorded",
    "--shard": "a model",
    "--batch": "a model",
    "--max-cost": "a model",
    "--images=audit": "a model",
    "my/pipeline": "a model of one's own: test_overrides runs it",
    "my-pipeline": "a model of one's own: test_overrides runs it",
    "firstaid": "the document's own example: test_packs_document follows it",
    "jmed-llm": "another project's questions",
    " old new": "another project's questions",
    "jmle112": "another project's questions",
    "Qwen": "results of another tool",
    "--format=inspect": "an extra",
    "--key=author": "another project's questions",
    "pytest tests ": "this very suite",
    "--pyargs": "an installed suite: test_from_a_wheel runs it",
}
"""What is in a command that is not run here -> what it needs."""
STANDS_IN = {
    "--model=new": "--run=scripted-intern",
    "jmle-runs/": "",
    "jmle120": "sample",
    "gpt-5.2": "scripted-resident",
    "/old.json": "/scripted-resident.json",
    "/new.json": "/scripted-intern.json",
    "-n 4": "-n 2",
}
"""What the sample has for what a command names."""
_BLOCKS = re.MULTILINE | re.DOTALL
RUNS = ("scripted-attending", "scripted-intern", "scripted-resident")


def _shown() -> Iterator[str]:
    for text in DOCUMENTS.values():
        for block in re.findall(r"^```console\n(.*?)^```", text, _BLOCKS):
            for line in block.replace("\\\n", " ").splitlines():
                for part in line.split(" && "):
                    command = re.sub(r"^(\.venv[\w-]*/bin/)", "", part.strip())
                    if re.match(r"(?:pytest|jmle) ", command):
                        yield command


def _here(command: str) -> str:
    """The command with what the sample has in the place of what it names."""
    for name, own in STANDS_IN.items():
        command = command.replace(name, own)
    return command


SHOWN = list(dict.fromkeys(_shown()))
RUN = list(dict.fromkeys(_here(one) for one in SHOWN if not any(word in one for word in OTHERS)))


def test_the_documents_show_commands_of_both_kinds() -> None:
    assert {one.split()[0] for one in RUN} == {"pytest", "jmle"}
    used = {word for word in OTHERS if any(word in one for one in SHOWN)}
    assert set(OTHERS) - used == set()  # a reason not to run a command is one that there is


@pytest.mark.parametrize("command", SHOWN)
def test_every_option_of_a_command_is_one(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    program, *arguments = shlex.split(command)
    flags = {one.partition("=")[0] for one in arguments if one.startswith("--")}
    if program == "pytest":
        known = {one.flag for one in OPTIONS} | PYTESTS
    else:
        assert arguments[0] in COMMANDS
        inner = arguments[:2] if arguments[0] == "batch" else arguments[:1]
        with pytest.raises(SystemExit):
            main([*inner, "--help"])
        known = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    assert flags - known == set()


def test_the_options_that_are_spoken_of_are_options(capsys: pytest.CaptureFixture[str]) -> None:
    spans = {
        span
        for text in DOCUMENTS.values()
        for span in re.findall(
            r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```", "", text, flags=_BLOCKS)
        )
        if re.match(r"(?:--|pytest |jmle )", span)
    }
    spoken = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", " ".join(spans)))
    known = {one.flag for one in OPTIONS} | PYTESTS
    for name in COMMANDS:
        for inner in ([name, "write"], [name, "read"]) if name == "batch" else ([name],):
            with pytest.raises(SystemExit):
                main([*inner, "--help"])
    known |= set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    assert spoken - known == set()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results files of the sample's runs."""
    folder = tmp_path_factory.mktemp("results")
    runs = [f"--cassettes={ROOT / 'cassettes'}", f"--results={folder}", "--write"]
    assert main(["rescore", "--exam=sample", *RUNS, *runs]) == 0
    return folder


@pytest.mark.parametrize("command", RUN)
def test_a_command_that_needs_nothing_works(
    command: str, project: Project, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JMLE_EXAM", "sample")
    if command.startswith("jmle") or "--baseline" in command:
        shutil.copytree(results, project.path / "results")
    program, *arguments = shlex.split(command)
    if program == "pytest":
        # 1 where a gate fails, as it is to.
        assert project.run(*arguments).ret == ("--baseline-gate" in command)
    else:
        assert main(arguments) == 0


@pytest.mark.long
def test_pictures_of_terminals_are_what_the_commands_print() -> None:
    folder = ROOT / "docs" / "images"
    for name, lines in terminals.captures():
        picture = (folder / name).read_text("utf-8")
        assert picture == terminals.svg(lines), f"{name}: python -m docs.images.terminals"
        assert len(picture) < 30_000
