"""One server a data folder: a lock that ends with the process, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from deining.domain.errors import WrongUse

FILE_NAME = "deining.lock"


class FolderLock:
    """Holds a data folder for this process.

    Raises
    ------
    WrongUse
        When another deining holds it, or the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / FILE_NAME).open("a+")
        except OSError as error:
            raise WrongUse(f"data folder {folder} cannot be used ({error.strerror}); give a folder that this user can write to, with --data") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            raise WrongUse(f"data folder {folder} is in use by another deining (process {holder}); stop that one, or give another --data") from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let go of the folder."""
        self._file.close()


def is_locked(folder: Path) -> bool:
    """Whether a running deining holds a data folder."""
    try:
        FolderLock(folder).release()
    except WrongUse:
        return True
    return False
