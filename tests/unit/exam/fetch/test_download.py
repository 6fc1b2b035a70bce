from __future__ import annotations

import errno
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pooch
import pytest

if TYPE_CHECKING:
    from tests.unit.exam.fetch.conftest import Fetch

AGAIN = "Run the same command again: what has arrived is kept."


def test_each_file_is_a_line_of_its_own(fetch: Fetch) -> None:
    fetch()
    size = len(fetch.pack.images["A-2.png"])
    assert fetch.lines[2] == f"[3/4] images/A-2.png  {size} B"
    assert not any(set("\r\n") & set(line) for line in fetch.lines)


def test_a_cut_off_file_leaves_nothing_behind(fetch: Fetch) -> None:
    fetch.web.cut.add("c0ffee/images/A-2.png")
    message = fetch.refused()
    assert str(fetch.pack.folder / "images/A-2.png") in message
    assert f"{fetch.web.url}/c0ffee/images/A-2.png" in message
    assert "(cut off: IncompleteRead(" in message
    assert AGAIN in message
    assert fetch.here() == set(fetch.pack.names[:2])


def test_a_cut_off_file_is_noticed_where_the_length_is_not(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(_self: object, _url: str, output_file: str, _keeper: object) -> None:
        Path(output_file).write_bytes(fetch.pack.files()[fetch.pack.names[0]][:50])

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", half)
    message = fetch.refused()
    assert "is not the published file: 50 bytes" in message
    assert "cut off" in message
    assert fetch.here() == set()


def test_a_wrong_file_from_the_server_is_refused_and_asked_for_once(patient: Fetch) -> None:
    patient.web.files["c0ffee/images/A-2.png"] = b"<html>sign in</html>"
    message = patient.refused()
    assert str(patient.pack.folder / "images/A-2.png") in message
    assert f"what came from {patient.web.url}/c0ffee/images/A-2.png is not" in message
    assert "20 bytes with sha256" in message
    assert patient.pack.manifest["source"]["files"]["images/A-2.png"][:12] in message
    assert AGAIN in message
    assert patient.here() == set(patient.pack.names[:2])
    assert patient.web.asked["c0ffee/images/A-2.png"] == 1


def test_a_file_the_server_does_not_have_is_asked_for_once(patient: Fetch) -> None:
    del patient.web.files["c0ffee/images/A-2.png"]
    message = patient.refused()
    assert str(patient.pack.folder / "images/A-2.png") in message
    assert f"{patient.web.url}/c0ffee/images/A-2.png (HTTP 404 Not Found)" in message
    assert AGAIN in message
    assert patient.here() == set(patient.pack.names[:2])
    assert patient.web.asked["c0ffee/images/A-2.png"] == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(patient: Fetch, status: int) -> None:
    patient.web.status["c0ffee/images/A-2.png"] = [status, status, 200]
    assert patient().downloaded == 4
    assert patient.web.asked["c0ffee/images/A-2.png"] == 3
    again = [line for line in patient.lines if "trying again" in line]
    assert len(again) == 2
    assert f"images/A-2.png: HTTP {status}" in again[0]


def test_a_server_that_stays_busy_is_given_up(patient: Fetch) -> None:
    patient.web.status["c0ffee/images/A-2.png"] = [503]
    assert "(HTTP 503 Service Unavailable)" in patient.refused()
    assert patient.web.asked["c0ffee/images/A-2.png"] == 3


def test_a_broken_connection_is_tried_again(patient: Fetch) -> None:
    patient.web.cut.add("c0ffee/images/A-2.png")
    patient.web.before = lambda path: (
        patient.web.cut.discard(path) if patient.web.asked[path] == 2 else None
    )
    assert patient().downloaded == 4
    assert patient.here() == set(patient.pack.names)


def test_a_refused_connection_says_so_in_plain_words(fetch: Fetch) -> None:
    fetch.web.stop()
    message = fetch.refused()
    assert str(fetch.pack.folder / fetch.pack.names[0]) in message
    assert f"{fetch.web.url}/c0ffee/{fetch.pack.names[0]} (Connection refused)" in message
    assert "Check the connection and the address" in message
    assert AGAIN in message
    assert fetch.here() == set()


def test_a_full_disk_leaves_nothing_behind(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: object, _url: str, output_file: str, _keeper: object) -> None:
        Path(output_file).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)
    message = fetch.refused()
    assert str(fetch.pack.folder / fetch.pack.names[0]) in message
    assert f"({os.strerror(errno.ENOSPC)})" in message
    assert f"{fetch.pack.folder} can be written to and has room" in message
    assert AGAIN in message
    assert fetch.here() == set()


def test_a_file_in_the_place_of_the_folder_is_named(fetch: Fetch) -> None:
    fetch.pack.root.write_text("not a folder")
    message = fetch.refused()
    assert str(fetch.pack.folder) in message
    assert "can be written to" in message


def test_an_interrupt_leaves_nothing_behind(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_self: object, _url: str, output_file: str, _keeper: object) -> None:
        Path(output_file).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch()
    assert fetch.here() == set()


def test_a_wrong_file_that_appears_during_the_fetch_is_kept_too(fetch: Fetch) -> None:
    fetch.web.before = lambda path: (
        fetch.put("images/A-2.png", b"my own") if path.endswith("A-1.png") else None
    )
    message = fetch.refused()
    mine = fetch.pack.folder / "images/A-2.png"
    assert f"{mine}: is there already" in message
    assert "delete it or move it away" in message
    assert mine.read_bytes() == b"my own"


def test_a_password_in_the_address_is_not_repeated(fetch: Fetch) -> None:
    address = fetch.web.url.replace("://", "://me:secret@")
    message = fetch.refused(f"{address}/mirror")
    assert f"{fetch.web.url}/mirror/{fetch.pack.names[0]} (HTTP 404" in message
    assert "secret" not in message


def test_two_fetches_at_once_put_the_same_files_in_place(fetch: Fetch) -> None:
    with ThreadPoolExecutor(8) as pool:
        reports = [future.result() for future in [pool.submit(fetch) for _ in range(8)]]
    assert all(report.downloaded + report.kept == 4 for report in reports)
    assert fetch.here() == set(fetch.pack.names)
    assert fetch().kept == 4


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_files_are_as_open_as_their_folder(fetch: Fetch) -> None:
    fetch.pack.folder.mkdir(parents=True)
    fetch.pack.folder.chmod(0o750)
    fetch()
    assert (fetch.pack.folder / fetch.pack.names[0]).stat().st_mode & 0o777 == 0o640


def test_pooch_keeps_quiet_for_as_long_as_it_works_for_us(fetch: Fetch) -> None:
    heard: list[str] = []

    def hear(record: logging.LogRecord) -> bool:
        heard.append(record.getMessage())
        return False

    logger = pooch.get_logger()
    logger.addFilter(hear)
    logger.setLevel(logging.INFO)
    try:
        fetch()
        assert (heard, logger.level) == ([], logging.INFO)
    finally:
        logger.removeFilter(hear)
        logger.setLevel(logging.NOTSET)
