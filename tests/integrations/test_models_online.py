"""Models that a library sends while it trains, and gets back: with a server of this machine."""

from __future__ import annotations

from typing import Any, List, Tuple

import pytest

from tests.conftest import Program
from tests.interop import upstream
from tests.server.artifacts import ArtifactServer


def sent(server: ArtifactServer) -> List[Tuple[Any, ...]]:
    """What a server has got: artifacts in their order, and for each run how many rows, and which metrics."""
    artifacts = [
        (
            artifact.collection,
            artifact.version,
            sorted(artifact.aliases),
            artifact.fields["metadata"],
            sorted(artifact.files),
        )
        for artifact in server.artifacts
    ]
    runs = [(name, len(run.rows()), sorted(run.summary())) for name, run in sorted(server.runs.items())]
    return [*artifacts, *((artifact.state, artifact.used_by) for artifact in server.artifacts), *runs]


def test_lightning__logging_all_models__sends_each_and_gets_them_back(program: Program) -> None:
    """`WandbLogger(log_model=True)` and "all", then `download_artifact` and `use_artifact` in another run."""
    pytest.importorskip("lightning")
    source = """
        import os, lightning, torch, wandb
        from lightning.pytorch.callbacks import ModelCheckpoint
        from lightning.pytorch.loggers import WandbLogger
        from torch.utils.data import DataLoader, TensorDataset
        torch.manual_seed(0)
        data = DataLoader(TensorDataset(torch.randn(32, 4), torch.randn(32, 1)), 8)

        class Model(lightning.LightningModule):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(4, 1)
            def loss(self, name, batch):
                loss = torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
                self.log(name, loss)
                return loss
            def training_step(self, batch, index):
                return self.loss("train_loss", batch)
            def validation_step(self, batch, index):
                self.loss("val_loss", batch)
            def configure_optimizers(self):
                return torch.optim.SGD(self.parameters(), 0.1)

        for how in (True, "all"):
            logger = WandbLogger(project="p", log_model=how, checkpoint_name="kept", id=f"run{how}")
            kept = ModelCheckpoint(monitor="val_loss", save_top_k=2, filename="{epoch}", save_last=True)
            trainer = lightning.Trainer(max_epochs=3, logger=logger, log_every_n_steps=1, accelerator="cpu",
                                        enable_progress_bar=False, callbacks=[kept])
            trainer.fit(Model(), data, data)
            wandb.finish()
        logger = WandbLogger(project="p", id="reader")
        folder = logger.download_artifact("somebody/p/kept:best", artifact_type="model", save_dir="got")
        model = torch.load(f"{folder}/model.ckpt", weights_only=False)
        print(sorted(model["state_dict"]), os.listdir(WandbLogger.download_artifact("somebody/p/kept:v0")))
        print(logger.use_artifact("somebody/p/kept:latest").aliases)
        wandb.finish()
    """
    folders = {"WANDB_DATA_DIR": "data", "WANDB_CACHE_DIR": "cache"}
    with ArtifactServer(answers_by_schema=True) as server:
        ended = program(source, env=server.environment(**folders), limit=120).ok()
        ours = sent(server)
        assert server.unexpected == []
    printed = ended.stdout.splitlines()[-2:]
    assert printed == ["['layer.bias', 'layer.weight'] ['model.ckpt']", "['latest']"]
    aliases = [known[2] for known in ours if known[0] == "kept"]
    assert aliases.count(["best", "latest"]) == 4 and len(aliases) == 9
    assert [known[1] for known in ours if known[0] == "COMMITTED"] == [[]] * 8 + [["reader"]]
    if upstream.PYTHON:
        theirs = program.folder / "upstream"
        theirs.mkdir()
        (theirs / "train.py").write_text((program.folder / "train.py").read_text())
        with ArtifactServer(answers_by_schema=True) as server:
            result = upstream.call(theirs, "train.py", **server.environment(HOME=str(theirs), **folders))
            assert result.stdout.splitlines()[-2:] == printed, result.stderr[-3000:]
            assert ours == sent(server)
