"""docs/scale.md to the letter: its pipeline answers a batch file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.scripted.provider import Answer, completion, failure, provider

DOCUMENT = (ROOT / "docs" / "scale.md").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("ray") is None, reason="ray is not installed: pip install 'ray[data]'"
)
def test_the_pipeline_of_the_document_answers_every_request(tmp_path: Path) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "pipeline.py").write_text(script, "utf-8")
    requests = [
        {"custom_id": f"q-{n}", "body": {"model": "m", "messages": [{"content": f"問題 {n}"}]}}
        for n in range(40)
    ]
    source, target = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in requests), "utf-8")
    answers = [Answer(completion()), failure("busy", status=429)]
    with provider(lambda call: answers[call.text.endswith('問題 7"}]}')]) as served:
        command = [sys.executable, "pipeline.py", str(source), str(target), served.base]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=500)
    results = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    statuses = {one["custom_id"]: one["response"]["status_code"] for one in results}
    assert statuses == {f"q-{n}": 429 if n == 7 else 200 for n in range(40)}
