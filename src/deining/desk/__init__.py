"""The desk of one area: what people do there, written down with what they could see.

Alerts are taken up, measures decided, lines written in the logbook, barriers and levels set; each act names a person and
goes into the book of its mode, and what is told onward goes into the outbox in the same commit.
"""
