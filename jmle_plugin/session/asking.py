"""The gateway's life in a session: started early, given what to ask, ended, nothing lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path

from jmle_plugin.ask.matching import refuse_more_epochs
from jmle_plugin.ask.opening import can_be_asked
from jmle_plugin.ask.recording import Recorder, keep_run
from jmle_plugin.ask.run import JOURNAL, RunSpec, read_run
from jmle_plugin.ask.sitting import Seat, Sitting
from jmle_plugin.errors import GatewayError, JmleError, SettingsError
from jmle_plugin.gateway import launch
from jmle_plugin.gateway.concurrency import START
from jmle_plugin.gateway.journal import is_ending
from jmle_plugin.gateway.protocol import (
    DEFAULT_MAX_EDGE,
    GRACE,
    GatewayConfig,
    Prices,
    RunConfig,
)
from jmle_plugin.gateway.status import Course, RunStatus
from jmle_plugin.session import keeping
from jmle_plugin.session.keeping import drop_empty, fold_journal
from jmle_plugin.session.probing import Probes, check_vision, keep_sight
from jmle_plugin.session.progress import Plan, Progress
from jmle_plugin.session.settings import Settings
from jmle_plugin.text import count

_LOG = ".gateway.log"
Say = Callable[[str], None]
Show = Callable[[str, int, int], None]


class LiveAsking:
    """Asks for the replies that a session's tests will want and are not recorded.

    Lives in the controlling process alone. The order of calls is `start`, `ask` once the
    selection is known, `finish`; `finish` may come at any time, and twice.
    """

    def __init__(self, settings: Settings, sittings: Sequence[Sitting]) -> None:
        self._asking = settings.asking
        self._rows = settings.rows
        self._rewrite = settings.record_mode == "rewrite"
        self._sittings = [one for one in sittings if can_be_asked(one)]
        for one in sittings:
            if one.run.client is not None:  # of one's own, which this session does not have
                refuse_more_epochs(read_run(one.folder), one.folder, one.run.epochs)
        if self._rewrite and (closed := [one for one in sittings if one not in self._sittings]):
            raise SettingsError(
                f"run {closed[0].run.run} cannot be asked anew: it was imported, or a client's "
                "of your own or a script's, or is half of an audit",
                remedy="Leave out --record-mode=rewrite, or say --images=audit for both halves.",
            )
        self.courses: dict[str, Course] = {}
        """A run's address -> how many calls of its model there were at a time, once it ended."""
        self._probes = Probes([], None)
        self._token = launch.new_token()
        self._gateway: launch.Gateway | None = None
        self._log = Path()
        self._progress: Progress | None = None
        self._announced = False
        self._death = ""
        self._say: Say = lambda _: None

    def start(self, say: Say) -> None:
        """Keep what an earlier session left; start the gateway where anything may be missing.

        Returns before the gateway is ready: that takes seconds, in which tests are collected.
        `say` gets a line where the gateway of an earlier session is waited for.
        """
        for one in self._sittings:
            if is_ending(one.folder / JOURNAL):
                say(
                    f"waiting up to {GRACE:g} seconds: {one.run.run} is asked by an earlier session"
                )
            if self._rewrite and not keeping.resumes(one):
                keeping.set_journal_aside(one)
            else:
                fold_journal(one)
        runs = [one for one in self._sittings if self._rewrite or _lacks_any(one)]
        if not runs:
            return
        self._log = runs[0].folder / _LOG
        self._probes = Probes(runs, self._asking.api_base)
        self._gateway = launch.start(self._config(runs), self._log)

    @property
    def address(self) -> str | None:
        """Where models are asked, None where nothing is missing; waits for the port."""
        return self._gateway.address if self._gateway else None

    @property
    def token(self) -> str:
        """The secret that requests carry."""
        return self._token

    def ask(
        self,
        seats: Iterable[Seat],
        say: Say,
        *,
        interval: float | None,
        show: Show = lambda *_: None,
    ) -> None:
        """Announce what of `seats` is missing, once it is certain that it can be asked.

        `say` gets the plan, `show` every `interval` seconds (None for never) the progress.
        Raises JmleError, before any call, for a missing key, an unknown model, a stale
        or damaged cassette, or a price that is not known where there is a cap.
        """
        if self._gateway is None:
            return
        self._say = say
        chosen = list(seats)
        plans = [self._plan(one, chosen) for one in self._sittings]
        plans = [plan for plan in plans if plan.asked]
        if not plans:
            self._close()
            return
        ready = self._gateway.ready()
        facts = ready.models
        if ready.warning:
            say(f"warning: {ready.warning}")
        for plan in plans:
            unsaid = self._says_nothing_of_figures(plan.sitting.run)
            check_vision(plan, facts[plan.sitting.run.model], unsaid=unsaid)
            if self._rewrite:
                keeping.check_whole(plan.sitting, plan.asked)
        insist = self._asking.image_probe == "optional"
        sights = self._probes.look(self._gateway, plans, say, insist=insist)
        for plan in plans:
            for line in plan.lines(
                facts[plan.sitting.run.model], self._at_a_time, batch=self._asking.batch
            ):
                say(line)
            if self._rewrite and (folder := keeping.set_aside(plan.sitting, plan.asked)):
                say(f"  the replies recorded before are in {folder}")
            keep_sight(plan.sitting, sights)
            self._announce(plan)
        self._gateway.watch(self._died)
        if interval is not None:
            self._progress = Progress(self._gateway.status, show, interval)

    def _announce(self, plan: Plan) -> None:
        assert self._gateway is not None  # noqa: S101 - announced to it
        if self._asking.batch:  # what is ordered fixes how the run is asked
            keep_run(plan.sitting.folder, plan.sitting.run)
        self._announced = True
        self._gateway.announce(plan.announcement)

    def finish(self) -> dict[str, str]:
        """End asking and keep what arrived; a run's address -> why some of it was not asked.

        Interrupted while it waits for calls in flight, it leaves them to the gateway, which
        outlives this process for them: the next session keeps what arrives.
        """
        if self._progress is not None:
            self._progress.end()
        try:
            reasons = _apart(self._stop)
        except KeyboardInterrupt:
            return {}
        self._close()
        for one in self._sittings:
            try:
                fold_journal(one)
                keeping.finish(one)
            except JmleError as error:
                reasons.setdefault(one.run.address, str(error))
        return reasons

    def _plan(self, sitting: Sitting, seats: Iterable[Seat]) -> Plan:
        # Several tests may be about one question, which is asked once.
        own = {(seat.question.id, seat.epoch): seat for seat in seats if seat.sitting is sitting}
        if self._rewrite:
            missing = keeping.unwritten(sitting, own.values())
        else:
            missing = [seat for seat in own.values() if not seat.cassette.exists()]
        asked = {(seat.question.id, seat.epoch) for seat in missing}
        recorded = [seat for name, seat in own.items() if name not in asked]
        if missing:
            keeper = Recorder(sitting.run)
            for seat in recorded:
                keeper.check(seat.cassette, seat.request)
        return Plan(sitting, tuple(missing), tuple(recorded))

    def _says_nothing_of_figures(self, run: RunSpec) -> bool:
        said = any((one.model, one.images) == (run.model, run.images) for one in self._rows)
        return not said and (self._asking.images is None or self._asking.audit)

    def _config(self, runs: Sequence[Sitting]) -> GatewayConfig:
        asking = self._asking
        edges = {one.run.image_max_edge or DEFAULT_MAX_EDGE for one in runs}
        if len(edges) > 1:
            raise SettingsError(
                "these runs show figures of different sizes, and cannot sit side by side",
                remedy="Let them sit one after the other.",
            )
        return GatewayConfig(
            token=self._token,
            runs=[
                RunConfig(
                    run=one.run.address, model=one.run.model, journal=str(one.folder / JOURNAL)
                )
                for one in runs
            ]
            + self._probes.configs,
            concurrency=asking.concurrency,
            max_concurrency=asking.max_concurrency,
            request_timeout=asking.request_timeout,
            max_retries=asking.max_retries,
            rpm=asking.rpm,
            tpm=asking.tpm,
            api_base=asking.api_base,
            bases={row.model: row.api_base for row in self._rows if row.api_base},
            image_max_edge=edges.pop(),
            prices=Prices(input=asking.prices[0], output=asking.prices[1])
            if asking.prices
            else None,
            max_cost=asking.max_cost,
            finish_optional=asking.finish_reason == "optional",
            batch=asking.batch,
            batch_wait=asking.batch_wait,
            batch_again=asking.batch_again,
        )

    @property
    def _at_a_time(self) -> str:
        asking = self._asking
        if asking.concurrency is not None:
            return f"{asking.concurrency} at a time"
        most = asking.max_concurrency
        return f"{min(START, most)} at a time at first, {most} at most"

    def _died(self, error: GatewayError) -> None:
        self._death = str(error)

    def _stop(self) -> dict[str, str]:
        if self._gateway is None or not self._announced:
            return {}
        try:
            status = self._gateway.stop("the session has ended")
            if status.unfinished:
                self._say(
                    f"waiting up to {GRACE:g} seconds for {count(status.unfinished, 'call')} in "
                    "flight (Ctrl-C leaves what arrives to the next session)"
                )
                status = self._gateway.stop(drain=GRACE)
        except GatewayError as error:
            return {one.run.address: self._death or str(error) for one in self._sittings}
        self.courses = {name: one.course for name, one in status.runs.items() if one.course}
        return {name: why for name, one in status.runs.items() if (why := _why_ended(one))}

    def _close(self) -> None:
        if self._gateway is None:
            return
        self._gateway.close()
        self._gateway = None
        if not self._death:
            self._log.unlink(missing_ok=True)
        for one in self._sittings:
            drop_empty(one.folder)


def _apart(work: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What `work` gives, in a thread: Ctrl-C ends the wait for it, no connection half opened."""
    given: Future[dict[str, str]] = Future()

    def run() -> None:
        try:
            given.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            given.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return given.result()


def _why_ended(status: RunStatus) -> str:
    """Why some of a run has no reply; empty where nothing but single failures explains it."""
    capped = "--max-cost ended the asking" if status.capped else ""
    waiting = f"waiting for replies ({status.batch}); the same command collects them"
    return status.fatal or "; ".join(filter(None, [capped, waiting if status.batch else ""]))


def _lacks_any(sitting: Sitting) -> bool:
    return not all(seat.cassette.exists() for seat in sitting.seats())
