"""What people do about it: measures, decisions and their effect, the logbook, incidents, and telling those who must know.

deining proposes and records; people decide, and nothing here switches anything. What was decided or written is never
changed: a correction, a progress and an effect are new rows beside it. A measure is judged against the forecast made
before it, without it, and an effect is claimed only where the interval leaves no room for none.
"""
