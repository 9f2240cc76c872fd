"""Logs rows with one tracker, and does the fault to itself: `program.py FAULT TRACKER FOLDER ACKNOWLEDGED`.

Runs inside the environment of the tracker, beside the adapters of the benchmarks; the standard library only. The
number of each row is appended to the file ACKNOWLEDGED when its `log` has returned.
"""

import multiprocessing
import os
import signal
import sys
import time

from adapters import ADAPTERS
from measure import helpers

NO_HELPER = 77
_PACE = 0.01  # seconds between rows: a training that does something else, too


class Training:
    """A program that logs 150 rows."""

    def __init__(self, tracker, folder, acknowledged):
        self.tracker = tracker
        self.folder = folder
        self.acknowledged = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def rows(self, first, last):
        """Log the rows of these numbers."""
        for number in range(first, last):
            self.tracker.log({"n": number, "loss": 1 / (number + 1)})
            os.write(self.acknowledged, b"%d\n" % number)
            time.sleep(_PACE)

    def signal_helpers(self, number):
        """To all processes that the tracker has started."""
        found = helpers()
        for pid in found:
            os.kill(pid, number)
        if not found:
            os._exit(NO_HELPER)

    def nothing(self):
        """No fault."""
        self.rows(0, 150)

    def training_killed(self):
        """SIGKILL of the training process, after its last row."""
        self.rows(0, 150)
        os.kill(os.getpid(), signal.SIGKILL)

    def helper_killed(self):
        """SIGKILL of the helpers in the middle."""
        self.rows(0, 75)
        self.signal_helpers(signal.SIGKILL)
        self.rows(75, 150)

    def helper_stopped(self):
        """SIGSTOP of the helpers in the middle, for good."""
        self.rows(0, 75)
        self.signal_helpers(signal.SIGSTOP)
        self.rows(75, 150)

    def all_killed(self):
        """SIGKILL of the helpers and, at once, of the training process."""
        self.rows(0, 150)
        for pid in [*helpers(), os.getpid()]:
            os.kill(pid, signal.SIGKILL)

    def disk_full(self):
        """The disk is full while the middle third is logged."""
        self.rows(0, 50)
        filler = os.open(os.path.join(self.folder, "filler"), os.O_WRONLY | os.O_CREAT)
        for size in (4096, 1):
            try:
                while os.write(filler, bytes(size)):
                    pass
            except OSError:
                pass
        os.close(filler)
        self.rows(50, 100)
        os.unlink(os.path.join(self.folder, "filler"))
        self.rows(100, 150)

    def forked_children(self):
        """Two forked children log a third each; they end as multiprocessing's children do."""
        fork = multiprocessing.get_context("fork")
        self.rows(0, 50)
        children = [fork.Process(target=self.rows, args=(first, first + 50)) for first in (50, 100)]
        for child in children:
            child.start()
        for child in children:
            child.join()

    def child_exits(self):
        """A forked child logs the middle third and ends by os._exit."""
        self.rows(0, 50)
        pid = os.fork()
        if not pid:
            self.rows(50, 100)
            os._exit(0)
        os.waitpid(pid, 0)
        self.rows(100, 150)


def main():
    """As the command line says."""
    fault, name, folder, acknowledged = sys.argv[1:]
    tracker = ADAPTERS[name](folder)
    tracker.start()
    getattr(Training(tracker, folder, acknowledged), fault)()
    tracker.finish()


if __name__ == "__main__":
    main()
