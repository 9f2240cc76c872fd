"""fastai, Ultralytics and timm, unmodified: pictures, tables of predictions, models, plots."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream

OPERATORS = Path(__file__).with_name("torchvision_operators.py")
START = """
    import os
    os.environ.update(MPLBACKEND="agg", OMP_NUM_THREADS="1")
    import torchvision_operators
    import numpy, torch, wandb
    from pathlib import Path
    from PIL import Image
    torch.set_num_threads(1)
"""


@pytest.fixture(autouse=True)
def operators(tmp_path: Path) -> None:
    """Beside the program, which imports them."""
    (tmp_path / OPERATORS.name).write_bytes(OPERATORS.read_bytes())


def needs(*modules: str) -> None:
    """Skip the test without them; importing them here would load torchvision as it is."""
    for name in modules:
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")


FASTAI = (
    START
    + """
    from fastai.vision.all import *
    from fastai.callback.wandb import WandbCallback, log_dataset, log_model
    set_seed(0, reproducible=True)
    folder = Path("pictures")
    for kind, value in (("dark", 10), ("light", 240)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for index in range(8):
            Image.fromarray(numpy.full((16, 16, 3), value + index % 3, dtype="uint8")).save(folder / kind / f"{index}.png")
    loaders = ImageDataLoaders.from_folder(folder, valid_pct=0.25, seed=1, bs=4, num_workers=0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    learner = Learner(loaders, model, loss_func=CrossEntropyLossFlat(), metrics=accuracy, path=Path("."))
    def fit(epochs, **options):
        with learner.no_bar():
            learner.fit(epochs, cbs=[SaveModelCallback(monitor="accuracy"), WandbCallback(**options)])
"""
)


def test_fastai__callback__logs_each_batch_predictions_and_the_model(program: Program) -> None:
    """Its pictures are tensors of a class of its own, with the channels last."""
    needs("fastai")
    ended = program(
        FASTAI
        + """
    with wandb.init(project="p"):
        fit(2, log="all", log_preds=True, log_model=True, n_preds=4, seed=3)
        log_model(Path("models/model.pth"), name="again")
    """,
        limit=180,
    ).ok()
    rows = ended.run.rows()
    assert [row["epoch"] for row in rows] == pytest.approx([1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2])
    assert [row["_step"] for row in rows] == list(range(6))
    assert ended.run.summary()["Prediction_Samples"]["nrows"] == 4
    assert "could not" not in ended.stdout and "not able" not in ended.stdout
    artifacts = [record.artifact for record in ended.run.records() if record.HasField("artifact")]
    assert sorted(artifact.name for artifact in artifacts if artifact.type == "model") == ["again", "model"]
    # each object's address
    same_with_upstream(ended.folder, random="train_samples_per_sec|_name")


def test_fastai__dataset_logged_offline__is_an_artifact_that_the_run_uses(program: Program) -> None:
    """Upstream's client raises: it can't use an artifact offline."""
    needs("fastai")
    ended = program(
        FASTAI
        + """
    with wandb.init(project="p"):
        fit(1, log_preds=False, log_dataset=str(folder))
        log_dataset(folder, name="again")
    """,
        limit=180,
    ).ok()
    artifacts = [record.artifact for record in ended.run.records() if record.HasField("artifact")]
    assert [artifact.name for artifact in artifacts] == ["pictures", "again"]
    assert all(len(artifact.manifest.contents) == 16 for artifact in artifacts)


def test_ultralytics__its_own_callback__logs_metrics_plots_curves_and_the_model(program: Program) -> None:
    """A small YOLO made from its description, trained on squares; the run begins and ends with the training."""
    needs("ultralytics")
    ended = program(
        START
        + """
    os.environ.update(YOLO_OFFLINE="True", YOLO_VERBOSE="False", YOLO_AUTOINSTALL="False", YOLO_CONFIG_DIR=os.getcwd())
    numpy.random.seed(0)
    for part in ("train", "val"):
        for kind in ("images", "labels"):
            Path("data", kind, part).mkdir(parents=True)
        for index in range(4):
            pixels = numpy.random.randint(0, 50, (32, 32, 3), dtype="uint8")
            pixels[8:24, 8:24] = 200
            Image.fromarray(pixels).save(f"data/images/{part}/{index}.png")
            Path(f"data/labels/{part}/{index}.txt").write_text("0 0.5 0.5 0.5 0.5")
    place = os.path.abspath("data")
    Path("data.yaml").write_text(f"path: {place}\\ntrain: images/train\\nval: images/val\\nnames: {{0: square}}\\n")
    from ultralytics import YOLO, settings
    settings.update({"wandb": True, "runs_dir": os.path.abspath("runs")})  # else the checkout's, around its environment
    YOLO("yolo11n.yaml", task="detect").train(
        data="data.yaml", epochs=2, imgsz=32, batch=2, workers=0, device="cpu", project="p", name="squares", amp=False,
    )
    """,
        limit=300,
    ).ok()
    from tests.recorded import runs_in

    (run,) = runs_in(ended.folder / "runs/detect/p/squares")
    rows = run.rows()
    assert [row["epoch"] for row in rows if "epoch" in row] == [1, 2, 3, 2] and "metrics/mAP50(B)" in rows[1]
    assert {"confusion_matrix", "BoxPR_curve", "curves/Precision-Recall(B)_table"} <= set(run.summary())
    assert run.exit_code() == 0
    random = r"model/speed_PyTorch\(ms\)|save_dir"
    same_with_upstream(ended.folder, random=random, runs="runs/detect/p/squares")


def test_timm__its_summary__logs_each_epoch(program: Program) -> None:
    """`log_wandb=True`, as its training script calls it."""
    needs("timm")
    ended = program(
        START
        + """
    import timm
    from timm.optim import create_optimizer_v2
    from timm.utils import update_summary
    torch.manual_seed(0)
    model = timm.create_model("test_vit", num_classes=2, img_size=160)
    pictures, truth = torch.randn(4, 3, 160, 160), torch.tensor([0, 1, 0, 1])
    optimiser = create_optimizer_v2(model, "sgd", lr=0.1)
    wandb.init(project="p", config={"model": "test_vit"})
    for epoch in range(2):
        loss = torch.nn.functional.cross_entropy(model(pictures), truth)
        loss.backward()
        optimiser.step()
        update_summary(epoch, {"loss": loss.item()}, {"top1": 50.0 * epoch}, "summary.csv", lr=0.1, write_header=not epoch,
                       log_wandb=True)
    wandb.finish()
    """,
        limit=180,
    ).ok()
    rows = ended.run.rows()
    assert [row["eval_top1"] for row in rows] == [0.0, 50.0]
    assert {"train_loss", "lr", "epoch"} <= set(rows[0])
    same_with_upstream(ended.folder)
