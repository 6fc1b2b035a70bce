"""Lines said while tests run: they reach the terminal, whatever pytest captures."""

from __future__ import annotations

import pytest

TALKS = """
import threading
import pytest
from jmle_plugin.session.progress import Voice

@pytest.fixture(scope="session")
def say(pytestconfig):
    return VOICES[0].say

@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    voice = Voice(session.config.pluginmanager.get_plugin("terminalreporter"), in_place=False)
    session.config.add_cleanup(voice.close)
    voice.say("before the tests")
    VOICES.append(voice)

VOICES = []
"""
TESTS = """
import threading

def test_one():
    pass

def test_two(say):
    print("what the test prints")
    thread = threading.Thread(target=say, args=("from a thread: 日本",))
    thread.start()
    thread.join()
    assert False
"""


@pytest.mark.parametrize(
    ("capture", "verbose"),
    [
        ("fd", "-v"),
        ("sys", "-vv"),
        ("no", "--color=yes"),
        ("tee-sys", "-v"),
        *(
            pytest.param(capture, verbose, marks=pytest.mark.slow)
            for capture, verbose in (
                ("fd", "-vv"), ("fd", "--color=yes"), ("sys", "-v"), ("sys", "--color=yes"),
                ("no", "-v"), ("no", "-vv"), ("tee-sys", "-vv"), ("tee-sys", "--color=yes"),
            )
        ),
    ],
)  # fmt: skip
def test_a_line_is_whole_and_no_tests_output(
    pytester: pytest.Pytester, capture: str, verbose: str
) -> None:
    pytester.makeconftest(TALKS)
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess(
        f"--capture={capture}", verbose, "-p", "no:hypothesispytest"
    )
    lines = result.outlines
    assert lines.count("before the tests") == lines.count("from a thread: 日本") == 1
    assert lines.index("before the tests") == next(
        number for number, line in enumerate(lines, 1) if "collected 2 items" in line
    )
    if capture != "no":
        captured = lines[next(n for n, line in enumerate(lines) if "Captured stdout" in line) :]
        assert "what the test prints" in captured
        assert "from a thread: 日本" not in captured


def test_a_stream_without_a_file_is_spoken_to_through_pytest(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(TALKS)
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_inprocess("--capture=sys")
    assert result.outlines.count("before the tests") == 1
    assert result.outlines.count("from a thread: 日本") == 1
