"""Runs described once, in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from jmle_plugin.errors import JmleError
from jmle_plugin.session.option_forms import web_address
from jmle_plugin.session.runs_file import RunRow, read_runs

WHOLE = """
[[run]]
model = "gpt-5.2"
name = "gpt"
args = { temperature = 0.0 }
prompt = "own.toml"
images = "blind"
epochs = 3
api_base = "http://127.0.0.1:1/v1"
group = "general"

[[run]]
model = "med"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "runs.toml"
    file.write_text(text, "utf-8")
    return file


def test_a_row_says_how_its_run_is_asked(tmp_path: Path) -> None:
    first, second = read_runs(write(tmp_path, WHOLE))
    assert first == RunRow(
        model="gpt-5.2",
        run="gpt",
        parameters={"temperature": 0.0},
        prompt=tmp_path / "own.toml",
        images="blind",
        epochs=3,
        api_base=web_address("http://127.0.0.1:1/v1"),
        group="general",
    )
    assert second == RunRow("med")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no run"),
        ("[[runs]]\nmodel = 'a'", "unknown key 'runs'*Did you mean run?"),
        ("run = 1", "names no run"),
        ("[[run]]\nname = 'a'", "run 1: names no model"),
        ("[[run]]\nmodel = 'a'\napi-base = 'http://x'", "run 1: unknown key 'api-base'*api_base"),
        ("[[run]]\nmodel = 'a'\nepoch = 2", "run 1: unknown key 'epoch'*Did you mean epochs"),
        (
            "[[run]]\nmodel = 'a'\n[[run]]\nmodel = 'b'\nepochs = 0",
            "run 2: epochs: *'0' is no whole",
        ),
        ("[[run]]\nmodel = 'a'\nepochs = true", "run 1: epochs: is no text or number"),
        ("[[run]]\nmodel = 'a'\nimages = 'visoin'", "run 1: images: *Did you mean vision"),
        ("[[run]]\nmodel = 'a'\nimages = 'audit'", "run 1: images: unknown value 'audit'"),
        ("[[run]]\nmodel = 'a'\nargs = 'b'", "run 1: args: is no table"),
        ("[[run]]\nmodel = 'a'\nargs = { model = 'b' }", "run 1: args: "),
        ("[[run]]\nmodel = 'a'\ngroup = 1", "run 1: group: is no word"),
        ("[[run]]\nmodel = 'a'\napi_base = 'ftp://x'", "run 1: api_base: "),
        ("[[run]]\nmodel='a'\nname='x'\n[[run]]\nmodel='b'\nname='x'", "two runs are called 'x'"),
        (
            "[[run]]\nmodel='a'\napi_base='http://x'\n[[run]]\nmodel='a'\nname='b'",
            "a is asked at two addresses",
        ),
        ("[[run]", "is no runs file"),
    ],
)
def test_what_cannot_be_is_named_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(JmleError) as raised:
        read_runs(write(tmp_path, text))
    message = " ".join(str(raised.value).split())
    assert message.startswith(str(tmp_path / "runs.toml"))
    for part in says.split("*"):
        assert part in message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JmleError, match=r"gone\.toml: is no runs file"):
        read_runs(tmp_path / "gone.toml")
