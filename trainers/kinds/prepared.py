"""A process that imports this is prepared to train: the one that workers are forked from does."""

import os
import signal

from trainers.kinds.host import prepare

prepare()

# Whoever ends a service tells all of its processes at once. This one ends with the app, which may need one more worker.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
