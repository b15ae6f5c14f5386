"""The record of a measure counts each time once, claims nothing of what was judged together, and says how long setting up took."""

from __future__ import annotations

from deining.domain.decision import DecidedMeasure, Decision, Effect, Verdict
from deining.response.experience import sum_up
from tests.builders import MINUTE, NOON, a_decided_measure, a_decision, a_measure


def a_time(number: int, set_up_min: int | None, **given: object) -> Decision:
    """One-way decided at noon and in force so many minutes later, or never."""
    in_force_at = None if set_up_min is None else NOON + set_up_min * MINUTE
    return a_decision(a_decided_measure(in_force_at=in_force_at, **given), number=number)


def an_effect(number: int, verdict: Verdict, *, target: str = "square", together: tuple[str, ...] = (), share: float = 0.8, measure: str = "one-way") -> Effect:
    return Effect(
        decision=number,
        measure=measure,
        target=target,
        quantity="occupancy",
        origin=NOON,
        since=NOON,
        until=NOON + 60 * MINUTE,
        measured=1.0,
        expected=2.0,
        difference=-1.0,
        low=-2.0,
        high=-0.5,
        verdict=verdict,
        share=share,
        together=together,
    )


def test_a_measure_that_was_never_in_force_has_no_record() -> None:
    record = sum_up(a_measure(), [a_time(1, None)], [])
    assert (record.times, record.shown_less, record.set_up_taken_s, record.set_up_planned_s) == (0, 0, None, None)
    assert record.text == {"en": "Never in force yet.", "nl": "Nog nooit van kracht."}


def test_each_time_counts_once_by_its_first_place() -> None:
    decisions = [a_time(number, 12, places=("square", "north")) for number in (1, 2, 3, 4)]
    effects = [
        an_effect(1, Verdict.LESS),
        an_effect(1, Verdict.LESS, target="north"),
        an_effect(2, Verdict.NONE_SHOWN),
        an_effect(2, Verdict.LESS, target="north"),
        an_effect(3, Verdict.MORE),
        an_effect(4, Verdict.TOO_EARLY),
        an_effect(3, Verdict.LESS, measure="dose"),
    ]
    record = sum_up(a_measure(), decisions, effects)
    assert (record.times, record.shown_less, record.shown_more, record.none_shown, record.together) == (4, 1, 1, 1, 0)


def test_what_was_judged_together_is_counted_apart() -> None:
    record = sum_up(a_measure(), [a_time(1, 12), a_time(2, 12)], [an_effect(1, Verdict.LESS, together=("dose",)), an_effect(2, Verdict.LESS)])
    assert (record.times, record.shown_less, record.together) == (2, 1, 1)
    assert "1 time only together with other measures." in record.text["en"]
    assert "1 keer alleen samen met andere maatregelen." in record.text["nl"]


def test_setting_up_is_the_median_of_what_it_took_beside_what_was_planned_then() -> None:
    decisions = [a_time(1, 10), a_time(2, 18, set_up_s=600.0), a_time(3, 40), a_time(4, None)]
    record = sum_up(a_measure(set_up_s=60.0), decisions, [])
    assert (record.times, record.set_up_taken_s, record.set_up_planned_s) == (3, 18 * 60, 900)
    assert record.text["en"] == "In force 3 times. Setting up took 18 min (median), planned 15 min."
    assert record.text["nl"] == "3 keer van kracht. Opbouwen duurde 18 min (mediaan), gepland 15 min."


def test_the_sentence_says_what_chance_alone_would_show() -> None:
    record = sum_up(a_measure(), [a_time(1, 15)], [an_effect(1, Verdict.LESS)])
    assert record.text["en"] == (
        "In force 1 time. Fewer persons shown: 1, more: 0, no effect shown: 0. "
        "By chance alone a measure that does nothing shows fewer in at most 1 of 10. Setting up took 15 min (median), planned 15 min."
    )
    strict = sum_up(a_measure(), [a_time(1, 15)], [an_effect(1, Verdict.LESS, share=0.95)])
    assert "at most 1 of 40" in strict.text["en"]
    assert "hooguit 1 op 40 keer" in strict.text["nl"]


def test_a_decision_of_several_measures_gives_each_its_own_record() -> None:
    both: tuple[DecidedMeasure, ...] = (a_decided_measure(in_force_at=NOON), a_decided_measure("dose"))
    decisions = [a_decision(*both, number=1)]
    assert sum_up(a_measure(), decisions, []).times == 1
    assert sum_up(a_measure("dose"), decisions, []).times == 0
