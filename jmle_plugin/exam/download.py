"""Files over HTTP, by way of pooch, each checked against its sha256 where one is recorded.

Each file arrives beside its place under a temporary name, is compared with its pinned
sha256, and is moved into place only when it is right. So whatever stands under a file's
own name is whole, an interrupted fetch goes on where it stopped, and two fetches at once
can only put the same bytes in the same place.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

from jmle_plugin.errors import FetchError

RETRIES = 2
"""Further attempts after a failed connection; pooch waits 1 s, then 2 s before them."""
_CHUNK = 1 << 16
_AGAIN = "Run the same command again: what has arrived is kept."


@dataclass(frozen=True, slots=True)
class Item:
    """One file to bring, the `number`-th of the exam's files."""

    number: int
    name: str
    path: Path
    """Where it belongs."""
    sha256: str | None
    """None where it is not recorded: whatever arrives whole is taken."""
    url: str


def download(items: Sequence[Item], *, total: int, report: Callable[[str], None]) -> list[int]:
    """Bring the files in turn, one `report` line each; the sizes of those that came.

    A file that another fetch brought meanwhile is left alone and has no size. Raises
    FetchError, which names file and URL; files that arrived before it stay.
    """
    if not items:
        return []
    # Here, not above: pooch and requests are worth their import time to a fetch alone.
    import pooch  # noqa: PLC0415

    width = len(str(total))
    sizes: list[int] = []
    with _quiet(pooch.get_logger()):
        for item in items:
            attempt = _Attempt(pooch.HTTPDownloader(chunk_size=_CHUNK), item, report)
            keeper = pooch.create(
                path=item.path.parent,
                base_url="",
                registry={item.path.name: item.sha256},
                urls={item.path.name: item.url},
                retry_if_failed=RETRIES,
                # A wrong file that appeared since the check is not overwritten either.
                allow_updates=False,
            )
            try:
                keeper.fetch(item.path.name, downloader=attempt)
            except (OSError, ValueError) as error:
                raise _failure(error, item) from error
            if attempt.size is not None:
                sizes.append(attempt.size)
            shown = "already there" if attempt.size is None else shown_size(attempt.size)
            unchecked = "" if item.sha256 else "  not checked: no checksum is recorded"
            report(f"[{item.number:>{width}}/{total}] {item.name}  {shown}{unchecked}")
    return sizes


class _Attempt:
    """What pooch calls to download a file, and calls again after a failed connection.

    pooch repeats after any ValueError or requests exception, a wrong checksum and "not
    found" included. What no repetition mends is raised as FetchError and so ends it.
    """

    def __init__(
        self, http: Callable[..., None], item: Item, report: Callable[[str], None]
    ) -> None:
        self.http = http
        self.item = item
        self.report = report
        self.tries = 0
        self.size: int | None = None
        """Bytes that arrived; None until all of them have."""

    def __call__(self, url: str, output_file: str, keeper: object) -> None:
        from requests.exceptions import RequestException  # noqa: PLC0415

        self.tries += 1
        try:
            self.http(url, output_file, keeper)
        except RequestException as error:
            if error.response is not None:
                # pooch leaves the connection of a refused request open.
                error.response.close()
            if self.tries > RETRIES or not _passing(error):
                raise _failure(error, self.item) from error
            self.report(f"  {self.item.name}: {reason(error)}; trying again")
            raise
        self._check(Path(output_file))

    def _check(self, arrived: Path) -> None:
        found, size = file_sha256(arrived), arrived.stat().st_size
        if self.item.sha256 not in (None, found):
            raise FetchError(
                f"what came from {public(self.item.url)} is not the published file: {size:,} "
                f"bytes with sha256 {found[:12]}…, the pack pins {str(self.item.sha256)[:12]}…",
                where=self.item.path,
                remedy="It was changed or cut off on the way, or the address serves something "
                f"else. {_AGAIN}",
            )
        # pooch's temporary files are private; data is for every user of the folder.
        arrived.chmod(arrived.parent.stat().st_mode & 0o666)
        self.size = size


def _failure(error: Exception, item: Item) -> FetchError:
    from requests.exceptions import RequestException  # noqa: PLC0415

    if not isinstance(error, OSError):
        return wrong_file(item.path, item.sha256 or "unknown")
    if isinstance(error, RequestException):
        remedy = f"Check the connection and the address. {_AGAIN}"
    else:
        remedy = f"See to it that {item.path.parent} can be written to and has room. {_AGAIN}"
    return FetchError(
        f"cannot be downloaded from {public(item.url)} ({reason(error)})",
        where=item.path,
        remedy=remedy,
    )


def wrong_file(path: Path, sha256: str, others: Sequence[str] = ()) -> FetchError:
    """What to say of a file that stands in the place of the published one."""
    return FetchError(
        f"is there already, but is not the published file (sha256 {sha256[:12]}…)"
        + (f"; so are {', '.join(others)}" if others else ""),
        where=path,
        remedy="Nothing is overwritten: delete it or move it away, then run the same command "
        "again.",
    )


def _passing(error: Exception) -> bool:
    """Whether the same request may well succeed in a moment."""
    response: Any = getattr(error, "response", None)
    if response is None:
        return True
    status: int = response.status_code
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }


def reason(error: BaseException) -> str:
    """The innermost cause in its own words: requests wraps "refused" in three layers."""
    response: Any = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code} {response.reason}".strip()
    while inner := error.__cause__ or error.__context__:
        error = inner
    if isinstance(error, IncompleteRead):
        return f"cut off: {error}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def public(url: str) -> str:
    """A URL without the name and password it may carry."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def file_sha256(path: Path) -> str:
    """The checksum of a file's bytes; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shown_size(count: int) -> str:
    """Bytes for a person: 145 kB, 2.3 MB."""
    for unit, size in (("MB", 1_000_000), ("kB", 1000)):
        if count >= size:
            return f"{count / size:.1f} {unit}" if unit == "MB" else f"{count // size} {unit}"
    return f"{count} B"
