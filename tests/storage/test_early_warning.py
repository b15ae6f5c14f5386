"""What days taught about alerts is kept with what they taught about sensors, and files of before have none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deining.domain.calibration import Calibration, WarningRecord
from deining.domain.errors import WrongTable
from deining.storage.calibration import read_calibration, write_calibration
from tests.builders import NOON

RECORD = WarningRecord(days=4.5, last=NOON, overcrowdings=3.0, false=(2.0, 0.5), in_time=(3.0, 1.0), number=(10.0,), said=(2.5,), came=(3.0,))


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_calibration(tmp_path / "c.json", Calibration(warnings=RECORD))
    assert read_calibration(tmp_path / "c.json").warnings == RECORD


def test_a_file_of_before_there_was_a_record_is_read_without_one(tmp_path: Path) -> None:
    write_calibration(tmp_path / "c.json", Calibration())
    assert "warnings" not in json.loads((tmp_path / "c.json").read_text())
    assert read_calibration(tmp_path / "c.json").warnings == WarningRecord()


@pytest.mark.parametrize("wrong", [{"days": -1.0}, {"false": [float("nan")]}, {"said": "many"}, {"last": "yesterday"}])
def test_a_damaged_record_is_told_and_not_used(tmp_path: Path, wrong: dict[str, object]) -> None:
    write_calibration(tmp_path / "c.json", Calibration(warnings=RECORD))
    found = json.loads((tmp_path / "c.json").read_text())
    found["warnings"] |= wrong
    (tmp_path / "c.json").write_text(json.dumps(found))
    with pytest.raises(WrongTable, match="calibration"):
        read_calibration(tmp_path / "c.json")
