"""The errors of deining, as one tree. They know no HTTP and no exit codes; one table in `web` and one in `cli` do.

DeiningError
├── WrongUse                what was asked cannot be done as asked (exit 2, HTTP 4xx)
│   ├── UnknownName         a name that is not in a registry or an area
│   ├── TooLarge            more at once than is taken
│   ├── PersonalDataFound   a text seems to name persons; written only if it is sent on purpose
│   └── PortInUse           another program listens on the port asked for
├── WrongData               what was given is not right (exit 1)
│   ├── WrongArea           an area folder with findings
│   ├── WrongTable          a table that cannot be read as observations
│   └── WrongObservation    one observation that cannot be taken
├── Refused                 it may not be done now
│   ├── NotAuthenticated    no token, or a token that nobody holds
│   └── NotAllowed          another sensor's rows, or a sensor without a purpose in force
├── Overloaded              too much at once; try again after `retry_after_s`
├── DiskFilling             the disk has too little room left to promise durability
├── DataFolderTooNew        the data folder was written by a later version
├── SourceUnavailable       an outside source does not answer; the only error a connector raises
├── ChannelUnavailable      a way to tell people does not work now; the notice waits
└── ChannelRefused          this notice can never go this way; it is given up and shown
"""

from __future__ import annotations

from dataclasses import dataclass


class DeiningError(Exception):
    """Any error that deining raises on purpose; its text is one sentence for a person."""


class WrongUse(DeiningError):
    """What was asked cannot be done as asked."""


class UnknownName(WrongUse):
    """A name that is not known where it was looked up.

    Parameters
    ----------
    kind
        What the name should name, in words ("forecaster").
    given
        The name as given.
    known
        The names that would have been right.
    """

    def __init__(self, kind: str, given: str, known: list[str]) -> None:
        super().__init__(f"no {kind} named {given!r}; known: {', '.join(sorted(known)) or 'none'}")
        self.given = given


class TooLarge(WrongUse):
    """More at once than is taken."""


class PersonalDataFound(WrongUse):
    """A text seems to name persons: nothing was written; who means it sends it on purpose.

    Parameters
    ----------
    findings
        What was found and where, as JSON holds it.
    """

    def __init__(self, findings: list[dict[str, object]]) -> None:
        words = ", ".join(repr(one["found"]) for one in findings)
        super().__init__(f"the text seems to hold personal data ({words}); leave it out, or send it once more on purpose")
        self.findings = findings


class PortInUse(WrongUse):
    """Another program listens on the port asked for."""


class WrongData(DeiningError):
    """What was given is not right; the text says where, what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in a file: where, what was found, what was expected, what to do."""

    file: str
    record: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}: {self.record}: found {self.found}; expected {self.expected}"


class WrongArea(WrongData):
    """An area folder with one or more findings."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings[:3]) + (f"; and {len(findings) - 3} more" if len(findings) > 3 else ""))
        self.findings = findings


class WrongTable(WrongData):
    """A table that cannot be read as observations."""


class WrongObservation(WrongData):
    """One observation that cannot be taken."""


class Refused(DeiningError):
    """It may not be done now."""


class NotAuthenticated(Refused):
    """No token, or a token that nobody holds."""


class NotAllowed(Refused):
    """Another sensor's rows, or a sensor that may not deliver now."""


class Overloaded(DeiningError):
    """Too much at once.

    Parameters
    ----------
    text
        One sentence.
    retry_after_s
        Seconds after which trying again makes sense.
    """

    def __init__(self, text: str, retry_after_s: int = 1) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class DiskFilling(DeiningError):
    """The disk has too little room left to promise that an observation is kept."""


class DataFolderTooNew(DeiningError):
    """The data folder was written by a later version of deining."""


class SourceUnavailable(DeiningError):
    """An outside source does not answer. The only error a connector raises.

    Parameters
    ----------
    text
        One sentence.
    retry_after_s
        Seconds to wait before the next try, where the source said so.
    """

    def __init__(self, text: str, retry_after_s: float | None = None) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class ChannelUnavailable(DeiningError):
    """A way to tell people does not work now; it may later. With `ChannelRefused` the only errors a channel raises.

    Parameters
    ----------
    text
        One sentence.
    retry_after_s
        Seconds to wait before the next try, where the other side said so.
    """

    def __init__(self, text: str, retry_after_s: float | None = None) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class ChannelRefused(DeiningError):
    """This notice can never go this way; trying again is of no use."""
