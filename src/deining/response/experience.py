"""What a measure has shown so far in a live area: how often taken, what was shown, how long setting up really took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from statistics import median

from deining.domain.decision import DecidedMeasure, Decision, Effect, Experience, Verdict
from deining.domain.measure import Measure
from deining.response.measure_words import minutes


def sum_up(measure: Measure, decisions: Iterable[Decision], effects: Iterable[Effect]) -> Experience:
    """The record of a measure.

    Each time it came into force counts once, by its effect at the first of its places then: the place it was decided for.
    Of a time that was judged together with other measures nobody can say which of them did it; it is counted apart.

    Parameters
    ----------
    decisions
        Of the live book.
    effects
        Those kept of this measure, of the live book; of several of one time and place the last stands.
    """
    taken = [(decision, one) for decision in decisions for one in decision.measures if one.measure == measure.id and one.in_force_at is not None]
    kept = {(effect.decision, effect.target): effect for effect in effects if effect.measure == measure.id}
    judged = [effect for decision, one in taken if one.places and (effect := kept.get((decision.number, one.places[0])))]
    alone = [effect.verdict for effect in judged if not effect.together]
    set_up_s = [_set_up_s(decision, one) for decision, one in taken]
    experience = Experience(
        measure=measure.id,
        times=len(taken),
        shown_less=alone.count(Verdict.LESS),
        shown_more=alone.count(Verdict.MORE),
        none_shown=alone.count(Verdict.NONE_SHOWN),
        together=sum(1 for effect in judged if effect.together and effect.verdict is not Verdict.TOO_EARLY),
        set_up_planned_s=median(one.set_up_s for _, one in taken) if taken else None,
        set_up_taken_s=median(set_up_s) if set_up_s else None,
    )
    return _with_text(experience, judged)


def _set_up_s(decision: Decision, measure: DecidedMeasure) -> float:
    return (measure.in_force_at - decision.taken_at).total_seconds() if measure.in_force_at else 0.0


def _with_text(experience: Experience, judged: list[Effect]) -> Experience:
    shares = [effect.share for effect in judged if not effect.together and effect.verdict is not Verdict.TOO_EARLY]
    one_in = round(2 / (1 - min(shares))) if shares else None
    return replace(experience, text={"en": _say_english(experience, one_in), "nl": _say_dutch(experience, one_in)})


def _say_english(experience: Experience, one_in: int | None) -> str:
    """One sentence on how often, one on what was shown, one on what chance alone shows, one on setting up."""
    if not experience.times:
        return "Never in force yet."
    said = [f"In force {_times(experience.times, 'time', 'times')}."]
    if one_in:
        said.append(f"Fewer persons shown: {experience.shown_less}, more: {experience.shown_more}, no effect shown: {experience.none_shown}.")
        said.append(f"By chance alone a measure that does nothing shows fewer in at most 1 of {one_in}.")
    if experience.together:
        said.append(f"{_times(experience.together, 'time', 'times')} only together with other measures.")
    return " ".join([*said, *_say_set_up(experience, "Setting up took {taken} (median), planned {planned}.")])


def _say_dutch(experience: Experience, one_in: int | None) -> str:
    if not experience.times:
        return "Nog nooit van kracht."
    said = [f"{_times(experience.times, 'keer', 'keer')} van kracht."]
    if one_in:
        said.append(f"Minder personen aangetoond: {experience.shown_less}, meer: {experience.shown_more}, geen effect aangetoond: {experience.none_shown}.")
        said.append(f"Door toeval alleen toont een maatregel die niets doet minder in hooguit 1 op {one_in} keer.")
    if experience.together:
        said.append(f"{_times(experience.together, 'keer', 'keer')} alleen samen met andere maatregelen.")
    return " ".join([*said, *_say_set_up(experience, "Opbouwen duurde {taken} (mediaan), gepland {planned}.")])


def _times(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _say_set_up(experience: Experience, sentence: str) -> list[str]:
    if experience.set_up_taken_s is None or experience.set_up_planned_s is None:
        return []
    return [sentence.format(taken=minutes(experience.set_up_taken_s), planned=minutes(experience.set_up_planned_s))]
