"""The word filter finds what points to a person, and leaves plain logbook sentences alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deining.response.word_filter import find_personal_data, is_iban, passes_eleven
from tests.response.logbook_sentences import ALLOWED, HELD_OUT_PERSONAL, HELD_OUT_PLAIN, PERSONAL, PLAIN


def false_warnings(sentences: list[str]) -> list[str]:
    return [sentence for sentence in sentences if find_personal_data(sentence, ALLOWED)]


def missed(lines: list[str]) -> list[str]:
    pairs = [line.split("|", 1) for line in lines]
    return [sentence for kind, sentence in pairs if kind not in {piece.kind for piece in find_personal_data(sentence, ALLOWED)}]


def test_plain_sentences_give_no_warning() -> None:
    assert false_warnings(PLAIN) == []


def test_sentences_with_personal_data_give_one() -> None:
    assert missed(PERSONAL) == []


def test_on_sentences_it_was_not_made_with_it_is_seldom_wrong() -> None:
    assert len(false_warnings(HELD_OUT_PLAIN)) <= 0.05 * len(HELD_OUT_PLAIN)
    assert len(missed(HELD_OUT_PERSONAL)) <= 0.10 * len(HELD_OUT_PERSONAL)


def test_what_an_area_is_called_is_no_person() -> None:
    assert [piece.found for piece in find_personal_data("Willem Alexander staat op Emma.")] == ["Willem Alexander", "Emma"]
    assert find_personal_data("Willem Alexander staat op Emma.", ["emma", "Willem Alexander"]) == []


def test_an_address_of_mail_is_found_even_when_it_holds_a_word_of_the_area() -> None:
    assert [piece.found for piece in find_personal_data("Mail pier@example.org.", ["Pier"])] == ["pier@example.org"]


@pytest.mark.parametrize(
    "plate",
    ["AB-12-34", "12-34-AB", "12-AB-34", "AB-12-CD", "AB-CD-12", "12-AB-CD", "12-BCD-3", "1-BCD-23", "BC-123-D", "B-123-CD", "BCD-12-F", "B-12-CDF",
     "1-BC-234", "123-BC-4"],
)  # fmt: skip
def test_every_dutch_series_of_plates_is_found_with_dashes_and_most_without(plate: str) -> None:
    assert [piece.found for piece in find_personal_data(f"Auto {plate} staat fout.")] == [plate]
    assert [piece.found for piece in find_personal_data(f"Auto {plate.lower()} staat fout.")] == [plate.lower()]
    glued = plate.replace("-", "")
    could_be_a_postcode = plate == "12-34-AB"
    told = f"Kenteken {glued} staat fout." if could_be_a_postcode or set("ACE") & set(glued) else f"Auto {glued} staat fout."
    assert [piece.found for piece in find_personal_data(told)] == [glued]


def test_a_postcode_is_no_plate() -> None:
    assert find_personal_data("Afzetting bij 2586AB en 2586 AB.") == []


def test_a_date_and_times_are_no_telephone_number() -> None:
    assert find_personal_data("04-07-2026 15:40, 04-07-2026 16:10 en 0 10 20 30 40 50") == []


@pytest.mark.parametrize(("digits", "right"), [("123456782", True), ("111222333", True), ("123456789", False), ("000000000", False), ("12345678", False)])
def test_the_test_by_eleven(digits: str, right: bool) -> None:
    assert passes_eleven(digits) is right


@pytest.mark.parametrize(("text", "right"), [("NL91 ABNA 0417 1643 00", True), ("GB82WEST12345698765432", True), ("NL91 ABNA 0417 1643 01", False)])
def test_the_check_digits_of_an_account(text: str, right: bool) -> None:
    assert is_iban(text) is right


@given(st.text(max_size=200), st.lists(st.text(max_size=10), max_size=5))
def test_what_is_found_stands_where_it_says_and_pieces_do_not_overlap(text: str, allowed: list[str]) -> None:
    end = 0
    for piece in find_personal_data(text, allowed):
        assert text[piece.start : piece.end] == piece.found
        assert piece.start >= end
        end = piece.end


@given(st.lists(st.sampled_from([line.split("|", 1)[1] for line in PERSONAL] + PLAIN), min_size=1, max_size=4))
def test_looking_has_no_memory(sentences: list[str]) -> None:
    assert [find_personal_data(s) for s in sentences] == [find_personal_data(s) for s in sentences]
