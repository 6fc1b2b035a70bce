"""Secrets are not repeated."""

from __future__ import annotations

import asyncio
import io
import json
from urllib.parse import quote

import pytest

from jmle_plugin.gateway.__main__ import Departure, _serve
from jmle_plugin.gateway.failures import HIDDEN, RedactedStream, Redaction
from jmle_plugin.gateway.protocol import GatewayConfig, Refused

KEY = "sk-planted-0123456789"


def test_keys_of_the_environment_are_hidden() -> None:
    redact = Redaction({"OPENAI_API_KEY": KEY, "HOME": "/home/user"}, ["gateway-token"])
    said = redact(f"Incorrect key {KEY} in /home/user, gateway-token")
    assert said == f"Incorrect key {HIDDEN} in /home/user, {HIDDEN}"


def test_a_secret_inside_another_leaves_nothing_standing() -> None:
    assert Redaction({"A_KEY": KEY, "B_KEY": KEY + "-more"})(KEY + "-more") == HIDDEN


def test_secret_is_known_in_every_form_it_is_told_in() -> None:
    key = "sk/planted+0123456789=="
    account = json.dumps({"type": "account", "private_key": "BEGIN\nplanted\nEND"}, indent=2)
    redact = Redaction({"API_KEY": key, "GOOGLE_APPLICATION_CREDENTIALS": account})
    for told in (quote(key, safe=""), account, " ".join(account.split()), json.dumps(account)):
        assert "planted" not in redact(f"said {told}")
        assert "planted" not in redact.throughout({"said": [told]})["said"][0]


def test_refusal_to_start_repeats_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    # A file's place is named, and somebody put the file's content there.
    refused = Refused(error=f"File {KEY} was not found.", remedy="Name one.")
    monkeypatch.setattr("jmle_plugin.gateway.__main__.judge", lambda _: refused)
    run = {"run": "r", "model": "m", "journal": "j"}
    config = GatewayConfig.model_validate({"token": "planted" * 3, "runs": [run]})
    said = io.BytesIO()
    asyncio.run(_serve(config, {}, Redaction({"SOME_KEY": KEY}), said, Departure((), 0.0)))
    last = Refused.from_line(said.getvalue().splitlines()[-1])
    assert (last.error, last.remedy) == (f"File {HIDDEN} was not found.", "Name one.")


def test_short_and_empty_values_are_no_secrets() -> None:
    assert Redaction({"A_KEY": "", "B_TOKEN": "a"})("a banana") == "a banana"


def test_stream_hides_what_libraries_write() -> None:
    written = io.StringIO()
    stream = RedactedStream(written, Redaction({}, [KEY]))
    print("Bearer", KEY, file=stream)
    assert written.getvalue() == f"Bearer {HIDDEN}\n"
