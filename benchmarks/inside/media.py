"""Times of making and logging media, on the thread that does it, with the `wandb` of this interpreter.

`python media.py RESULT.json`, in a folder of its own; needs numpy, pillow, moviepy and soundfile. Written: for each
kind the median and the least seconds of one value, and the processor time of the thread.
"""

import json
import os
import sys
import time

import numpy as np

import wandb

RANDOM = np.random.RandomState(0)
MEGABYTES_2, MEGABYTES_100 = 2_000_000, 100_000_000


def noise(*shape):
    return RANDOM.randint(0, 256, shape).astype("uint8")


def gradient(number):
    return (np.add.outer(np.arange(1024), np.arange(1024)) + number).astype("uint8")[..., None].repeat(3, 2)


def film_file(number, size):
    with open(f"{size}.mp4", "wb") as file:
        file.write(RANDOM.bytes(1) + bytes([number]) + b"x" * size)
    return f"{size}.mp4"


def cells():
    return [[row + RANDOM.randint(9), float(row), f"name {row}", row % 2 == 0, row * 0.5] for row in range(5000)]


# name -> (what a value is made from, how, how many)
KINDS = {
    "Image 32x32": (lambda _: noise(32, 32, 3), wandb.Image, 300),
    "Image 1024x1024, noise": (lambda _: noise(1024, 1024, 3), wandb.Image, 5),
    "Image 1024x1024, gradient": (gradient, wandb.Image, 5),
    "Image 1024x1024, JPEG": (lambda _: noise(1024, 1024, 3), lambda data: wandb.Image(data, file_type="jpg"), 5),
    "16 images 32x32 in a list": (lambda _: noise(16, 32, 32, 3), lambda data: [wandb.Image(one) for one in data], 20),
    "Table 5000x5": (lambda _: cells(), lambda data: wandb.Table(columns=list("abcde"), data=data), 5),
    "Video, 12 frames 64x64": (lambda _: noise(12, 3, 64, 64), lambda data: wandb.Video(data, fps=4, format="mp4"), 9),
    "Video, a file of 2 MB": (lambda number: film_file(number, MEGABYTES_2), wandb.Video, 6),
    "Video, a file of 100 MB": (lambda number: film_file(number, MEGABYTES_100), wandb.Video, 4),
    "Audio, 2 s": (lambda _: RANDOM.uniform(-1, 1, 88200), lambda data: wandb.Audio(data, sample_rate=44100), 8),
    "Histogram of 10,000": (lambda _: RANDOM.normal(size=10000), wandb.Histogram, 100),
    "Object3D, 100,000 points": (lambda _: RANDOM.normal(size=(100000, 3)), wandb.Object3D, 5),
    "Html": (lambda number: f"<p>{number}</p>", wandb.Html, 50),
}


def main(result):
    settings = wandb.Settings(silent=True, console="off")
    found = {}
    with wandb.init(mode="offline", project="media", settings=settings) as run:
        for name, (source, make, count) in KINDS.items():
            wall, processor = [], []
            for number in range(count + 1):
                data = source(number)
                begin, used = time.perf_counter(), time.thread_time()
                run.log({name: make(data)})
                wall.append(time.perf_counter() - begin)
                processor.append(time.thread_time() - used)
            # The first one loads libraries.
            middle = count // 2
            found[name] = {
                "median": sorted(wall[1:])[middle],
                "least": min(wall[1:]),
                "cpu": sorted(processor[1:])[middle],
            }
    with open(result, "w", encoding="ascii") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
