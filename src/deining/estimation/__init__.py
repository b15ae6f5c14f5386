"""Observations -> zone states, flow states and sensor health.

Counting people in a zone is book-keeping: who came in minus who went out, over every gate of its cordon. The
craft is in saying how far the books can be trusted. Counters miss people, each at its own unknown rate, so the
error grows with everyone who has passed since the area was last known to be empty; a counter that is silent
leaves a hole. Both widen the interval, and neither is ever read as "nobody there".
"""
