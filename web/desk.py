"""The import desk: files handed in by browsers, understood, checked and committed in the background.

A file waits in a private folder until it is committed or cancelled; then it is deleted, and what is left of earlier
runs of the server is deleted at the start. One piece of long work runs at a time, in a thread that answers no clicks.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID, uuid4

from geodata.errors import ExplainedError
from gridmap.accounts.actor import Actor
from gridmap.bootstrap import Store
from gridmap.errors import GridmapError, NotFoundError
from gridmap.i18n import translator
from gridmap.importing.headings import ColumnStatus
from gridmap.importing.register import import_register
from gridmap.importing.result import BatchResult, RegisterOptions
from gridmap.importing.understand import Understood, understand
from gridmap.importing.verdicts import write_error_workbook
from web.errors import BodyTooLargeError, UnexpectedError
from web.faults import log_fault

KEPT: Final = timedelta(hours=24)
CHUNK: Final = 1 << 20


class State(StrEnum):
    """Where a file is on its way."""

    RECEIVED = "received"
    UNDERSTOOD = "understood"
    CHECKING = "checking"
    CHECKED = "checked"
    COMMITTING = "committing"
    COMMITTED = "committed"
    CANCELLED = "cancelled"
    FAILED = "failed"


BUSY: Final = frozenset({State.RECEIVED, State.CHECKING, State.COMMITTING})
OVER: Final = frozenset({State.COMMITTED, State.CANCELLED, State.FAILED})


class ImportStateError(GridmapError):
    """A step out of order: somebody pressed twice, or the file is already gone."""

    code = "import_state"
    message = "This import is at another step now."
    hint = "Reload the page to see where it stands."


class _CancelledError(Exception):
    """Raised inside the background work to end it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants done with a file."""

    area_id: UUID
    area_code: str
    area_name: str
    effective: date | None
    complete: bool
    language: str


@dataclass(slots=True)
class Job:
    """One file and what is known of it. Only its owner sees it."""

    id: UUID
    actor: Actor
    file_name: str
    size_bytes: int
    path: Path = field(repr=False)
    order: Order
    at: datetime
    state: State = State.RECEIVED
    step: str = ""
    done: int = 0
    total: int = 0
    understood: Understood | None = field(default=None, repr=False)
    preview: BatchResult | None = field(default=None, repr=False)
    result: BatchResult | None = field(default=None, repr=False)
    error: ExplainedError | None = None
    cancelled: bool = False
    chosen: dict[str, dict[str, str]] = field(default_factory=dict)
    workbook: Path | None = None

    @property
    def outcome(self) -> BatchResult | None:
        """What was committed, or what would be."""
        return self.result or self.preview


class Desk:
    """All files in hand."""

    def __init__(self, store: Store, folder: Path, *, upload_mb: int) -> None:
        self._store = store
        self.folder = folder
        self._most_bytes = upload_mb * 1_048_576
        self._jobs: dict[UUID, Job] = {}
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="gridmap-import")
        shutil.rmtree(folder, ignore_errors=True)

    def receive(self, actor: Actor, file_name: str, content: BinaryIO, order: Order) -> Job:
        """Take a file in and begin to understand it.

        Raises:
            BodyTooLargeError: it is larger than is taken.
        """
        self._forget_old()
        job_id = uuid4()
        folder = self.folder / str(job_id)
        folder.mkdir(parents=True, mode=0o700)
        self.folder.chmod(0o700)
        # The name comes from elsewhere: only its ending is used, for telling what kind of file it is.
        path = folder / f"upload{Path(file_name).suffix.lower()[:8]}"
        size = self._save(content, path)
        job = Job(
            id=job_id,
            actor=actor,
            file_name=Path(file_name.replace("\\", "/")).name[:200] or "-",
            size_bytes=size,
            path=path,
            order=order,
            at=datetime.now(UTC),
        )
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
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or job.actor.user_id != actor.user_id:
            raise NotFoundError
        return job

    def check(self, job: Job, actor: Actor, chosen: Mapping[str, str]) -> None:
        """Judge every row without writing anything, with the rights of this moment; ``chosen`` says by letters what
        columns of the register's sheet mean, where somebody decided.

        Raises:
            ImportStateError: the file was not understood yet, or is further on.
        """
        self._move(job, {State.UNDERSTOOD, State.CHECKED}, State.CHECKING)
        job.actor = actor
        job.chosen = _decided(job, chosen)
        self._start(job, self._check)

    def commit(self, job: Job, actor: Actor) -> None:
        """Write the checked file into the register, with the rights of this moment.

        Raises:
            ImportStateError: it was not checked, or is being written already.
        """
        self._move(job, {State.CHECKED}, State.COMMITTING)
        job.actor = actor
        self._start(job, self._commit)

    def cancel(self, job: Job) -> None:
        """Give up a file; work that runs on it ends at its next step.

        Raises:
            ImportStateError: it is being written or is done.
        """
        with self._lock:
            if job.state in OVER or job.state is State.COMMITTING:
                raise ImportStateError
            job.cancelled = True
            job.state = State.CANCELLED
        self._discard(job)

    def close(self) -> None:
        """End the background work and delete what was not committed."""
        with self._lock:
            for job in self._jobs.values():
                job.cancelled = job.cancelled or job.state is not State.COMMITTING
        self._worker.shutdown()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _save(self, content: BinaryIO, path: Path) -> int:
        size = 0
        with path.open("xb") as file:
            path.chmod(0o600)
            while size <= self._most_bytes and (chunk := content.read(CHUNK)):
                size += len(chunk)
                file.write(chunk)
        if size > self._most_bytes:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise BodyTooLargeError(limit_mb=self._most_bytes // 1_048_576)
        return size

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
        with self._lock:
            job.state = State.CANCELLED if job.cancelled and after is not State.COMMITTED else after
        if job.state in OVER:
            self._discard(job)

    def _understand(self, job: Job) -> State:
        job.understood = understand(job.path, name=job.file_name)
        job.understood.registers()
        return State.UNDERSTOOD

    def _check(self, job: Job) -> State:
        job.understood = understand(job.path, name=job.file_name, chosen=job.chosen)
        job.preview = self._import(job, dry_run=True)
        self._write_workbook(job, job.preview)
        return State.CHECKED

    def _commit(self, job: Job) -> State:
        job.result = self._import(job, dry_run=False)
        self._write_workbook(job, job.result)
        return State.COMMITTED

    def _write_workbook(self, job: Job, outcome: BatchResult) -> None:
        """The rows to be mended, in the owner's language; it outlives the file, for a day."""
        path = self.folder / f"{job.id}.xlsx"
        rows = write_error_workbook(outcome, job.path, path, translate=translator(job.order.language).gettext)
        path.chmod(0o600)
        job.workbook = path if rows else None

    def _import(self, job: Job, *, dry_run: bool) -> BatchResult:
        order = job.order
        options = RegisterOptions(
            effective=order.effective, complete=order.complete, dry_run=dry_run, columns=job.chosen
        )

        def progress(step: str, done: int, total: int) -> None:
            if job.cancelled:
                raise _CancelledError
            job.step, job.done, job.total = step, done, total

        return import_register(
            self._store, job.actor, job.path, order.area_code, options, progress=progress, name=job.file_name
        )

    def _discard(self, job: Job) -> None:
        """Delete the file, and what was read from it; the rows to be mended outlive a file that was committed only."""
        job.understood = None
        shutil.rmtree(job.path.parent, ignore_errors=True)
        if job.state is not State.COMMITTED and job.workbook is not None:
            job.workbook.unlink(missing_ok=True)
            job.workbook = None

    def _forget_old(self) -> None:
        """Files that nobody went on with are given up after a day."""
        limit = datetime.now(UTC) - KEPT
        with self._lock:
            old = [job for job in self._jobs.values() if job.at < limit and job.state not in BUSY]
            for job in old:
                del self._jobs[job.id]
        for job in old:
            self._discard(job)
            if job.workbook is not None:
                job.workbook.unlink(missing_ok=True)


def _decided(job: Job, chosen: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What somebody decided of columns so far, by sheet: earlier decisions, and where they now differ from what the
    page showed."""
    decided = {sheet: dict(columns) for sheet, columns in job.chosen.items()}
    sheet = next((sheet for sheet in job.understood.sheets if sheet.is_register), None) if job.understood else None
    for column in sheet.columns if sheet else ():
        shown = (column.field or "") if column.status is ColumnStatus.MAPPED else ""
        wanted = chosen.get(column.letters, shown)
        if sheet is not None and wanted != shown:
            decided.setdefault(sheet.name, {})[column.letters] = wanted
    return decided
