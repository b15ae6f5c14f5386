"""For all tests: a time limit belongs in a benchmark, so properties have none."""

from hypothesis import settings

settings.register_profile("deining", deadline=None)
settings.load_profile("deining")
