"""How long a test waits before it calls something a hang."""

import os

WAIT_S = float(os.environ.get("TRICK_LAB_TESTS_WAIT_S", "600"))  # a slow and busy machine needs minutes for a second
WAIT_MS = 1000 * WAIT_S
