"""What is handed on afterwards: the logbook as a table and on paper.

A report rests on what was kept and adds nothing to it. What people typed goes to Typst as data, never as part of a template,
so that markup in it stays text. A report needs no network, and its fonts come with it.
"""
