"""deining: an open-source crowd safety manager for municipalities, police and event organisers."""

__version__ = "0.1.0"
