"""The words of a published prompt are fetched like an exam's questions."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from jmle_plugin.ask import messages
from jmle_plugin.cli import main
from tests.unit.exam.fetch.conftest import Web

RAW = b"ASK = 'Which?'\n"
PROMPT = f"""
name = "theirs"
user = "$question $instruction"
instruction = {{ single = "$ask", multi_select = "$ask", numeric = "$ask" }}
[source]
folder = "theirs"
url = "https://example.org/{{path}}"
files = {{ "src/ask.py" = "{hashlib.sha256(RAW).hexdigest()}" }}
[words.ask]
file = "src/ask.py"
constant = "ASK"
"""


def test_jmle_fetch_brings_a_prompts_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "theirs.toml").write_text(PROMPT, encoding="utf-8")
    monkeypatch.setattr(messages, "PROMPTS", tmp_path / "prompts")
    data = tmp_path / "data"
    with Web({"src/ask.py": RAW}) as web:
        command = ["fetch", "theirs", f"--base-url={web.url}", f"--exam-data={data}"]
        assert main(command) == 0
        web.files["src/ask.py"] = RAW + b"# changed\n"
        assert main(command) == 0
    assert "1 files, 0 downloaded" in capsys.readouterr().out
    assert (data / "theirs" / "src" / "ask.py").read_bytes() == RAW
