"""The import desk: files handed in by browsers, understood, checked and committed in the background.

A file waits sealed in a private folder until it is committed or cancelled; where it stands is in the store. So a desk
that starts anew takes up what was in hand: what was previewed is checked again against the register of now. A commit
is all or nothing: one that was cut off left the file previewed. One piece of long work runs at a time, in a thread
that answers no clicks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

from geodata.errors import ExplainedError
from gridmap.access.service import actor_of
from gridmap.accounts.actor import Actor
from gridmap.batches import service as batches
from gridmap.batches.states import IN_HAND, Status
from gridmap.batches.waiting import Waiting
from gridmap.bootstrap import Store
from gridmap.errors import NotFoundError
from gridmap.i18n import translator
from gridmap.importing.apart import understand_apart
from gridmap.importing.choices import SheetChoice, choices_as_json
from gridmap.importing.layouts import known_layouts
from gridmap.importing.register import KIND, import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.importing.understand import NotARegisterError, understand
from gridmap.importing.verdicts import error_workbook
from web.desk_jobs import BUSY, OVER, ImportStateError, Job, Order, State, choices_of, handed_in, order_of
from web.errors import BodyTooLargeError, UnexpectedError
from web.faults import log_fault

KEPT: Final = timedelta(hours=24)
_STATUS: Final = {
    State.UNDERSTOOD: Status.UNDERSTOOD,
    State.CHECKED: Status.PREVIEWED,
    State.CANCELLED: Status.CANCELLED,
    State.FAILED: Status.FAILED,
}
"""What the store is told of a state; a commit tells it itself."""


class _CancelledError(Exception):
    """Raised inside the background work to end it."""


class Desk:
    """All files in hand. ``apart``: files are read in a process of their own."""

    def __init__(self, store: Store, folder: Path, *, upload_mb: int, apart: bool = True) -> None:
        self._store = store
        self.folder = folder
        self._waiting = Waiting(folder, store.key)
        self._apart = apart
        self._most_bytes = upload_mb * 1_048_576
        self._jobs: dict[UUID, Job] = {}
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="gridmap-import")
        self._closing = False
        self._take_up()

    def receive(self, actor: Actor, file_name: str, content: BinaryIO, order: Order) -> Job:
        """Take a file in and begin to understand it.

        Raises:
            BodyTooLargeError: it is larger than is taken.
        """
        self._forget_old()
        job_id = batches.new_id()
        kept = self._waiting.keep(job_id, content, self._most_bytes)
        if kept is None:
            raise BodyTooLargeError(limit_mb=self._most_bytes // 1_048_576)
        name = Path(file_name.replace("\\", "/")).name[:200] or "-"
        job = Job(job_id, actor, name, kept[0], order, datetime.now(UTC))
        try:
            with self._store.write() as unit:
                batches.receive(unit, job.id, actor.user_id, handed_in(KIND, name, kept, order))
        except Exception:
            self._waiting.discard(job.id)
            raise
        with self._lock:
            self._jobs[job.id] = job
        self._start(job, self._understand)
        return job

    def jobs(self, actor: Actor) -> list[Job]:
        """The files of a user, the newest first."""
        with self._lock:
            own = [job for job in self._jobs.values() if job.actor.user_id == actor.user_id]
        return sorted(own, key=lambda job: job.at, reverse=True)

    def get(self, actor: Actor, job_id: UUID) -> Job:
        """One of the user's own files.

        Raises:
            NotFoundError: there is none, or it is somebody else's.
        """
        job = self.find(actor, job_id)
        if job is None:
            raise NotFoundError
        return job

    def find(self, actor: Actor, job_id: UUID) -> Job | None:
        """One of the user's own files, where it is in hand."""
        with self._lock:
            job = self._jobs.get(job_id)
        return job if job is not None and job.actor.user_id == actor.user_id else None

    def read_again(self, job: Job, actor: Actor, choices: Mapping[str, SheetChoice], effective: date | None) -> None:
        """Understand the file anew, by what somebody decided.

        Raises:
            ImportStateError: the file was not understood yet, or is further on.
        """
        self._decide(job, actor, choices, effective, State.RECEIVED)
        self._start(job, self._understand)

    def check(self, job: Job, actor: Actor, choices: Mapping[str, SheetChoice], effective: date | None) -> None:
        """Judge every row without writing anything, with the rights of this moment; ``choices`` is what somebody
        decided of the sheets, ``effective`` the date of the register.

        Raises:
            ImportStateError: the file was not understood yet, or is further on.
        """
        self._decide(job, actor, choices, effective, State.CHECKING)
        self._start(job, self._check)

    def _decide(
        self, job: Job, actor: Actor, choices: Mapping[str, SheetChoice], effective: date | None, state: State
    ) -> None:
        self._move(job, {State.UNDERSTOOD, State.CHECKED}, state)
        job.actor, job.choices, job.preview, job.error = actor, dict(choices), None, None
        job.order = replace(job.order, effective=effective)

    def commit(self, job: Job, actor: Actor) -> None:
        """Write the checked file into the register, with the rights of this moment. Pressed again, in another tab too,
        it is still one import.

        Raises:
            ImportStateError: it was not checked.
        """
        if job.state in {State.COMMITTING, State.COMMITTED}:
            return
        self._move(job, {State.CHECKED}, State.COMMITTING)
        job.actor = actor
        self._start(job, self._commit)

    def cancel(self, job: Job) -> None:
        """Give up a file; work that runs on it ends at its next step, a commit with everything it wrote so far.

        Raises:
            ImportStateError: it is done.
        """
        with self._lock:
            if job.state in OVER:
                raise ImportStateError
            job.cancelled = True
            if job.state is State.COMMITTING:
                return
            job.state = State.CANCELLED
        self._tell(job)
        self._discard(job)

    def close(self) -> None:
        """End the background work; what is in hand stays for the next start."""
        self._closing = True
        with self._lock:
            for job in self._jobs.values():
                job.cancelled = job.cancelled or job.state is not State.COMMITTING
        self._worker.shutdown()

    # --- taking up what an earlier run left --------------------------------------------------------------------------

    def _take_up(self) -> None:
        with self._store.write() as unit:
            batches.give_up(unit, datetime.now(UTC) - KEPT)
            found = [(batch, self._owner(unit, batch.created_by)) for batch in batches.in_hand(unit)]
            for batch, actor in found:
                if actor is None:
                    batch.status = Status.CANCELLED.value
            known = [(batch, actor) for batch, actor in found if actor is not None and self._waiting.has(batch.id)]
            jobs = [
                (Job(b.id, actor, b.file_name, b.size_bytes, order_of(b), b.created_at, taken_up=True), b.status)
                for b, actor in known
            ]
            for (job, _), (batch, _) in zip(jobs, known, strict=True):
                job.choices = choices_of(batch)
        self._waiting.sweep([job.id for job, _ in jobs])
        for job, status in jobs:
            self._jobs[job.id] = job
            previewed = status in {Status.CHECKED.value, Status.PREVIEWED.value}
            job.state = State.CHECKING if previewed else State.RECEIVED
            self._start(job, self._check if previewed else self._understand)

    @staticmethod
    def _owner(unit: Any, user_id: UUID | None) -> Actor | None:
        try:
            return None if user_id is None else actor_of(unit, user_id)
        except NotFoundError:
            return None

    # --- work in the background --------------------------------------------------------------------------------------

    def _move(self, job: Job, allowed: set[State], state: State) -> None:
        with self._lock:
            if job.state not in allowed:
                raise ImportStateError
            job.state = state
            job.done = job.total = 0

    def _start(self, job: Job, work: Callable[[Job], State]) -> None:
        self._worker.submit(self._run, job, work)

    def _run(self, job: Job, work: Callable[[Job], State]) -> None:
        """Do a step; whatever happens ends in a state that the page can show."""
        try:
            after = State.CANCELLED if job.cancelled else work(job)
        except _CancelledError:
            after = State.CANCELLED
        except ExplainedError as error:
            job.error, after = error, State.FAILED
        except Exception as error:  # noqa: BLE001 - a thread nobody waits for must not die unheard
            log_fault(str(job.id), error)
            job.error, after = UnexpectedError(id=str(job.id)), State.FAILED
        if self._closing and after is not State.COMMITTED:
            return  # not given up: the next start goes on with it
        with self._lock:
            job.state = State.CANCELLED if job.cancelled and after is not State.COMMITTED else after
        self._tell(job)
        if job.state in OVER:
            self._discard(job)

    def _tell(self, job: Job) -> None:
        """Let the store know where a file stands, unless it knows better."""
        status = _STATUS.get(job.state)
        if status is None:
            return
        try:
            with self._store.write() as unit:
                batch = batches.move_on(unit, job.id, IN_HAND, status)
                batch.effective = job.order.effective
                if job.state in {State.UNDERSTOOD, State.CHECKED}:
                    batches.choose(unit, job.id, {"sheets": choices_as_json(job.choices)})
        except ExplainedError:
            pass  # somebody else moved it on, or the store is away: it is asked again at the next step
        except Exception as error:  # noqa: BLE001 - as above
            log_fault(str(job.id), error)

    def _understand(self, job: Job) -> State:
        self._read(job)
        return State.UNDERSTOOD

    def _check(self, job: Job) -> State:
        if not self._read(job):
            return State.UNDERSTOOD
        job.preview = self._import(job, dry_run=True)
        job.workbook, _ = self._workbook(job, job.preview)
        return State.CHECKED

    def _commit(self, job: Job) -> State:
        if job.understood is None:
            self._read(job)
        job.result = self._import(job, dry_run=False)
        job.workbook, _ = self._workbook(job, job.result)
        return State.COMMITTED

    def _read(self, job: Job) -> bool:
        """Understand the file anew, by what was decided of it; whether it holds residents as it is understood."""
        with self._store.read() as unit:
            layouts = known_layouts(unit, job.order.region)
        with self._waiting.opened(job.id, job.ending) as path:
            read = partial(understand_apart, alive=lambda: self._alive(job)) if self._apart else understand
            job.understood = read(path, name=job.file_name, choices=job.choices, layouts=layouts)
        try:
            job.understood.registers()
        except NotARegisterError as error:
            job.error = error  # somebody may say which rows are the headings and which column the names
            return False
        return True

    def _alive(self, job: Job) -> None:
        if job.cancelled:
            raise _CancelledError

    def _workbook(self, job: Job, outcome: BatchResult) -> tuple[bytes, int]:
        """The rows to be mended, in the owner's language."""
        if job.understood is None or not outcome.to_mend:
            return b"", 0
        return error_workbook(outcome, job.understood.tables, translator(job.order.language).gettext)

    def _import(self, job: Job, *, dry_run: bool) -> BatchResult:
        order = job.order
        options = RegisterOptions(
            effective=order.effective,
            complete=order.complete,
            dry_run=dry_run,
            choices=job.choices,
            language=order.language,
        )

        def progress(step: str, done: int, total: int) -> None:
            self._alive(job)
            job.step, job.done, job.total = step, done, total
            if dry_run and step == "match":
                self._checked(job)

        with self._waiting.opened(job.id, job.ending) as path:
            return import_register(
                self._store, job.actor, path, order.area_code, options, progress=progress, name=job.file_name,
                batch_id=job.id, understood=job.understood,
            )  # fmt: skip

    def _checked(self, job: Job) -> None:
        """Every value was judged; what it means for the register follows."""
        with self._store.write() as unit:
            batches.move_on(unit, job.id, IN_HAND, Status.CHECKED)

    def _discard(self, job: Job) -> None:
        """Delete the file, and what was read from it; the rows to be mended of a committed one are in the store."""
        job.understood = None
        self._waiting.discard(job.id)
        if job.state is not State.COMMITTED:
            job.workbook = b""

    def _forget_old(self) -> None:
        """Files that nobody went on with are given up after a day."""
        limit = datetime.now(UTC) - KEPT
        with self._lock:
            old = [job for job in self._jobs.values() if job.at < limit and job.state not in BUSY]
            for job in old:
                del self._jobs[job.id]
        for job in old:
            self._discard(job)
        with self._store.write() as unit:
            batches.give_up(unit, limit)

