"""Eight threads print at once."""

import threading

from support import begin


def work(name):
    for number in range(200):
        print(f"{name} {number}\n", end="")


begin()
threads = [threading.Thread(target=work, args=(f"thread{number}",)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
