"""Stand-ins for the files that hold other projects' words, made of the published data.

The words are not in this repository: each file is written anew with the texts of the data set at
the places that the prompt names, and the prompt is given under the stand-in's own checksum.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from jmle_plugin.ask.messages import PROMPTS

PUBLISHED = ("jmle2026-bench", "igakuqa-3shot", "jmedqa")


def write_words(data_root: Path, root: Path) -> None:
    """Write every file of words below `root`, a folder for each source."""
    bench = _constants(data_root / "jmle2026-bench" / "prompts.json")
    _write(root / "jmle2026-bench" / "benchmark.py", _module(bench))
    igakuqa = data_root / "igakuqa"
    told = json.loads((igakuqa / "messages.json").read_text("utf-8"))
    lead, _, number, close = told["user"].split('"')[1::2]
    number = number.replace("{n}", "{}")
    literals = [told["system"], lead, f"\n{number}", f"\n{close}"]
    source = (
        "def create_input(prompt, question):\n    return [{}]\n\n\n"
        'def dict2problem(question, demo=True):\n    """One message."""\n'
        "    text = {} + question['problem_text'] + '\\n'\n"
        "    text += {}.format(len(question['answer']))\n    return text + {}\n"
    )
    source = source.format(*map(repr, literals))
    _write(root / "igakuqa" / "scripts" / "generation" / "chatgpt.py", source)
    shots = Path("scripts") / "prompts" / "prompt.jsonl"
    (root / "igakuqa" / shots).parent.mkdir(parents=True)
    shutil.copyfile(igakuqa / shots, root / "igakuqa" / shots)
    file = data_root / "jmedqa-prompt.json"
    question, choices, *_ = json.loads(file.read_text("utf-8"))["user"].split('"')[1:4:2]
    source = f"{_module(_constants(file))}\n\ndef _question_block(row):\n"
    _write(
        root / "jmedqa-eval" / "src" / "infer_jmedqa.py",
        f"{source}    return [{question!r}, {choices!r}]\n",
    )


def write_prompts(root: Path, folder: Path) -> dict[str, Path]:
    """The named prompts under the pins of the stand-ins below `root`, by name."""
    shutil.copytree(PROMPTS, folder)
    for name, file in (
        ("jmle2026-bench", "jmle2026-bench/benchmark.py"),
        ("igakuqa-3shot", "igakuqa/scripts/generation/chatgpt.py"),
    ):
        place = file.partition("/")[2]
        sha256 = hashlib.sha256((root / file).read_bytes()).hexdigest()
        text = (folder / f"{name}.toml").read_text("utf-8")
        before, _, rest = text.partition(f'"{place}" = "')
        (folder / f"{name}.toml").write_text(
            f'{before}"{place}" = "{sha256}{rest[64:]}', encoding="utf-8"
        )
    return {name: folder / f"{name}.toml" for name in PUBLISHED}


def _constants(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text("utf-8"))["constants"])


def _module(constants: dict[str, Any]) -> str:
    return "".join(f"{name} = {text!r}\n" for name, text in constants.items())


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
