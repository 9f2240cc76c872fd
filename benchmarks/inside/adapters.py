"""Each tracker behind the same few calls. Runs inside the environment of one of them; the standard library only.

An adapter is made with an empty folder, where all that it keeps has to go; `log` takes a dict of floats and ints.
"""

import json
import os


class Bare:
    """No tracker: what the program costs by itself."""

    module = ""

    def __init__(self, folder):
        self.folder = folder

    def start(self):
        """Begin a run."""

    def log(self, row):
        """One row."""

    def finish(self):
        """End the run."""


class Floor(Bare):
    """What a row costs at least: `json.dumps` and one write(2)."""

    def start(self):
        self.descriptor = os.open(os.path.join(self.folder, "rows.jsonl"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def log(self, row):
        os.write(self.descriptor, json.dumps(row).encode() + b"\n")

    def finish(self):
        os.close(self.descriptor)


class Wandb(Bare):
    """This package, and upstream's release: offline."""

    module = "wandb"

    def start(self):
        import wandb

        settings = wandb.Settings(console=os.environ.get("BENCHMARK_CONSOLE", "wrap"), silent=True)
        self.run = wandb.init(mode="offline", project="benchmark", dir=self.folder, settings=settings)

    def log(self, row):
        self.run.log(row)

    def finish(self):
        self.run.finish()


class Trackio(Bare):
    """Its SQLite store, without a server of its own."""

    module = "trackio"

    def __init__(self, folder):
        super().__init__(folder)
        os.environ["TRACKIO_DIR"] = folder  # it looks when it is imported

    def start(self):
        import trackio

        self.trackio = trackio
        trackio.init(project="benchmark", embed=False)

    def log(self, row):
        self.trackio.log(row)

    def finish(self):
        self.trackio.finish()


class Mlflow(Bare):
    """With its SQLite store."""

    module = "mlflow"

    def start(self):
        import mlflow

        mlflow.set_tracking_uri(f"sqlite:///{self.folder}/mlflow.db")
        mlflow.set_experiment("benchmark")
        mlflow.start_run()
        self.mlflow, self.step = mlflow, 0

    def log(self, row):
        self.mlflow.log_metrics(row, step=self.step)
        self.step += 1

    def finish(self):
        self.mlflow.end_run()


class Swanlab(Bare):
    """Offline."""

    module = "swanlab"

    def start(self):
        import swanlab

        self.swanlab = swanlab
        swanlab.init(project="benchmark", mode="offline", logdir=self.folder)

    def log(self, row):
        self.swanlab.log(row)

    def finish(self):
        self.swanlab.finish()


class Aim(Bare):
    """A repository in the folder; no system metrics, as the others have none in this time."""

    module = "aim"

    def start(self):
        import aim

        self.run, self.step = aim.Run(repo=self.folder, experiment="benchmark"), 0

    def log(self, row):
        self.run.track(row, step=self.step)
        self.step += 1

    def finish(self):
        self.run.close()


class TensorboardX(Bare):
    """Event files."""

    module = "tensorboardX"

    def start(self):
        import tensorboardX

        self.writer, self.step = tensorboardX.SummaryWriter(self.folder), 0

    def log(self, row):
        for name, value in row.items():
            self.writer.add_scalar(name, value, self.step)
        self.step += 1

    def finish(self):
        self.writer.close()


ADAPTERS = {
    "bare": Bare,
    "floor": Floor,
    "this": Wandb,
    "upstream": Wandb,
    "trackio": Trackio,
    "mlflow": Mlflow,
    "swanlab": Swanlab,
    "aim": Aim,
    "tensorboardX": TensorboardX,
}
