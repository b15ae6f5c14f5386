"""No source without a purpose: whether a sensor may be used, for what, until when, decided by whom.

A stream is live only while the purpose it serves is in force. What the settings say is what is enforced.
"""
