"""The commands read command line, environment and ini file as a session does."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from jmle_plugin.cli import COMMANDS, add_options, main, settle
from jmle_plugin.errors import SettingsError, UnknownNameError
from jmle_plugin.session.option_table import OPTIONS
from jmle_plugin.session.option_values import find_ini

Read = Callable[..., Namespace]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads a command line in an empty folder, without the environment's settings."""
    monkeypatch.chdir(tmp_path)
    for option in OPTIONS:
        monkeypatch.delenv(option.variable, raising=False)

    def parse(*given: str) -> Namespace:
        parser = ArgumentParser()
        add_options(parser, "results", "alpha", "allow-mismatch", "html-images")
        options = parser.parse_args(given)
        settle(options)
        return options

    return parse


def test_where_nothing_is_set_the_defaults_hold(read: Read) -> None:
    options = read()
    assert options.results == Path("results")
    assert (options.alpha, options.allow_mismatch, options.html_images) == (0.05, [], "link")


KEYS = "jmle_results = out\njmle_alpha = 0.1\njmle_allow_mismatch = key 'a b'\n"
INI = {
    "pytest.ini": f"[pytest]\n{KEYS}",
    "tox.ini": f"[pytest]\n{KEYS}",
    "setup.cfg": f"[tool:pytest]\n{KEYS}",
    "pyproject.toml": "[tool.pytest.ini_options]\njmle_results = 'out'\njmle_alpha = '0.1'\n"
    "jmle_allow_mismatch = ['key', 'a b']\n",
    "pytest.toml": "[pytest]\njmle_results = 'out'\njmle_alpha = '0.1'\n"
    "jmle_allow_mismatch = ['key', 'a b']\n",
}


@pytest.mark.parametrize("name", INI)
def test_every_ini_file_of_pytest_is_read(read: Read, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(INI[name])
    options = read()
    assert options.results == Path("out")
    assert (options.alpha, options.allow_mismatch) == (0.1, ["key", "a b"])


@pytest.mark.parametrize("name", INI)
def test_pytest_reads_the_same_file_alike(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("JMLE_RESULTS", raising=False)
    (pytester.path / name).write_text(INI[name])
    config = pytester.parseconfig()
    ours = find_ini(pytester.path)
    assert config.inipath == ours.path
    assert config.getini("jmle_results") == ours.values["jmle_results"] == "out"


def test_paths_of_the_ini_file_start_in_its_folder(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\njmle_results = out\n")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert read().results == tmp_path / "out"


def test_the_command_line_wins_over_the_environment_and_that_over_the_ini_file(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\njmle_results = ini\njmle_alpha = 0.1\n")
    monkeypatch.setenv("JMLE_RESULTS", "environment")
    assert read().results == Path("environment")
    assert read("--results=line").results == Path("line")
    assert read().alpha == 0.1


@pytest.mark.parametrize(
    ("ini", "says"),
    [
        ("jmle_alpha = 2", "ini key jmle_alpha: the value '2' is more than 0.5"),
        ("jmle_html_images = big", "ini key jmle_html_images: unknown html-images 'big'"),
    ],
)
def test_a_bad_value_is_named_with_its_place(
    read: Read, tmp_path: Path, ini: str, says: str
) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
    with pytest.raises((SettingsError, UnknownNameError)) as refused:
        read()
    assert says in str(refused.value)


def test_an_ini_file_that_is_none_is_named(read: Read, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("jmle_alpha = 0.1\n")
    with pytest.raises(SettingsError, match=r"pytest\.ini"):
        read()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: jmle {name}" in capsys.readouterr().out


def test_a_bad_setting_ends_with_the_status_of_a_bad_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["compare", "old", "new", "--alpha=2"])
    assert ended.value.code == 2
    assert "--alpha: the value '2' is more than 0.5" in capsys.readouterr().err


def test_no_argument_of_a_command_takes_the_place_of_its_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in ([], ["--run=mine"]):
        assert main(["import", "none.json", *given]) == 1
        assert "jmle: none.json" in capsys.readouterr().err
