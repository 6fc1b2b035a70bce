"""One exam on several machines: shards record, `jmle merge` puts their cassettes together."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jmle_plugin.ask.run import read_run, write_run
from jmle_plugin.ask.sitting import shard
from jmle_plugin.cli import main
from tests.builders import sample_exam
from tests.integration.conftest import Project

SHARDS = 3
RUN = "scripted-intern"
EXAM = sample_exam()


@pytest.fixture
def parts(project: Project) -> list[Path]:
    """The cassettes of three machines, each of which recorded its own part."""
    recorded = project.path / "cassettes" / "sample" / RUN
    made = []
    for number in range(1, SHARDS + 1):
        folder = project.path / f"machine-{number}"
        run = folder / "sample" / RUN
        run.mkdir(parents=True)
        for name in ["run.json", *(f"{one}.yaml" for one in shard(EXAM, number, SHARDS))]:
            shutil.copy(recorded / name, run / name)
        made.append(folder)
    shutil.rmtree(project.path / "cassettes")
    return made


def merge(*arguments: object) -> int:
    return main(["merge", *map(str, arguments)])


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_parts_together_are_the_run_that_one_session_records(
    project: Project, parts: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    recorded = content(Path(__file__).parents[2] / "cassettes" / "sample" / RUN)
    into = project.path / "cassettes"
    assert merge(*parts[1:], "--into", into) == 1
    lacking = len(shard(EXAM, 1, SHARDS))
    printed = capsys.readouterr().out
    assert f"sample {RUN}: {40 - lacking} of 40 replies" in printed
    assert "missing: 000" in printed
    assert merge(*parts, "--into", into) == 0
    assert f"sample {RUN}: 40 of 40 replies" in capsys.readouterr().out
    assert content(into) == recorded
    assert project.sit(f"--run={RUN}", "--offline", "--gate=none", "-q").ret == 0


def test_parts_that_do_not_belong_together_are_refused_and_nothing_is_written(
    project: Project, parts: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    into = project.path / "merged"

    def refused(*words: object) -> None:
        assert merge(*parts, "--into", into) == 1
        printed = capsys.readouterr().err
        assert not into.exists()
        assert [str(word) for word in words if str(word) not in printed] == []

    first, second = (part / "sample" / RUN for part in parts[:2])
    spec = read_run(second)
    write_run(second, spec.model_copy(update={"epochs": 2}))
    refused("epochs", first / "run.json", second / "run.json")
    write_run(second, spec)

    name = min(first.glob("*.yaml")).name
    reply = (first / name).read_bytes()
    shutil.copy(min(second.glob("*.yaml")), first / name)  # another question's reply
    refused(first / name)
    (first / name).write_bytes(reply)

    foreign = first / "111A-1.yaml"
    shutil.copy(first / name, foreign)
    refused(foreign)
    foreign.unlink()

    (first / ".journal").write_bytes(b"")
    refused(first / ".journal", "Give the command of this part again")


def test_two_replies_to_one_question_are_a_conflict_that_names_both(
    project: Project, parts: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"{min(shard(EXAM, 2, SHARDS))}.yaml"
    one, other = parts[1] / "sample" / RUN / name, parts[0] / "sample" / RUN / name
    resident = Path(__file__).parents[2] / "cassettes" / "sample" / "scripted-resident"
    shutil.copy(resident / name, other)
    into = project.path / "merged"
    assert merge(*parts, "--into", into) == 1
    printed = capsys.readouterr().err
    assert str(one) in printed
    assert str(other) in printed
    assert not into.exists()


def test_a_folder_without_runs_is_named(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert merge(project.path, "--into", project.path / "merged") == 1
    assert f"there is no run in {project.path}" in capsys.readouterr().err


@pytest.mark.parametrize("mode", [(), ("-n2",)])
def test_a_shard_has_no_results_and_exits_with_1_where_replies_lack(
    project: Project, mode: tuple[str, ...]
) -> None:
    shown = ("--run=scripted-intern", "--shard=1/2", "--offline", *mode)
    result = project.sit(*shown)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["shard 1/2: scripted-intern: every reply is recorded; *"])
    assert "不合格" not in result.stdout.str()
    project.cassette(min(shard(EXAM, 1, 2)), "scripted-intern").unlink()
    result = project.sit(*shown)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["shard 1/2: scripted-intern: 1 reply is missing; *"])
    assert not (project.path / "results").exists()


@pytest.mark.parametrize("other", ["--gate=all", "--baseline=results/x.json"])
def test_a_shard_takes_no_gate(project: Project, other: str) -> None:
    result = project.sit("--run=scripted-intern", "--shard=1/2", other)
    assert result.ret == 4
    assert "a part of an exam has no result" in result.stderr.str() + result.stdout.str()
