"""One module a store. Database drivers are imported here and nowhere else.

The record is SQLite: one file, one writer, many readers. What was acknowledged is on the disk.
"""
