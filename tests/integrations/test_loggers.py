"""Loggers and trackers that libraries bring for `wandb`: of pictures, rewards, embeddings and queries."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import all_left, same_with_upstream


def test_diffusers__trained_by_accelerate__logs_losses_and_pictures(program: Program) -> None:
    """As the library's own training scripts do it: its tracker, and pictures of a pipeline."""
    pytest.importorskip("diffusers")
    ended = program(
        """
        import numpy, torch, wandb
        from accelerate import Accelerator
        from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
        torch.manual_seed(0)
        accelerator = Accelerator(log_with="wandb", cpu=True)
        accelerator.init_trackers("p", config={"lr": 0.01}, init_kwargs={"wandb": {"name": "tiny", "tags": ["t"]}})
        net = UNet2DModel(
            sample_size=8, layers_per_block=1, block_out_channels=(8, 8), norm_num_groups=4,
            down_block_types=("DownBlock2D",) * 2, up_block_types=("UpBlock2D",) * 2,
        )
        scheduler = DDPMScheduler(num_train_timesteps=4)
        net, optimizer = accelerator.prepare(net, torch.optim.SGD(net.parameters(), 0.01))
        for step in range(2):
            clean, noise, times = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8), torch.randint(0, 4, (2,))
            loss = torch.nn.functional.mse_loss(net(scheduler.add_noise(clean, noise, times), times).sample, noise)
            accelerator.backward(loss)
            optimizer.step()
            accelerator.log({"loss": loss.detach().item(), "step": step}, step=step)
        pipeline = DDPMPipeline(accelerator.unwrap_model(net), scheduler)
        pictures = pipeline(batch_size=2, num_inference_steps=2, generator=torch.Generator().manual_seed(0)).images
        tracker = accelerator.get_tracker("wandb")
        tracker.log({"validation": [wandb.Image(picture, caption=f"{n}: a word") for n, picture in enumerate(pictures)]})
        tracker.log_images({"more": [numpy.array(picture) for picture in pictures]}, step=5)
        tracker.log_table("table", columns=["a"], data=[[1]], step=6)
        accelerator.get_tracker("wandb", unwrap=True).summary["best"] = 1
        accelerator.end_training()
        """,
        limit=120,
    ).ok()
    (left,) = all_left(ended.folder)
    assert len(left["media"]) == 5 and left["summary"]["best"] == 1
    same_with_upstream(ended.folder)


def test_tianshou__logger__keeps_rewards_losses_and_a_checkpoint(program: Program) -> None:
    """Its rows come by TensorBoard, its checkpoint is an artifact with where the training was."""
    pytest.importorskip("tianshou")
    ended = program(
        """
        import pathlib
        from tianshou.utils import WandbLogger
        from torch.utils.tensorboard import SummaryWriter

        def save(epoch, env_step, gradient_step):
            pathlib.Path("checkpoint.pth").write_text("weights")
            return "checkpoint.pth"

        logger = WandbLogger(project="p", name="tiny", config={"lr": 1}, save_interval=1, training_interval=1, update_interval=1)
        logger.load(SummaryWriter("tb"))
        for step in (10, 20, 30):
            logger.log_test_data({"n_collected_episodes": 1, "rew": 3.0 + step}, step)
            logger.log_update_data({"loss": 0.5, "deep": {"a": 1.0}}, step)
        logger.save_data(1, 30, 3, save)
        logger.wandb_run.finish()
        """,
        limit=120,
    ).ok()
    (left,) = all_left(ended.folder)
    assert [row["test/rew"] for row in left["rows"] if "test/rew" in row] == [13.0, 23.0, 33.0]
    assert left["artifacts"][0]["metadata"]["save/env_step"] == 30
    same_with_upstream(ended.folder)


def test_metric_learning__record_keeper__mirrors_its_losses(program: Program) -> None:
    """pytorch-metric-learning's hooks write for TensorBoard: `sync_tensorboard` has it in the run."""
    pytest.importorskip("pytorch_metric_learning")
    pytest.importorskip("record_keeper")
    ended = program(
        """
        import torch, wandb
        from pytorch_metric_learning import losses, trainers
        from pytorch_metric_learning.utils import logging_presets
        torch.manual_seed(0)
        with wandb.init(sync_tensorboard=True):
            keeper, _, _ = logging_presets.get_record_keeper("csvs", "tb")
            model = torch.nn.Linear(4, 3)
            trainers.MetricLossOnly(
                models={"trunk": model}, optimizers={"trunk_optimizer": torch.optim.SGD(model.parameters(), 0.1)},
                batch_size=8, loss_funcs={"metric_loss": losses.TripletMarginLoss()}, dataloader_num_workers=0,
                dataset=torch.utils.data.TensorDataset(torch.randn(32, 4), torch.arange(32) % 4), data_device="cpu",
                end_of_iteration_hook=logging_presets.get_hook_container(keeper, log_freq=1).end_of_iteration_hook,
            ).train(num_epochs=2)
        """,
        limit=120,
    ).ok()
    assert sum("loss_histories/total_loss" in row for row in ended.run.rows()) == 8
    same_with_upstream(ended.folder)


def test_pykeen__tracker__has_parameters_losses_and_results(program: Program) -> None:
    """A pipeline on five triples, made here."""
    pytest.importorskip("pykeen")
    ended = program(
        """
        import numpy
        from pykeen.pipeline import pipeline
        from pykeen.triples import TriplesFactory
        triples = numpy.array([[f"e{n}", "next", f"e{(n + 1) % 5}"] for n in range(5)])
        known = TriplesFactory.from_labeled_triples(triples)
        pipeline(
            training=known, testing=known, model="TransE", model_kwargs={"embedding_dim": 4}, random_seed=1, device="cpu",
            training_kwargs={"num_epochs": 3, "use_tqdm": False}, evaluation_kwargs={"use_tqdm": False},
            result_tracker="wandb", result_tracker_kwargs={"project": "p", "offline": True},
        )
        """,
        limit=120,
    ).ok()
    assert len([row for row in ended.run.rows() if "loss" in row]) == 3
    # The configuration has an initializer by its address.
    same_with_upstream(ended.folder, random=r"times\..*|.*_initializer")


def test_llama_index__callback__logs_traces_and_an_index(program: Program) -> None:
    """A query over two texts, with the library's own models for tests; ids and times are other ones each time."""
    pytest.importorskip("llama_index.callbacks.wandb")
    ended = program(
        """
        import wandb
        from llama_index.callbacks.wandb import WandbCallbackHandler
        from llama_index.core import Document, MockEmbedding, Settings, VectorStoreIndex
        from llama_index.core.callbacks import CallbackManager
        from llama_index.core.llms import MockLLM
        handler = WandbCallbackHandler(run_args={"project": "p"})
        Settings.callback_manager = CallbackManager([handler])
        Settings.llm, Settings.embed_model = MockLLM(max_tokens=3), MockEmbedding(embed_dim=4)
        index = VectorStoreIndex.from_documents([Document(text="one two", id_="a"), Document(text="three", id_="b")])
        print(index.as_query_engine().query("what?"))
        handler.persist_index(index, index_name="kept")
        handler.finish()
        """,
        limit=120,
    ).ok()
    assert ended.stdout.splitlines()[-1] == "text text text"
    assert [row["trace", "_type"] for row in ended.run.rows() if ("trace", "_type") in row] == ["wb_trace_tree"]
    assert [artifact["type"] for artifact in all_left(ended.folder)[0]["artifacts"]] == ["storage_context"]
    same_with_upstream(ended.folder, random=".*_dumps|model_hash")


def test_keras_tuner__trials__have_a_run_each(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search whose trials begin a run and log by our callback; upstream's wants TensorFlow."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    pytest.importorskip("keras_tuner")
    ended = program(
        """
        import keras, keras_tuner, numpy, wandb
        from wandb.integration.keras import WandbMetricsLogger
        x, y = numpy.random.rand(16, 3), numpy.random.rand(16)

        def build(choices):
            units = choices.Choice("units", [2, 4])
            model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units), keras.layers.Dense(1)])
            model.compile("sgd", "mse")
            return model

        class Search(keras_tuner.GridSearch):
            def run_trial(self, trial, *arguments, callbacks=(), **more):
                with wandb.init(config=trial.hyperparameters.values, name=trial.trial_id):
                    callbacks = [*callbacks, WandbMetricsLogger()]
                    return super().run_trial(trial, *arguments, callbacks=callbacks, **more)

        Search(build, objective="val_loss", directory="found").search(x, y, epochs=2, validation_data=(x, y), verbose=0)
        """,
        env={"KERAS_BACKEND": "torch"},
        limit=120,
    ).ok()
    runs = all_left(ended.folder)
    assert sorted(run["config"]["units"] for run in runs) == [2, 4]
    assert all([row["epoch/epoch"] for row in run["rows"]] == [0, 1] for run in runs)
