"""Secrets are not repeated."""

from __future__ import annotations

import io

from jmle_plugin.ask.gateway.redaction import HIDDEN, RedactedStream, Redaction

KEY = "sk-planted-0123456789"


def test_keys_of_the_environment_are_hidden() -> None:
    redact = Redaction({"OPENAI_API_KEY": KEY, "HOME": "/home/user"}, ["gateway-token"])
    said = redact(f"Incorrect key {KEY} in /home/user, gateway-token")
    assert said == f"Incorrect key {HIDDEN} in /home/user, {HIDDEN}"


def test_a_secret_inside_another_leaves_nothing_standing() -> None:
    assert Redaction({"A_KEY": KEY, "B_KEY": KEY + "-more"})(KEY + "-more") == HIDDEN


def test_short_and_empty_values_are_no_secrets() -> None:
    assert Redaction({"A_KEY": "", "B_TOKEN": "a"})("a banana") == "a banana"


def test_stream_hides_what_libraries_write() -> None:
    written = io.StringIO()
    stream = RedactedStream(written, Redaction({}, [KEY]))
    print("Bearer", KEY, file=stream)
    assert written.getvalue() == f"Bearer {HIDDEN}\n"
