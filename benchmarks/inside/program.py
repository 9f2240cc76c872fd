"""One program of the benchmark, with one tracker: `program.py NAME TRACKER FOLDER RESULT [ARGUMENT…]`.

Writes its figures to RESULT as JSON, since its stdout belongs to the tracker. Standard library only.
"""

import importlib
import json
import multiprocessing
import os
import resource
import sys
import threading
import time

from adapters import ADAPTERS
from measure import bytes_in, cpu_seconds, helpers, memory_mib, now, peak_mib, quantiles


def import_(tracker):
    """The import alone, in seconds of this process."""
    begin = now()
    if tracker.module:
        importlib.import_module(tracker.module)
    return {"import ms": (now() - begin) * 1e3, "modules": len(sys.modules)}


def rows(tracker, count="20000", metrics="3"):
    """A run with rows of so many metrics: each call is timed."""
    import gc

    if tracker.module:
        importlib.import_module(tracker.module)
    before = memory_mib()
    begin = now()
    tracker.start()
    init = now() - begin
    gc.collect()
    names, times = [f"metric/{number}" for number in range(int(metrics))], []
    for step in range(int(count)):
        value = step * 0.001 + 0.1
        row = dict.fromkeys(names, value)
        begin = now()
        tracker.log(row)
        times.append(now() - begin)
    memory = memory_mib()
    helper_memory = [memory_mib(pid) for pid in helpers()]
    peak, helper_peaks = peak_mib(), [peak_mib(pid) for pid in helpers()]
    begin = now()
    tracker.finish()
    finish = now() - begin
    return {
        "init ms": init * 1e3,
        **{f"log {name} us": value for name, value in quantiles(times).items()},
        "log p50, last tenth to first": _median_us(times[-len(times) // 10 :]) / _median_us(times[: len(times) // 10]),
        "rows/s": len(times) / sum(times),
        "finish ms": finish * 1e3,
        "training MiB": memory,
        "of that by the run MiB": memory - before,
        "helpers MiB": sum(helper_memory),
        "training, peak RSS MiB": peak,
        "helpers, peak RSS MiB": sum(helper_peaks),
        "bytes/row": bytes_in(tracker.folder) / int(count),
    }


def keys(tracker, count="10000"):
    """Rows of three metrics whose names change, until there are so many; then rows of three of them."""
    tracker.start()
    for step in range(0, int(count), 3):
        tracker.log({f"metric/{number}": step * 0.1 for number in range(step, step + 3)})
    names, times = ["metric/0", "metric/1", "metric/2"], []
    for step in range(5000):
        row = dict.fromkeys(names, step * 0.1)
        begin = now()
        tracker.log(row)
        times.append(now() - begin)
    tracker.finish()
    return {f"log {name} us": value for name, value in quantiles(times).items()}


def both(tracker, count="20000", order="by turns"):
    """So many rows and as many lines, by turns or the lines then, and the end."""
    tracker.start()
    for step in range(int(count)):
        tracker.log({"loss": step * 0.1, "accuracy": 0.5, "epoch": step // 100})
        if order == "by turns":
            print("step", step)
    for step in range(int(count) if order == "then" else 0):
        print("step", step)
    begin = now()
    tracker.finish()
    return {"finish ms": (now() - begin) * 1e3}


def _median_us(times):
    return sorted(times)[len(times) // 2] * 1e6


def lines(tracker, count="200000"):
    """A run that prints lines like a training loop's."""
    tracker.start()
    time.sleep(1)  # its helpers are up
    begin = now()
    for number in range(int(count)):
        print("epoch 12 step", number, "loss 0.123456")
    sys.stdout.flush()
    print_us = (now() - begin) / int(count) * 1e6
    begin = now()
    for _ in range(int(count)):
        print("epoch 12 step 12345 loss 0.123456")
    sys.stdout.flush()
    line_us = (now() - begin) / int(count) * 1e6
    begin = now()
    tracker.finish()
    finish = now() - begin
    return {
        "print us": line_us,
        "print of 3 values us": print_us,
        "finish after lines ms": finish * 1e3,
        "bytes/line": bytes_in(tracker.folder) / (2 * int(count)),
    }


def bar(tracker, count="20000"):
    """A loop with a bar that is painted at every step, on stderr."""
    from tqdm import tqdm

    tracker.start()
    time.sleep(1)
    begin = now()
    for _ in tqdm(range(int(count)), mininterval=0, miniters=1):
        pass
    paint_us = (now() - begin) / int(count) * 1e6
    tracker.finish()
    return {"bar us": paint_us}


def beside(tracker, threads="3", count="300"):
    """Rows, and then lines, of a program whose other threads compute; the mean of each."""
    tracker.start()
    tracker.log({"loss": 0.1})
    over = False

    def compute():
        while not over:
            sum(range(1000))

    computing = [threading.Thread(target=compute) for _ in range(int(threads))]
    for thread in computing:
        thread.start()
    times, row = [], {"loss": 0.1, "accuracy": 0.5}
    for call in (lambda: tracker.log(row), lambda: print("epoch 12 step 12345 loss 0.123456")):
        begin = now()
        for _ in range(int(count)):
            call()
        times.append((now() - begin) / int(count) * 1e6)
    over = True
    for thread in computing:
        thread.join()
    tracker.finish()
    return {"log beside threads us": times[0], "print beside threads us": times[1]}


def idle(tracker, seconds="20"):
    """What the helpers use while nothing is logged, in percent of a core."""
    tracker.start()
    tracker.log({"a": 1.0})
    time.sleep(3)
    before = {pid: cpu_seconds(pid) for pid in [os.getpid(), *helpers()]}
    time.sleep(float(seconds))
    used = sum(cpu_seconds(pid) - seconds_before for pid, seconds_before in before.items())
    tracker.finish()
    return {"idle CPU %": used / float(seconds) * 100}


def _work(tracker, count):
    for number in range(count):
        tracker.log({"loss": number * 0.1})
        print("step", number)


def many(tracker, processes="4", count="5000"):
    """So many processes log and print at once; what a step of each costs."""
    if tracker.module != "wandb":
        return {}  # the others have no run for several processes
    tracker.start()
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_work, args=(tracker, int(count))) for _ in range(int(processes))]
    begin = now()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = now() - begin
    tracker.finish()
    return {f"{processes} processes, steps/s": int(processes) * int(count) / seconds}


def runs(tracker, count="100"):
    """So many runs one after the other."""
    begin = now()
    for number in range(int(count)):
        tracker.folder = os.path.join(tracker.folder, "..", f"run{number}")
        os.makedirs(tracker.folder, exist_ok=True)
        tracker.start()
        tracker.log({"a": 1.0})
        tracker.finish()
    return {"a whole run ms": (now() - begin) / int(count) * 1e3}


PROGRAMS = {
    "import": import_,
    "rows": rows,
    "keys": keys,
    "both": both,
    "lines": lines,
    "bar": bar,
    "beside": beside,
    "idle": idle,
    "many": many,
    "runs": runs,
}


def main():
    """As the command line says."""
    name, tracker_name, folder, result, *arguments = sys.argv[1:]
    figures = PROGRAMS[name](ADAPTERS[tracker_name](folder), *arguments)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    figures["CPU s"] = sum(usage.ru_utime + usage.ru_stime for usage in used)
    with open(result, "w", encoding="utf-8") as file:
        json.dump(figures, file)


if __name__ == "__main__":
    main()
