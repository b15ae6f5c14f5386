"""Nouns, units, tables of the literature, ports and errors. No input or output and no framework.

Everything else in deining speaks in these words. Times are aware; intervals are [start, end); a number
carries its unit in its name. What is not known is None (or NaN in an array), never 0.
"""
