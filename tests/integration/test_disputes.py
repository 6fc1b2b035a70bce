"""Ways to come by a score that somebody could dispute, and how each of them ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from jmle_plugin.cli import main
from tests.conftest import ROOT
from tests.integration.conftest import MODES, Project
from tests.integration.test_overrides import OWN_CLIENT

RESIDENT, INTERN = "--run=scripted-resident", "--run=scripted-intern"


def bench_file(project: Project, name: str, answer: str) -> Path:
    """A result file of JMLE2026-Bench over the sample exam, everything answered alike."""
    questions = [file.stem for file in project.cassette("000A-1").parent.glob("*.yaml")]
    results = [{"question_id": one, "raw_response": f"【回答】{answer}"} for one in questions]
    metadata = {"model": "some/model", "image_mode": "blind", "display_name": name}
    file = project.path / f"{name}.json"
    file.write_text(json.dumps({"metadata": metadata, "results": results}))
    return file


def import_file(project: Project, file: Path, run: str) -> None:
    cassettes = f"--cassettes={project.path / 'cassettes'}"
    assert main(["import", str(file), "--exam=sample", f"--run={run}", cassettes]) == 0


@pytest.fixture
def imported(project: Project) -> Project:
    """A project with two imported runs of one model, `first` and `second`."""
    for name, answer in (("first", "a"), ("second", "b")):
        file = bench_file(project, name, answer)
        import_file(project, file, name)
    return project


def errors(project: Project, run: str) -> list[str]:
    return list(project.results(run)["sheet"]["errors"])


@pytest.mark.parametrize("target", ["scripted-intern", "second"])
def test_an_imported_reply_carried_into_another_run(imported: Project, target: str) -> None:
    shutil.copy(imported.cassette("000A-1", "first"), imported.cassette("000A-1", target))
    assert imported.sit(f"--run={target}").ret == 1
    assert errors(imported, target) == ["000A-1"]


@pytest.mark.parametrize(
    "change",
    [
        {"model": "openai/gpt-9"},
        {"display_name": "Another"},
        {"images": "vision"},
        {"parameters": {"temperature": 0}},
    ],
)
def test_an_edited_record_of_an_imported_run(imported: Project, change: dict[str, Any]) -> None:
    file = imported.cassette("000A-1", "first").parent / "run.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    imported.sit("--run=first")
    assert len(errors(imported, "first")) == 40


def test_an_imported_run_made_out_to_be_a_recorded_one(imported: Project) -> None:
    file = imported.cassette("000A-1", "first").parent / "run.json"
    ours = json.loads((imported.cassette("000A-1").parent / "run.json").read_text())
    theirs = json.loads(file.read_text())
    del theirs["imported"]
    file.write_text(json.dumps(theirs))
    assert imported.sit("--run=first").ret == 4
    file.write_text(json.dumps(theirs | {"prompt": ours["prompt"]}))
    imported.sit("--run=first")
    assert len(errors(imported, "first")) == 40


def test_a_missing_reply_of_an_imported_run_is_asked_of_nobody(imported: Project) -> None:
    imported.conftest(
        "import pytest\n@pytest.fixture(scope='session')\n"
        "def gateway_url():\n    return 'http://127.0.0.1:9'\n"
    )
    imported.cassette("000A-1", "first").unlink()
    result = imported.sit("--run=first", "-k", "000A-1")
    assert "there is no recorded reply to question 000A-1" in result.stdout.str()


def test_recording_anew_never_loses_what_was_recorded(project: Project) -> None:
    result = project.sit(RESIDENT, "--record-mode=rewrite")
    assert result.ret == 4
    assert "cannot be asked anew" in result.stderr.str()
    assert len(list(project.cassette("000A-1").parent.glob("*.yaml"))) == 40


@pytest.mark.parametrize("options", [("--record-mode=once",), ()])
def test_a_model_of_ones_own_under_a_recorded_runs_name(
    project: Project, options: tuple[str, ...]
) -> None:
    project.conftest(OWN_CLIENT)
    assert project.sit(RESIDENT, *options).ret == 1
    assert len(errors(project, "scripted-resident")) == 40


def test_a_recorded_run_is_replayed_whatever_client_the_conftest_has(project: Project) -> None:
    project.conftest(OWN_CLIENT)
    assert project.sit(RESIDENT, "--offline").ret == 0


def test_replies_without_a_cassette(project: Project) -> None:
    result = project.sit(RESIDENT, "--disable-recording", "-k", "000A-1")
    assert result.ret == 1
    assert "leave out --disable-recording" in result.stdout.str()


def test_a_model_of_ones_own_may_speak_http(project: Project) -> None:
    project.conftest(
        """
        import http.server, threading, httpx, pytest
        from jmle_plugin.ask.reply import Reply

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.send_response(200)
                self.send_header("content-length", "1")
                self.end_headers()
                self.wfile.write(b"a")
            def log_message(self, *_):
                pass

        class Sdk:
            def __init__(self, port):
                self.url = f"http://127.0.0.1:{port}/v1/messages"
            def ask(self, request):
                return Reply(text="【回答】" + httpx.post(self.url, json=request.body).text)

        @pytest.fixture(scope="session")
        def model_client():
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield Sdk(server.server_address[1])
            server.shutdown()
            server.server_close()
        """
    )
    project.sit("--model=my/sdk", "--record-mode=once")
    assert errors(project, "my-sdk") == []
    folder = project.path / "cassettes" / "sample" / "my-sdk"
    assert len(list(folder.glob("*.yaml"))) == 40


@pytest.mark.parametrize("mode", MODES)
def test_marking_until_it_is_right(project: Project, mode: tuple[str, ...]) -> None:
    (project.path / "tests_exam" / "test_exam.py").write_text(
        "import pytest\n"
        "from jmle_plugin.ask.reply import Reply\n"
        "from jmle_plugin.fixtures import WrongAnswer\n\n"
        "@pytest.mark.vcr\n"
        "def test_question(reply, mark):\n"
        "    try:\n"
        "        mark(reply)\n"
        "    except WrongAnswer:\n"
        "        mark(Reply(text='【回答】a'))\n"
    )
    assert project.sit(INTERN, *mode).ret == 1
    assert len(errors(project, "scripted-intern")) == 12


@pytest.mark.parametrize("mode", MODES)
def test_ids_that_are_not_the_suites(project: Project, mode: tuple[str, ...]) -> None:
    (project.path / "tests_exam" / "test_exam.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.vcr\n"
        "@pytest.mark.parametrize('again', [1, 2])\n"
        "def test_question(reply, mark, again):\n"
        "    mark(reply)\n"
    )
    result = project.sit(RESIDENT, *mode)
    assert result.ret == 1
    assert "marks a question that its id does not name" in result.stdout.str()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("selected", "status", "words"),
    [
        ("test_other.py", 4, "no test of the exam was collected"),
        ("tests_exam -k resident", 1, "was asked"),
    ],
)
def test_a_gate_asked_for_without_anybody_examined(
    project: Project, mode: tuple[str, ...], selected: str, status: int, words: str
) -> None:
    project.pytester.makepyfile(test_other="def test_other(): pass")
    result = project.sit(RESIDENT, INTERN, "--gate=official", *selected.split(), *mode)
    assert result.ret == status
    assert words in result.stdout.str() + result.stderr.str()


def test_two_models_with_one_name(project: Project) -> None:
    result = project.sit("--model=a/b", "--model=a-b", "--record-mode=once")
    assert result.ret == 4
    assert "share the run name a-b" in result.stderr.str()


@pytest.mark.parametrize("mode", MODES)
def test_a_broken_test_file_beside_the_exam(project: Project, mode: tuple[str, ...]) -> None:
    project.pytester.makepyfile(test_broken="import nothing_of_this_name")
    result = project.sit(
        RESIDENT, "tests_exam", "test_broken.py", "--continue-on-collection-errors", *mode
    )
    assert result.ret == 1
    assert "1 other failure in this session" in result.stdout.str()


@pytest.mark.parametrize("mode", MODES)
def test_a_test_of_somebody_elses_with_a_questions_id(
    project: Project, mode: tuple[str, ...]
) -> None:
    project.pytester.makepyfile(
        test_other="""
        import pytest

        @pytest.mark.parametrize("name", ["000A-1"])
        def test_other(name):
            assert False
        """
    )
    result = project.sit(RESIDENT, "tests_exam", "test_other.py", *mode)
    assert result.ret == 1
    assert errors(project, "scripted-resident") == []
    assert project.results("scripted-resident")["sheet"]["verdict"] == "pass"


def test_a_mark_that_could_not_be_made_again(project: Project) -> None:
    project.conftest(
        """
        import pytest

        @pytest.fixture(autouse=True)
        def lose(question):
            yield
            if question.id == "000A-1":
                raise OSError("no space left on device")
        """
    )
    assert project.sit(RESIDENT).ret == 1
    assert errors(project, "scripted-resident") == ["000A-1"]


@pytest.mark.parametrize("options", [("-x",), ("-x", "-n2"), ("--maxfail=2",), ("--setup-plan",)])
def test_a_session_that_stopped_leaves_the_full_result_alone(
    project: Project, options: tuple[str, ...]
) -> None:
    project.sit(INTERN)
    full = project.results("scripted-intern")
    project.sit(INTERN, *options)
    assert project.results("scripted-intern") == full


def test_a_pack_that_takes_anothers_name(project: Project) -> None:
    shutil.copytree(ROOT / "data" / "sample", project.path / "mine")
    result = project.run("--exam=mine", RESIDENT)
    assert result.ret == 4
    assert "Give your pack an id of its own" in result.stderr.str()


def test_another_key_or_reading_is_named_in_the_one_line(project: Project) -> None:
    result = project.sit(RESIDENT, "-q", "--extraction=published")
    line = next(line for line in result.outlines if line.startswith("sample scripted-resident"))
    assert "extraction published" in line
    loud = project.sit(RESIDENT, "--extraction=published")
    assert "scripted-resident, extraction published passed" in loud.stdout.str()


def test_projects_with_a_fixture_called_seat_are_left_alone(project: Project) -> None:
    project.pytester.makepyfile(
        test_theatre="""
        import pytest

        @pytest.fixture
        def seat():
            return "B12"

        def test_seat(seat):
            assert seat == "B12"
        """
    )
    assert project.run("test_theatre.py").ret == 0


def test_words_that_would_forge_a_sheet(project: Project) -> None:
    file = bench_file(project, "forged", "a")
    raw = json.loads(file.read_text())
    raw["metadata"]["display_name"] = "Good\n\nPASS 合格\x1b[8m\u202e"
    file.write_text(json.dumps(raw))
    import_file(project, file, "forged")
    text = project.sit("--run=forged").stdout.str()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\nPASS" not in text
