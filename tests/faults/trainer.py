"""A training program for the faults: it logs, prints, and acknowledges on descriptor 3 what has returned.

`trainer.py CHILDREN`: so many forked children do the same. The environment variable BROKEN breaks the write path on
purpose, for the suite's own test: records are held back in memory.
"""

import os
import sys

import wandb


def acknowledge(name, number):
    """Tell whoever kills us; one write, so it is whole or not there."""
    os.write(3, f"{name} {number}\n".encode())


def work(run, name):
    """Until the end, which comes from outside, or after many rows."""
    for number in range(100_000):
        run.log({"name": name, "n": number})
        print(f"{name} line {number}")
        sys.stdout.flush()
        acknowledge(name, number)


def break_writes():
    """Like a tracker that writes in blocks of its own."""
    from wandb.runlog.transaction_log import TransactionLog

    sys.modules["wandb.sdk.lib._usual_write"] = None  # whose appends would go past it
    append, held = TransactionLog.append, []

    def later(self, payload, write=os.write):
        held.append(payload)
        if len(held) == 50:
            for kept in held:
                append(self, kept)
            held.clear()

    TransactionLog.append = later


def main():
    """Begin, say where, and work."""
    if os.environ.get("BROKEN"):
        break_writes()
    run = wandb.init(project="faults", mode="offline", settings=wandb.Settings(silent=True))
    interface = run._interface
    os.write(3, f"begins {interface._service.pid} {interface.layout.run_dir}\n".encode())
    for child in range(int(sys.argv[1])):
        if not os.fork():
            work(run, f"child{child}")
            os._exit(0)
    work(run, "creator")


if __name__ == "__main__":
    main()
