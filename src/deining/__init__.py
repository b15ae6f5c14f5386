"""deining: an open-source crowd safety manager for municipalities, police and event organisers."""

__version__ = "0.1.0"

import os

# Areas run side by side in threads, each on matrices too small for BLAS to share out: its own threads only get in the way.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
