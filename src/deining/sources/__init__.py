"""The outside's records -> observations; one file a connector.

A connector knows one maker's or one city's way of writing things down, and nothing else: it maps, it repairs what it
can prove, it marks what it repaired, and it leaves out what nobody measured. When the outside does not answer it
raises `SourceUnavailable`, and the loss shows as the age of the data.
"""

from collections.abc import Callable

from deining.domain.ports import Source
from deining.sources.auckland import AucklandCounts
from deining.sources.event_day import EventDay
from deining.sources.tables import TableSource

SOURCES: dict[str, Callable[..., Source]] = {
    "table": TableSource,
    "auckland": AucklandCounts,
    "event_day": EventDay,
}
"""All sources by name; a new one is one file and one row here."""
