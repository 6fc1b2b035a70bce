"""Record the sample exam's committed runs from the scripted server.

`python -m tests.scripted.record` from the repository's root, after the sample exam or the
candidates changed. The runs keep the prompt they were first recorded with.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from jmle_plugin.ask.prompt import DEFAULT_PROMPT
from tests.builders import sample_exam
from tests.scripted.candidates import ATTENDING, INTERN, RESIDENT, candidate
from tests.scripted.server import ScriptedServer, scripted_server

ROOT = Path(__file__).resolve().parents[2]
PROMPT = DEFAULT_PROMPT.with_name("ja-1.toml")
RUNS = {RESIDENT: "scripted-resident", INTERN: "scripted-intern", ATTENDING: "scripted-attending"}


def served(server: ScriptedServer) -> str:
    """A conftest that lets the model be asked at `server`."""
    return (
        "import pytest\n\n"
        "@pytest.fixture(scope='session')\n"
        "def gateway_url():\n"
        f"    return {server.address!r}\n"
    )


def record_arguments(model: str) -> list[str]:
    """pytest's arguments for recording `model` on the sample exam."""
    named = [f"--model={model}", f"--run={RUNS[model]}", f"--prompt={PROMPT}"]
    return ["--exam=sample", *named, "--record-mode=once"]


def main() -> None:
    """Replace the committed runs."""
    exam = sample_exam()
    for model, run in RUNS.items():
        with (
            tempfile.TemporaryDirectory() as folder,
            scripted_server(exam, candidate(exam, model)) as server,
        ):
            project = Path(folder)
            (project / "conftest.py").write_text(served(server))
            shutil.copytree(ROOT / "tests_exam", project / "tests_exam")
            command = [sys.executable, "-m", "pytest", "-q", *record_arguments(model)]
            subprocess.run([*command, "--rootdir=."], cwd=project, check=False)
            recorded = list((project / "cassettes" / "sample" / run).glob("*.yaml"))
            if len(recorded) != len(exam.questions):
                sys.exit(f"{run}: {len(recorded)} of {len(exam.questions)} replies; nothing kept")
            kept = ROOT / "cassettes" / "sample" / run
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(project / "cassettes" / "sample" / run, kept)


if __name__ == "__main__":
    main()
