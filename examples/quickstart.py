"""A training in twenty lines: two worker processes print, the loop logs, and all of it is in one folder."""

import math
from multiprocessing import Pool

import wandb


def load(shard):
    print(f"worker loads shard {shard}")
    return [math.exp(-0.3 * step) for step in range(shard, 40, 2)]


if __name__ == "__main__":
    with wandb.init(project="quickstart", mode="offline", config={"lr": 0.1, "shards": 2}) as run:
        run.define_metric("loss", summary="min,last")
        with Pool(run.config.shards) as pool:
            losses = [loss for shard in pool.map(load, range(run.config.shards)) for loss in shard]
        for epoch, loss in enumerate(sorted(losses, reverse=True)):
            run.log({"loss": loss, "acc": 1 - loss, "epoch": epoch})
        print("best loss", round(run.summary["loss"]["min"], 6))
