"""The encoding of version 1 stays as it is: what was hashed once must verify for ever."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from typing import Any

import pytest

from deining.domain.logbook import Action, IncidentStep, LogbookEntry, Priority
from deining.domain.logbook_chain import entry_hash, frozen_hash, root_hash
from tests.builders import NOON

ENTRY = LogbookEntry(
    area="town", book="live", number=2, occurred_at=NOON, entered_at=NOON, author="Zoë", role="operator", category="incident", text='Smoke "€"\n',
    place="square", priority=Priority.URGENT, reason="", rejected=("wait",), action=Action(text="Look", owner="Fire", due=NOON), corrects=1, completes=None,
    incident="incident-1", incident_step=IncidentStep.OPENED, incident_category="fire", alert=None, decision=3, frozen_sha256="ab", previous="cd", hash="",
)  # fmt: skip
ENCODED = (
    '{"action":{"due_us":1783159200000000,"owner":"Fire","text":"Look"},"alert":null,"area":"town","author":"Zoë","book":"live","category":"incident",'
    '"completes":null,"corrects":1,"decision":3,"entered_us":1783159200000000,"frozen":"ab","incident":"incident-1","incident_category":"fire",'
    '"incident_step":"opened","number":2,"occurred_us":1783159200000000,"place":"square","previous":"cd","priority":"urgent","reason":"",'
    '"rejected":["wait"],"role":"operator","text":"Smoke \\"€\\"\\n","version":1}'
)
OTHER: dict[str, Any] = {
    "occurred_at": NOON.replace(microsecond=1),
    "entered_at": NOON.replace(microsecond=1),
    "priority": Priority.NORMAL,
    "incident_step": None,
}


def test_an_entry_is_encoded_as_the_documentation_says() -> None:
    assert entry_hash(ENTRY) == hashlib.sha256(ENCODED.encode()).hexdigest()
    assert json.loads(ENCODED)["version"] == 1


def test_the_root_holds_area_and_book() -> None:
    assert root_hash("town", "live") == hashlib.sha256(b'{"area":"town","book":"live","logbook":"deining","version":1}').hexdigest()


def test_what_the_screen_showed_has_its_own_hash() -> None:
    assert frozen_hash(b"{}") == hashlib.sha256(b"{}").hexdigest()


@pytest.mark.parametrize("name", [field.name for field in fields(LogbookEntry) if field.name != "hash"])
def test_every_field_of_an_entry_is_covered_by_its_hash(name: str) -> None:
    value = getattr(ENTRY, name)
    usual: dict[type, Any] = {str: f"{value}x", int: 9, tuple: ("wait", "go"), type(None): 9 if name in ("completes",) else "other"}
    other = OTHER.get(name, Action(text="Look", owner="Fire") if name == "action" else usual.get(type(value)))
    assert other != value
    assert entry_hash(replace(ENTRY, **{name: other})) != entry_hash(ENTRY)


def test_the_hash_field_itself_plays_no_part() -> None:
    assert entry_hash(replace(ENTRY, hash="ef")) == entry_hash(ENTRY)
