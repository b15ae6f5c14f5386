"""The one writer: a bounded queue, group commit, and an answer only after the commit is on the disk."""

from __future__ import annotations

import contextlib
import logging
import queue
import shutil
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deining.domain.errors import DiskFilling, Overloaded, Refused, WrongData, WrongUse
from deining.domain.observation import Observation
from deining.storage.rows import ObservationRows, StoredRows

log = logging.getLogger(__name__)

Work = Callable[[sqlite3.Connection], Any]


@dataclass(slots=True)
class Job:
    """One piece of work in a commit and where its answer goes."""

    work: Work
    rows: int
    answer: Future[Any] = field(default_factory=Future)


class Writer:
    """Writes everything, in one thread, many jobs to a commit.

    Parameters
    ----------
    connection
        Used by the writer's thread alone from here on.
    folder
        The data folder, whose disk is watched.
    queue_jobs
        Jobs that may wait; one more is refused with `Overloaded`.
    commit_rows
        Rows after which a commit takes no further job.
    min_free_bytes
        Below so much free disk, observations are refused with `DiskFilling`.
    """

    def __init__(self, connection: sqlite3.Connection, folder: Path, *, queue_jobs: int, commit_rows: int, min_free_bytes: int) -> None:
        self._connection, self._folder = connection, folder
        self._commit_rows, self._min_free_bytes = commit_rows, min_free_bytes
        self._jobs: queue.Queue[Job | None] = queue.Queue(maxsize=queue_jobs + 64)
        self._later: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._posts = threading.Semaphore(queue_jobs)
        self._rows = ObservationRows(connection)
        self._disk_checks = 0
        self._disk_is_full = False
        self.failure: str = ""
        self._thread = threading.Thread(target=self._run, name="deining-writer", daemon=True)
        self._thread.start()

    def store(self, area: str, observations: Sequence[Observation]) -> Future[StoredRows]:
        """Store observations; the answer comes after the commit.

        Raises
        ------
        Overloaded
            When too many posts wait already.
        DiskFilling
            When the disk has too little room left.
        """
        self._check_disk()
        if not self._posts.acquire(blocking=False):
            raise Overloaded("too many posts wait to be stored; send again after a second, in larger posts", retry_after_s=1)
        rows = self._rows
        job = Job(lambda connection: rows.insert(area, observations), len(observations))
        job.answer.add_done_callback(lambda _: self._posts.release())
        self._jobs.put(job)
        return job.answer

    def count_rejected(self, area: str, sensor: str, rejected: int) -> None:
        """Count rows of a sensor that were refused, so that it is visible."""
        self.submit(lambda _: self._rows.count_rejected(area, sensor, rejected))

    def submit(self, work: Work, rows: int = 1) -> Future[Any]:
        """Do any other writing in the next commit."""
        job = Job(work, rows)
        self._jobs.put(job)
        return job.answer

    def submit_later(self, work: Work) -> Future[Any]:
        """Do some writing that nobody waits for: one such piece goes with each commit, so that it delays no post.

        Pieces are done in the order in which they came; keep each to some hundreds of rows.
        """
        job = Job(work, 1)
        self._later.put(job)
        with contextlib.suppress(queue.Full):
            self._jobs.put_nowait(Job(_do_nothing, 0))
        return job.answer

    def close(self) -> None:
        """Finish what waits and stop."""
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _check_disk(self) -> None:
        self._disk_checks += 1
        if self._disk_checks % 20 == 1:
            self._disk_is_full = shutil.disk_usage(self._folder).free < self._min_free_bytes
        if self._disk_is_full:
            self._disk_checks = 0
            raise DiskFilling(f"less than {self._min_free_bytes // 1_000_000} MB is free where the data folder stands; make room, nothing was stored")

    def _run(self) -> None:
        while (first := self._next()) is not None:
            jobs, last = self._gather(first)
            with contextlib.suppress(queue.Empty):
                jobs.append(self._later.get_nowait())
            self._commit(jobs)
            if last:
                break
        while not self._later.empty():
            self._commit([self._later.get()])

    def _next(self) -> Job | None:
        """The next job that somebody waits for; while writing for later is left, one of nothing when none waits."""
        if self._later.empty():
            return self._jobs.get()
        try:
            return self._jobs.get_nowait()
        except queue.Empty:
            return Job(_do_nothing, 0)

    def _gather(self, first: Job) -> tuple[list[Job], bool]:
        jobs, rows = [first], first.rows
        while rows < self._commit_rows:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
            rows += job.rows
        return jobs, False

    def _commit(self, jobs: list[Job]) -> None:
        try:
            answers = self._transact(jobs)
        except Exception as error:  # noqa: BLE001 - the writer's loop goes on; every job gets its own answer
            if len(jobs) == 1:
                self._fail(jobs[0], error)
                return
            for job in jobs:
                self._commit([job])
            return
        self.failure = ""
        for job, answer in zip(jobs, answers, strict=True):
            job.answer.set_result(answer)

    def _transact(self, jobs: list[Job]) -> list[Any]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            answers = [job.work(self._connection) for job in jobs]
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._rows.forget()
            raise
        return answers

    def _fail(self, job: Job, error: Exception) -> None:
        if isinstance(error, WrongUse | WrongData | Refused):
            job.answer.set_exception(error)
            return
        if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
            error = DiskFilling(f"the disk of the data folder is full ({error}); make room, nothing was stored")
        self.failure = str(error)
        log.error("a write failed: %s", error)
        job.answer.set_exception(error)


def _do_nothing(_: sqlite3.Connection) -> None:
    """A job that only wakes the writer."""
