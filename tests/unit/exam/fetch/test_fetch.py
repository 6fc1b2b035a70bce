from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jmle_plugin.errors import FetchError, PackError
from jmle_plugin.exam.fetch import FetchReport, fetch_exam

if TYPE_CHECKING:
    from tests.unit.exam.conftest import NativePackBuilder
    from tests.unit.exam.fetch.conftest import Fetch


def test_everything_pinned_arrives_and_loads(fetch: Fetch) -> None:
    report = fetch()
    assert (report.files, report.downloaded, report.kept) == (4, 4, 0)
    assert report.bytes == sum(len(raw) for raw in fetch.pack.files().values())
    assert report.folder == fetch.pack.folder
    assert fetch.here() == set(fetch.pack.names)
    assert fetch.pack.reload().questions["A-1"].images


def test_the_report_is_a_line_for_a_person() -> None:
    report = FetchReport(Path("x"), 111, 71, 40, 23_400_000, 12.34)
    assert str(report) == "x: 111 files, 71 downloaded (23.4 MB in 12.3 s), 40 already there"


def test_what_is_there_is_not_asked_for_again(fetch: Fetch) -> None:
    fetch()
    fetch.lines.clear()
    report = fetch()
    assert (report.downloaded, report.kept, report.bytes) == (0, 4, 0)
    assert fetch.web.asked.total() == 4
    assert fetch.lines == ["4 of 4 files are already there"]


def test_nothing_is_asked_of_a_server_that_is_not_needed(fetch: Fetch) -> None:
    fetch()
    fetch.web.stop()
    assert fetch().kept == 4


def test_a_fetch_goes_on_where_the_server_died(fetch: Fetch) -> None:
    def die_after_two(line: str) -> None:
        fetch.lines.append(line)
        if len(fetch.lines) == 2:
            fetch.web.stop()

    with pytest.raises(FetchError, match="Connection refused"):
        fetch_exam(fetch.pack.file, fetch.pack.root, report=die_after_two)
    assert fetch.here() == set(fetch.pack.names[:2])
    fetch.web.asked.clear()
    with fetch.web:
        report = fetch()
    assert fetch.web.asked == Counter({f"c0ffee/{name}": 1 for name in fetch.pack.names[2:]})
    assert (report.downloaded, report.kept) == (2, 2)


def test_a_wrong_file_that_is_there_is_kept_and_named(fetch: Fetch) -> None:
    mine = fetch.put("images/A-2.png", b"my own")
    message = fetch.refused()
    assert f"{mine}: is there already, but is not the published file" in message
    assert "delete it or move it away" in message
    assert mine.read_bytes() == b"my own"
    assert fetch.web.asked.total() == 0
    assert fetch.here() == {"images/A-2.png"}
    mine.unlink()
    assert fetch().downloaded == 4


def test_every_wrong_file_is_named_at_once(fetch: Fetch) -> None:
    fetch.put("images/A-2.png", b"one")
    (fetch.pack.folder / "images/A-3.png").mkdir()
    assert "; so are images/A-3.png" in fetch.refused()


def test_a_link_that_leads_out_is_not_written_through(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    fetch.pack.folder.mkdir(parents=True)
    (fetch.pack.folder / "images").symlink_to(tmp_path / "outside")
    message = fetch.refused()
    assert str(fetch.pack.folder / "images/A-1.png") in message
    assert "leads out of the exam's folder" in message
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_path_that_climbs_out_is_refused_before_anything_is_asked(fetch: Fetch) -> None:
    fetch.pack.manifest["source"]["files"]["../out.png"] = "0" * 64
    fetch.pack.write_manifest()
    message = fetch.refused(kind=PackError)
    assert str(fetch.pack.file) in message
    assert "'../out.png' is no path inside the source's folder" in message
    assert fetch.web.asked.total() == 0


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_mirror_has_the_same_paths(fetch: Fetch, slash: str) -> None:
    fetch.web.files |= {f"mirror/{name}": raw for name, raw in fetch.pack.files().items()}
    assert fetch(f"{fetch.web.url}/mirror{slash}").downloaded == 4
    assert set(fetch.web.asked) == {f"mirror/{name}" for name in fetch.pack.names}


def test_a_mirror_is_checked_like_the_original(fetch: Fetch) -> None:
    fetch.web.files[f"mirror/{fetch.pack.names[0]}"] = b"[]"
    message = fetch.refused(f"{fetch.web.url}/mirror")
    assert f"what came from {fetch.web.url}/mirror/{fetch.pack.names[0]} is not" in message


@pytest.mark.parametrize(
    "address", ["", "/srv/mirror", "file:///srv", "ftp://host/x", "http://", "http://h:99999"]
)
def test_an_address_that_is_none_is_refused(fetch: Fetch, address: str) -> None:
    message = fetch.refused(address)
    assert "is no address to download from" in message
    assert "--exam-data" in message


def test_names_are_quoted_in_the_address(fetch: Fetch) -> None:
    fetch.pack.images = {"A-1.png": fetch.pack.png(), "図 1?{path}.png": fetch.pack.png(8, 8)}
    fetch.pack.pin(fetch.web.url + "/{path}")
    fetch.pack.write_manifest()
    quoted = "images/%E5%9B%B3%201%3F%7Bpath%7D.png"
    fetch.web.files = fetch.pack.files() | {quoted: fetch.pack.png(8, 8)}
    assert fetch().downloaded == 3


def test_an_exam_of_the_suite_needs_no_fetch(native: NativePackBuilder) -> None:
    lines: list[str] = []
    report = fetch_exam(native.write(), native.root, report=lines.append)
    assert lines == ["nothing to fetch: the exam tiny is part of the suite"]
    assert report.files == 0
    assert not native.root.exists()


def test_an_exam_without_pinned_files_cannot_be_fetched(fetch: Fetch) -> None:
    del fetch.pack.manifest["source"]["files"]
    fetch.pack.write_manifest()
    message = fetch.refused()
    assert f"{fetch.pack.file}: nothing to fetch: the exam tiny pins no files" in message
    assert str(fetch.pack.folder) in message


def test_importing_the_module_costs_no_network_library() -> None:
    code = "import sys, jmle_plugin.exam.fetch; print({'pooch', 'requests'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_files_without_a_checksum_are_fetched_and_said_to_be_unchecked(fetch: Fetch) -> None:
    source = fetch.pack.manifest["source"]
    first, *others = fetch.pack.names
    source["files"].pop(first)
    source |= {
        "unverified": [first],
        "commit": "c" * 40,
        "incomplete": "Two more.",
    }
    fetch.web.files = {f"{'c' * 40}/{name}": raw for name, raw in fetch.pack.files().items()}
    fetch.pack.write_manifest()
    report = fetch()
    assert (report.files, report.downloaded) == (1 + len(others), 1 + len(others))
    assert fetch.here() == set(fetch.pack.names)
    marked = [line for line in fetch.lines if "not checked: no checksum is recorded" in line]
    assert [first in line for line in marked] == [True]
    assert fetch.lines[-2].startswith("not checked: 1 files")
    assert fetch.lines[-1] == "not fetched: Two more."
    assert fetch().kept == 1 + len(others)


def test_a_file_without_a_checksum_arrives_whole_or_not_at_all(fetch: Fetch) -> None:
    source = fetch.pack.manifest["source"]
    name = fetch.pack.names[0]
    source["files"].pop(name)
    source |= {"unverified": [name], "commit": "c" * 40}
    fetch.web.files = {f"{'c' * 40}/{one}": raw for one, raw in fetch.pack.files().items()}
    fetch.web.cut = {f"{'c' * 40}/{name}"}
    fetch.pack.write_manifest()
    with pytest.raises(FetchError):
        fetch()
    assert name not in fetch.here()
