"""State and forecast against the levels in force -> alerts with their `because`.

A threshold belongs to a place, a quantity and a kind of time; the literature's tables are the fallback, not the
rule. A live limit gives no time to act, so the same levels are tested on the forecast. Delays and hysteresis
keep a figure that hovers at its threshold from ringing all evening; and a place that cannot be seen raises a data
alert, never a crowd alert.
"""
