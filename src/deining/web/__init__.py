"""HTTP: what the pipeline found, given to people and programs, and observations taken in.

Rows are encoded once for each new state and then handed out as bytes, however many viewers there are. Errors know
no HTTP; one table (`errors.py`) says which status each has. Every path is one short file in `api/`.
"""
