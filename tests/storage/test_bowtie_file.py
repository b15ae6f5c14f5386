"""`bowtie.toml`: a right file gives bowties, a wrong one gets a sentence; and what people say of barriers is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from deining.domain.bowtie import BarrierStatus, Interval, PresenceSet, StatusSet
from deining.domain.errors import Finding
from deining.domain.levels import Level
from deining.risk.bowtie import assess
from deining.storage.area_folder import find_area_folder, read_area
from deining.storage.barriers import list_presences, list_statuses, read_presences, read_statuses, write_presence, write_status
from deining.storage.bowtie_file import Places, read_bowties
from deining.storage.database import Connection, open_database
from tests.builders import MINUTE, NOON

PLACES = Places(zones={"square"}, gates={"north"}, sensors={"camera"}, measures={"one-way"})
TEXT = """
[[factors]]
id = "rain"
name = "Rain"
odds_ratio = [1.2, 1.6, 2.5]
source = "judgement of A. Nyone"

[[factors]]
id = "dark"
name = "Darkness"
odds_ratio = [1, 1.2, 1.5]
source = "judgement of A. Nyone"

[[bowties]]
id = "square"
name = "Square"
zone = "square"
level = "red"
horizon_s = 1800
top = "The square is too full"
source = "judgement of A. Nyone"
factors = ["rain"]

[[bowties.threats]]
id = "power"
name = "The power fails"
chance = [0.01, 0.02, 0.05]

[[bowties.threats]]
id = "rush"
name = "A rush"
chance = [0.1, 0.2, 0.3]
causes = [{ id = "power", chance = [0.2, 0.3, 0.4] }]

[[bowties.barriers]]
id = "watch"
name = "Camera watch"
on = ["rush", "power"]
owner = "the town"
effectiveness = [0.3, 0.5, 0.7]
degraded = 0.4
follows = "sensor:camera"
causes = ["power"]

[[bowties.barriers]]
id = "aid"
name = "First aid"
on = ["hurt"]
owner = "the town"
effectiveness = [0.4, 0.6, 0.8]
usual = "down"
follows = "measure:one-way"

[[bowties.consequences]]
id = "hurt"
name = "People are hurt"
chance = [0.02, 0.06, 0.15]
"""


def read(folder: Path, text: str) -> tuple[tuple[object, ...], list[Finding]]:
    (folder / "bowtie.toml").write_text(text)
    findings: list[Finding] = []
    return read_bowties(folder, PLACES, findings), findings


def test_a_folder_without_the_file_has_no_bowties(tmp_path: Path) -> None:
    findings: list[Finding] = []
    assert read_bowties(tmp_path, PLACES, findings) == ()
    assert findings == []


def test_a_right_file_is_read_whole(tmp_path: Path) -> None:
    (bowtie,), findings = read(tmp_path, TEXT)
    assert findings == []
    assert (bowtie.id, bowtie.zone, bowtie.level, bowtie.horizon_s) == ("square", "square", Level.RED, 1800)
    assert [one.id for one in bowtie.factors] == ["rain"]
    assert bowtie.threats[1].causes[0].chance == Interval(0.2, 0.3, 0.4)
    watch, aid = bowtie.barriers
    assert (watch.on, watch.degraded, watch.follows, watch.usual) == (("rush", "power"), 0.4, "sensor:camera", BarrierStatus.UP)
    assert watch.causes[0].chance == Interval(1, 1, 1)
    assert (aid.degraded, aid.usual) == (0.5, BarrierStatus.DOWN)


def test_a_bowtie_that_names_no_factors_has_them_all(tmp_path: Path) -> None:
    (bowtie,), _ = read(tmp_path, TEXT.replace('factors = ["rain"]\n', ""))
    assert [one.id for one in bowtie.factors] == ["rain", "dark"]


WRONG: dict[str, tuple[str, str, list[str]]] = {
    "no TOML": ("[[factors]]", "[[factors", ["no TOML"]),
    "unknown zone": ('zone = "square"', 'zone = "moon"', ["bowties 1", "zone 'moon'", "zone of this area"]),
    "unknown level": ('level = "red"', 'level = "purple"', ["level = 'purple'", "yellow, orange, red"]),
    "no top event": ('top = "The square is too full"\n', "", ["no top event"]),
    "no horizon": ("horizon_s = 1800\n", "", ["no horizon_s"]),
    "negative horizon": ("horizon_s = 1800", "horizon_s = -5", ["horizon_s = -5", "above 0"]),
    "no judge": ('too full"\nsource = "judgement of A. Nyone"\n', 'too full"\n', ["no source"]),
    "unknown factor": ('["rain"]', '["snow"]', ["factor 'snow'", "rain, dark"]),
    "odds ratio of 0": ("[1.2, 1.6, 2.5]", "[0, 1.6, 2.5]", ["factors 1 (rain)", "odds_ratio [0, 1.6, 2.5]", "above 0"]),
    "odds ratio below 0": ("[1.2, 1.6, 2.5]", "[-1, 1.6, 2.5]", ["odds ratios above 0"]),
    "low above high": ("[1.2, 1.6, 2.5]", "[2.5, 1.6, 1.2]", ["[2.5, 1.6, 1.2]", "low <= best <= high"]),
    "infinite odds ratio": ("[1.2, 1.6, 2.5]", "[1.2, 1.6, inf]", ["finite"]),
    "two numbers": ("[1.2, 1.6, 2.5]", "[1.2, 1.6]", ["three numbers"]),
    "factor without source": ('2.5]\nsource = "judgement of A. Nyone"', "2.5]", ["factors 1 (rain)", "no source"]),
    "factor twice": ('id = "dark"', 'id = "rain"', ["factors 2", "a second time"]),
    "probability above 1": ("chance = [0.1, 0.2, 0.3]", "chance = [0.1, 0.2, 1.3]", ["bowtie square, threats 2 (rush)", "chance 1.3", "from 0 to 1"]),
    "probability below 0": ("chance = [0.1, 0.2, 0.3]", "chance = [-0.1, 0.2, 0.3]", ["chance -0.1"]),
    "perfect barrier": ("[0.3, 0.5, 0.7]", "[0.3, 0.5, 1.0]", ["barriers 1 (watch)", "no barrier stops everything"]),
    "degraded above 1": ("degraded = 0.4", "degraded = 1.4", ["degraded = 1.4", "from 0 to 1"]),
    "barrier on nothing": ('on = ["hurt"]', "on = []", ["barriers 2 (aid)", "ids of threats or consequences"]),
    "barrier on an unknown threat": ('["rush", "power"]', '["rush", "riot"]', ["barrier watch", "on 'riot'"]),
    "barrier on both sides": ('["rush", "power"]', '["rush", "hurt"]', ["make two barriers of it"]),
    "barrier without owner": ('owner = "the town"\neffectiveness = [0.3', "effectiveness = [0.3", ["barriers 1 (watch)", "no owner"]),
    "unknown sensor": ("sensor:camera", "sensor:radar", ["follows = 'sensor:radar' of barrier watch", "sensor:ID, gate:ID or measure:ID"]),
    "unknown measure": ("measure:one-way", "measure:close", ["follows = 'measure:close'"]),
    "follows something else": ("sensor:camera", "zone:square", ["follows = 'zone:square'"]),
    "unknown usual status": ('usual = "down"', 'usual = "unknown"', ["usual = 'unknown'", "up, degraded, down"]),
    "unknown cause": ('causes = ["power"]', 'causes = ["moon"]', ["cause 'moon'"]),
    "cause with a wrong chance": ("[0.2, 0.3, 0.4]", "[0.2, 0.3, 4]", ["cause power", "from 0 to 1"]),
    "causes that are no list": ('causes = ["power"]', 'causes = "power"', ["causes = 'power'"]),
    "cyclic": ("chance = [0.01, 0.02, 0.05]", 'chance = [0.01, 0.02, 0.05]\ncauses = ["rush"]', ["a cycle of causes: "]),
    "barrier that takes itself down": ('causes = ["power"]', 'causes = ["watch"]', ["a cycle of causes: watch -> watch"]),
    "a slip of the pen": ("degraded = 0.4", "degradd = 0.4", ["barriers 1", "field 'degradd'"]),
    "a slip in the bowtie": ("horizon_s = 1800", "horizon_s = 1800\nhorzion = 2", ["bowties 1", "field 'horzion'"]),
    "a slip at the top": ("[[bowties]]", "[[bowtie]]\n[[bowties]]", ["field 'bowtie'"]),
    "threats that are no tables": ("[[bowties.consequences]]\n", "[bowties.consequences]\n", ["consequences that are no tables"]),
}


@pytest.mark.parametrize(("old", "new", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_gets_a_sentence(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert old in TEXT
    bowties, findings = read(tmp_path, TEXT.replace(old, new, 1))
    assert findings
    assert {finding.file for finding in findings} == {"bowtie.toml"}
    assert any(all(word in str(finding) for word in words) for finding in findings), [str(finding) for finding in findings]
    assert bowties == () or any(word in str(findings[0]) for word in ("field 'bowtie'", "a second time"))


def test_a_factor_that_is_wrong_is_told_once(tmp_path: Path) -> None:
    bowties, findings = read(tmp_path, TEXT.replace("[1.2, 1.6, 2.5]", "[0, 1.6, 2.5]"))
    assert len(findings) == 1
    assert bowties == ()


def test_a_file_that_is_no_utf_8_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bowtie.toml").write_bytes("name = 'caf\xe9'".encode("latin-1"))
    findings: list[Finding] = []
    assert read_bowties(tmp_path, PLACES, findings) == ()
    assert "UTF-8" in str(findings[0])


def test_the_bowties_of_strand_are_right_and_say_something() -> None:
    folder = find_area_folder("strand")
    area = read_area(folder)
    findings: list[Finding] = []
    bowties = read_bowties(folder, Places(zones=area.zones, gates=area.gates, sensors=area.sensors, measures=area.measures), findings)
    assert findings == []
    assert [bowtie.zone for bowtie in bowties] == ["boulevard-3", "stationsplein", "kurhuistrap"]
    for bowtie in bowties:
        assert 4 <= len(bowtie.threats) <= 6
        assert 6 <= len(bowtie.barriers) <= 8
        assert 3 <= len(bowtie.consequences) <= 4
        usual = {barrier.id: barrier.usual for barrier in bowtie.barriers}
        calm, down = (
            assess(bowtie, 0.2, given, {factor.id: False for factor in bowtie.factors}).top for given in (usual, dict.fromkeys(usual, BarrierStatus.DOWN))
        )
        assert calm.chance == pytest.approx(0.2)
        assert down.chance > 0.3
        assert all("verzonnen" in text for text in (bowtie.source, *(factor.source for factor in bowtie.factors)))


@pytest.fixture
def store(tmp_path: Path) -> Connection:
    return open_database(tmp_path)


def said(status: BarrierStatus, minute: int = 0, book: str = "live") -> StatusSet:
    at = NOON + minute * MINUTE
    return StatusSet(area="town", book=book, bowtie="square", barrier="watch", status=status, at=at, by="A. Nyone", role="operator", why="seen")


def test_the_last_word_on_a_barrier_holds_and_all_words_are_kept(store: Connection) -> None:
    write_status(store, said(BarrierStatus.UP))
    write_status(store, said(BarrierStatus.DOWN, minute=5))
    assert read_statuses(store, "town", "live") == {("square", "watch"): said(BarrierStatus.DOWN, minute=5)}
    assert [one.status.value for one in list_statuses(store, "town", "live")] == ["up", "down"]


def test_what_was_said_later_is_not_known_earlier(store: Connection) -> None:
    write_status(store, said(BarrierStatus.UP))
    write_status(store, said(BarrierStatus.DOWN, minute=5))
    assert read_statuses(store, "town", "live", until=NOON + MINUTE)["square", "watch"].status is BarrierStatus.UP


def test_an_exercise_keeps_its_own_book(store: Connection) -> None:
    write_status(store, said(BarrierStatus.DOWN, book="exercise-1"))
    assert read_statuses(store, "town", "live") == {}
    assert read_statuses(store, "village", "exercise-1") == {}
    assert read_statuses(store, "town", "exercise-1")["square", "watch"].why == "seen"


@pytest.mark.parametrize("present", [True, False, None])
def test_a_factor_is_there_or_not_or_not_known(store: Connection, present: bool | None) -> None:
    first = PresenceSet(area="town", book="live", factor="rain", present=True, at=NOON, by="A. Nyone", role="operator")
    given = PresenceSet(area="town", book="live", factor="rain", present=present, at=NOON + MINUTE, by="A. Nyone", role="operator")
    write_presence(store, first)
    write_presence(store, given)
    assert read_presences(store, "town", "live") == {"rain": given}
    assert list_presences(store, "town", "live", until=NOON) == [first]
