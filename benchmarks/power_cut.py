"""A power cut in the middle of writing: what of the acknowledged rows is on the disk, with FULL and with NORMAL?

A file system lies in a file behind a loop device with direct I/O, so that the file holds what the file system has
truly written and nothing that only lies in memory. At a random instant the writing process is stopped where it is
(SIGSTOP: nothing is flushed by that), and the file is copied: the copy is the disk as a power cut would leave it. A copy
during which the disk still changed is no single instant, and is made again. The copy is mounted, which replays its
journal, and its rows are counted. All that was acknowledged before the stop must be there.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.common import Row
from deining.storage.database import FILE_NAME, connect, open_database

SIZE_MB = 96
TOOLS = ("losetup", "mkfs.ext4", "mount", "umount", "dd")


def measure(quick: bool) -> list[Row]:
    """Rounds of cuts with each setting, side by side."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if os.geteuid() != 0 or missing:
        why = f"no {', '.join(missing)}" if missing else "needs root to mount a file system"
        return [Row("acknowledged rows lost at a power cut", "NORMAL some, FULL 0", f"skipped: {why}")]
    lost = {"FULL": [0, 0], "NORMAL": [0, 0]}
    rounds = 3 if quick else 20
    for number in range(rounds):
        for synchronous, count in lost.items():
            try:
                gone, acknowledged = _cut(synchronous, random.Random(number).uniform(0.3, 1.5))
            except subprocess.CalledProcessError as error:
                return [
                    Row("acknowledged rows lost at a power cut", "NORMAL some, FULL 0", f"skipped: {error.cmd[0]} failed here ({(error.stderr or '').strip()})")
                ]
            count[0] += gone
            count[1] += acknowledged
    return [
        Row(f"acknowledged rows lost over {rounds} power cuts, synchronous={name}", "0" if name == "FULL" else "some", f"{gone} of {rows}")
        for name, (gone, rows) in lost.items()
    ]


def _run(*words: object) -> str:
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout.strip()


def _cut(synchronous: str, after_s: float) -> tuple[int, int]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = Path(name)
        disk, cut, mounted = folder / "disk", folder / "cut", folder / "mounted"
        mounted.mkdir()
        _run("dd", "if=/dev/zero", f"of={disk}", "bs=1M", f"count={SIZE_MB}")
        _run("mkfs.ext4", "-q", disk)
        device = _run("losetup", "--direct-io=on", "--show", "-f", disk)
        try:
            _run("mount", device, mounted)
            acknowledged = _write_and_cut(mounted, disk, cut, synchronous, after_s)
            _run("umount", mounted)
        finally:
            _run("losetup", "-d", device)
        _run("mount", "-o", "loop", cut, mounted)
        try:
            with closing(sqlite3.connect(mounted / FILE_NAME)) as store:
                (kept,) = store.execute("SELECT coalesce(max(created_us), 0) FROM token").fetchone()
        finally:
            _run("umount", mounted)
    return max(0, acknowledged - kept), acknowledged


def _write_and_cut(mounted: Path, disk: Path, cut: Path, synchronous: str, after_s: float) -> int:
    """Let a process commit numbered rows and say each number once it is committed; copy the disk meanwhile."""
    open_database(mounted).close()
    os.sync()
    said = mounted.parent / "said"
    with said.open("wb") as out:
        writer = subprocess.Popen([sys.executable, "-m", "benchmarks.power_cut", str(mounted), synchronous], stdout=out)
        try:
            time.sleep(0.5 + after_s)
            writer.send_signal(signal.SIGSTOP)
            acknowledged = said.stat().st_size // 8
            _copy_one_instant(disk, cut)
        finally:
            writer.kill()
            writer.wait()
    return acknowledged


def _copy_one_instant(disk: Path, cut: Path) -> None:
    for _ in range(50):
        before = disk.stat().st_mtime_ns
        _run("dd", f"if={disk}", f"of={cut}", "bs=4M", "iflag=direct")
        if disk.stat().st_mtime_ns == before:
            return
    raise RuntimeError("the disk did not come to rest while its writer was stopped")


def _write(folder: Path, synchronous: str) -> None:
    """Commit row after row; after each commit eight bytes go to standard output, which lies on another file system."""
    store = connect(folder / FILE_NAME, synchronous=synchronous)
    for number in range(1, 10**7):
        store.execute("INSERT INTO token VALUES (?, 'town', 'a', ?, NULL)", (number.to_bytes(8, "big"), number))
        os.write(1, number.to_bytes(8, "big"))


if __name__ == "__main__":
    _write(Path(sys.argv[1]), sys.argv[2])
