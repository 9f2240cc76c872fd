"""Training libraries with a tracker of their own for `wandb`, unmodified, on tiny data made here."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream
from tests.recorded import runs_in

torch = pytest.importorskip("torch")

DATA = """
    import torch, wandb
    from torch.utils.data import DataLoader, TensorDataset
    torch.manual_seed(0)
    data = TensorDataset(torch.randn(32, 4), torch.randn(32, 1))
"""


def config_of(run: Any) -> Dict[str, Any]:
    """Of its config.yaml."""
    import yaml

    return {key: value["value"] for key, value in yaml.safe_load(run.file("config.yaml")).items()}


def named(rows: List[Dict[Any, Any]], name: str) -> List[Any]:
    """The values of a metric, in order."""
    return [row[name] for row in rows if name in row]


def test_lightning__with_its_logger__logs_metrics_parameters_media_and_checkpoints(program: Program) -> None:
    """`WandbLogger` with watch, images, tables and log_model."""
    pytest.importorskip("lightning")
    ended = program(
        DATA
        + """
    import lightning, numpy
    from lightning.pytorch.callbacks import ModelCheckpoint
    from lightning.pytorch.loggers import WandbLogger

    class Model(lightning.LightningModule):
        def __init__(self, width=4):
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(width, 1)
        def training_step(self, batch, index):
            loss = torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
            self.log("train_loss", loss)
            return loss
        def validation_step(self, batch, index):
            self.log("val_loss", torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1]))
        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    logger = WandbLogger(project="p", offline=True, log_model=False, prefix="net", tags=["t"], group="g")
    model = Model()
    logger.watch(model, log="all", log_freq=2)
    trainer = lightning.Trainer(max_epochs=2, logger=logger, log_every_n_steps=1, accelerator="cpu",
                                enable_progress_bar=False, callbacks=[ModelCheckpoint(monitor="val_loss")])
    trainer.fit(model, DataLoader(data, 8), DataLoader(data, 8))
    logger.log_image("pictures", [numpy.zeros((4, 4, 3), dtype=numpy.uint8), torch.zeros(3, 4, 4)], caption=["a", "b"])
    logger.log_table("table", columns=["a", "b"], data=[[1, "x"]])
    logger.log_text("text", columns=["a"], data=[["x"]])
    logger.log_hyperparams({"lr": 0.5, "nested": {"a": [1, 2]}})
    logger.finalize("success")
    wandb.finish()
    try:
        WandbLogger(offline=True, log_model=True)
    except Exception as error:
        print(type(error).__name__)
    """,
        env={"WANDB_MODE": "offline"},
    ).ok()
    rows = ended.run.rows()
    assert "MisconfigurationException" in ended.stdout  # Lightning itself refuses log_model offline
    assert len(named(rows, "net-train_loss")) == 8
    assert len(named(rows, "net-val_loss")) == 2
    assert named(rows, "trainer/global_step")[:2] == [0, 1]
    assert config_of(ended.run)["width"] == 4
    assert any(key[0].startswith("gradients/layer") for row in rows for key in row if isinstance(key, tuple))
    summary = ended.run.summary()
    assert summary["net-pictures"]["_type"] == "images/separated"
    assert summary["net-table"]["_type"] == "table-file"
    assert summary["graph_0"]["_type"] == "graph-file"
    # A layer's id is its address with upstream's client, so the file of the graph has another hash.
    same_with_upstream(ended.folder, random="graph_0|media")


def test_lightning__sounds_and_films_of_its_logger__are_files_like_upstreams(program: Program) -> None:
    """`log_audio` and `log_video`, of arrays and of files, with captions and without; what it refuses, too."""
    pytest.importorskip("lightning")
    pytest.importorskip("soundfile")
    pytest.importorskip("moviepy")
    ended = program(
        """
        import numpy, soundfile, torch, wandb
        from lightning.pytorch.loggers import WandbLogger
        wave = numpy.sin(numpy.arange(800) / 10).astype("float32")
        soundfile.write("wave.wav", wave, 8000)
        frames = (numpy.arange(4 * 3 * 16 * 16) % 251).astype("uint8").reshape(4, 3, 16, 16)
        with open("film.mp4", "wb") as file:
            file.write(b"film" * 100)
        logger = WandbLogger(project="p", offline=True, prefix="net")
        logger.log_audio("wave", [wave, wave / 2], sample_rate=[8000, 4000], caption=["a", "b"])
        logger.log_audio("heard", ["wave.wav"], step=3)
        logger.log_video("films", ["film.mp4"], caption=["c"])
        logger.log_video("frames", [frames, frames[::-1]], fps=[4, 2], format=["gif", "mp4"], step=7)
        logger.log_video("tensor", [torch.from_numpy(frames)[None].repeat(2, 1, 1, 1, 1)], format=["mp4"])
        errors = {}
        for call in (logger.log_audio, logger.log_video):
            for given in (wave, [], ["nofile.mp4"], ["film.mp4"] * 2):
                try:
                    call("refused", given, caption=["one"])
                except (OSError, TypeError, ValueError) as error:
                    kinds = [kind.__name__ for kind in (FileNotFoundError, TypeError, ValueError) if isinstance(error, kind)]
                    errors[f"{call.__name__} {len(errors)}"] = kinds
        logger.log_hyperparams(errors)
        logger.finalize("success")
        wandb.finish()
        """,
        env={"WANDB_MODE": "offline"},
    ).ok()
    found = [row[key] for row in ended.run.rows() for key in row if isinstance(key, tuple) and key[-1] == "_type"]
    assert found == ["audio", "audio", "videos", "videos", "videos"]
    assert len([key for key in config_of(ended.run) if key.startswith("log_")]) == 8
    same_with_upstream(ended.folder)


def test_fabric__with_our_logger__logs_metrics_media_and_the_graph(program: Program) -> None:
    """`wandb.integration.lightning.fabric`; a run of the program's own is used as it is."""
    pytest.importorskip("lightning")
    ended = program(
        DATA
        + """
    import lightning, numpy
    from wandb.integration.lightning.fabric import WandbLogger
    logger = WandbLogger(project="p", name="n", save_dir="saved", offline=True, prefix="net", tags=["t"])
    fabric = lightning.Fabric(accelerator="cpu", loggers=[logger])
    fabric.log("loss", 1.0)
    fabric.log_dict({"a": 2.0, "b": torch.tensor(3.0)}, step=5)
    fabric.logger.log_hyperparams({"lr": 0.1, "nested": {"x": 1}})
    model = torch.nn.Sequential(torch.nn.Linear(2, 2))
    logger.watch(model, log_freq=1)
    model(torch.randn(3, 2)).sum().backward()
    logger.log_text("text", columns=["a"], data=[["x"]])
    logger.log_image("picture", [numpy.zeros((3, 3))], caption=["c"], step=7)
    logger.log_html("page", ["<p>x</p>"])
    for images, captions in ((3, []), ([1, 2], ["a"])):
        try:
            logger.log_image("i", images, caption=captions)
        except (TypeError, ValueError) as error:
            print(type(error).__name__)
    assert (logger.name, logger.version) == ("p", logger.experiment.id)
    logger.finalize("success")
    wandb.finish()
    try:
        WandbLogger(offline=True, log_model=True)
    except Exception as error:
        print(type(error).__name__)
    with wandb.init(project="own", dir="saved") as run:
        assert WandbLogger(project="other").experiment is run
        WandbLogger(experiment=run).log_metrics({"a": 1})
    """
    ).ok()
    said = [line for line in ended.stdout.splitlines() if line.endswith(("Error", "Exception"))]
    assert said == ["TypeError", "ValueError", "MisconfigurationException"]
    same_with_upstream(ended.folder, random="graph_0|media", runs="saved")


def test_fabric__checkpoints__are_artifacts_once_each(program: Program) -> None:
    """At the end, the best one with an alias; a callback that keeps all has each logged when it is written."""
    pytest.importorskip("lightning")
    ended = program(
        """
        import os, pathlib, types, wandb
        from wandb.integration.lightning.fabric import WandbLogger
        def written(name, **facts):
            pathlib.Path(name).write_text(name)
            return types.SimpleNamespace(last_model_path="", best_model_path=name, best_k_models={name: 1}, **facts)
        with wandb.init() as run:
            logger = WandbLogger(experiment=run, log_model=True, checkpoint_name="kept")
            logger.after_save_checkpoint(written("first", save_top_k=1))
            logger.after_save_checkpoint(written("second", save_top_k=1))
            logger.finalize("failed")
            logger.finalize("success")
            logger.finalize("success")
            logger.after_save_checkpoint(written("third", save_top_k=-1))
        """
    ).ok()
    artifacts = [record.artifact for record in ended.run.records() if record.HasField("artifact")]
    assert [(artifact.name, artifact.type, sorted(artifact.aliases)) for artifact in artifacts] == [
        ("kept", "model", ["best", "latest"])
    ] * 2


def test_transformers__trainer_that_reports__has_its_losses_and_arguments(program: Program) -> None:
    """`Trainer(report_to="wandb")` with a model of a few weights, made from a configuration."""
    pytest.importorskip("transformers")
    ended = program(
        """
        import torch, wandb
        from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
        torch.manual_seed(0)
        config = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
        rows = [{"input_ids": torch.randint(0, 20, (5,)), "labels": torch.tensor(i % 2)} for i in range(16)]
        arguments = TrainingArguments("out", report_to="wandb", logging_steps=2, num_train_epochs=1,
                                      per_device_train_batch_size=4, use_cpu=True, run_name="tiny", eval_strategy="epoch")
        trainer = Trainer(BertForSequenceClassification(config), arguments, train_dataset=rows, eval_dataset=rows)
        trainer.train()
        wandb.finish()
        """
    ).ok()
    rows = ended.run.rows()
    assert len(named(rows, "train/loss")) == 2
    assert len(named(rows, "eval/loss")) == 1
    assert named(rows, "train/global_step")[-1] == 4
    assert config_of(ended.run)["hidden_size"] == 8
    assert config_of(ended.run)["per_device_train_batch_size"] == 4
    random = ".*(runtime|per_second)|output_dir|logging_dir"
    same_with_upstream(ended.folder, random=random)


def test_transformers__search_for_parameters__trains_with_those_of_a_sweep(program: Program) -> None:
    """It asks `wandb.sweep` and `agent`, and reads `vars(wandb.config)`. Upstream's client can't do it without a server."""
    pytest.importorskip("transformers")
    ended = program(
        """
        import torch
        from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
        config = BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
        rows = [{"input_ids": torch.randint(0, 20, (5,)), "labels": torch.tensor(i % 2)} for i in range(8)]
        arguments = TrainingArguments("out", report_to="wandb", logging_steps=1, num_train_epochs=1, save_strategy="no",
                                      per_device_train_batch_size=4, use_cpu=True, eval_strategy="epoch")
        trainer = Trainer(args=arguments, train_dataset=rows, eval_dataset=rows,
                          model_init=lambda: BertForSequenceClassification(config))
        space = {"method": "grid", "metric": {}, "parameters": {"learning_rate": {"values": [0.25, 0.125]}}}
        best = trainer.hyperparameter_search(backend="wandb", n_trials=2, hp_space=lambda trial: space)
        print("best", best.objective, best.hyperparameters["learning_rate"])
        """
    ).ok()
    trained = [run for run in runs_in(ended.folder) if run.rows()]
    losses = {config_of(run)["learning_rate"]: named(run.rows(), "eval/loss")[-1] for run in trained}
    assert set(losses) == {0.25, 0.125}
    rate = min(losses, key=lambda rate: float(losses[rate]))
    assert ended.stdout.splitlines()[-1].split() == ["best", str(losses[rate]), str(rate)]


def test_trl__group_relative_policy_optimisation__logs_rewards_and_completions(program: Program) -> None:
    """A language model of a few weights and words, made from a configuration."""
    pytest.importorskip("trl")
    ended = program(
        """
        import torch, wandb
        from datasets import Dataset
        from tokenizers import Tokenizer, models, pre_tokenizers
        from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
        from trl import GRPOConfig, GRPOTrainer
        torch.manual_seed(0)
        words = ["<pad>", "<eos>", "<unk>", *(f"w{number}" for number in range(20))]
        splitter = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>"))
        splitter.pre_tokenizer = pre_tokenizers.Whitespace()
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=splitter, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
        )
        LlamaForCausalLM(LlamaConfig(
            vocab_size=len(words), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
            num_key_value_heads=2, pad_token_id=0, eos_token_id=1, bos_token_id=1,
        )).save_pretrained("model")
        tokenizer.save_pretrained("model")
        prompts = Dataset.from_dict({"prompt": [f"w{number} w{number + 1}" for number in range(8)]})
        settings = GRPOConfig(
            "trained", report_to="wandb", per_device_train_batch_size=2, num_generations=2, max_completion_length=4,
            max_steps=2, logging_steps=1, use_cpu=True, bf16=False, log_completions=True, run_name="tiny",
        )
        GRPOTrainer(
            model="model", reward_funcs=lambda completions, **_: [float(len(text)) for text in completions],
            args=settings, train_dataset=prompts, processing_class=tokenizer,
        ).train()
        wandb.finish()
        """,
        env={"HF_HUB_OFFLINE": "1"},
        limit=120,
    ).ok()
    assert len(named(ended.run.rows(), "train/reward")) == 2
    assert ended.run.summary()["completions"]["_type"] == "table-file"
    random = "profiling/.*|.*(runtime|per_second|step_time)|output_dir|logging_dir"
    same_with_upstream(ended.folder, random=random, HF_HUB_OFFLINE="1")


def test_accelerate__tracker__logs_with_steps(program: Program) -> None:
    """`Accelerator(log_with="wandb")`."""
    pytest.importorskip("accelerate")
    ended = program(
        """
        from accelerate import Accelerator
        accelerator = Accelerator(log_with="wandb", cpu=True)
        accelerator.init_trackers("p", config={"lr": 0.1}, init_kwargs={"wandb": {"name": "tiny"}})
        for step in range(3):
            accelerator.log({"loss": 1.0 / (step + 1)}, step=step * 10)
        accelerator.end_training()
        """
    ).ok()
    assert [row["_step"] for row in ended.run.rows()] == [0, 10, 20]
    assert config_of(ended.run)["lr"] == 0.1
    same_with_upstream(ended.folder)


def test_ignite_and_skorch__loggers__log_what_they_are_given(program: Program) -> None:
    """ignite's WandBLogger and skorch's WandbLogger."""
    pytest.importorskip("ignite")
    pytest.importorskip("skorch")
    ended = program(
        DATA
        + """
    from ignite.engine import Engine, Events
    from ignite.handlers.wandb_logger import OutputHandler, WandBLogger
    from skorch import NeuralNetRegressor
    from skorch.callbacks import WandbLogger

    logger = WandBLogger(project="p", config={"lr": 0.5})
    engine = Engine(lambda engine, batch: {"loss": float(batch[0].mean())})
    handler = OutputHandler("train", output_transform=lambda output: output)
    logger.attach(engine, handler, Events.ITERATION_COMPLETED)
    engine.run(DataLoader(data, 8), max_epochs=1)
    run = wandb.run
    net = NeuralNetRegressor(torch.nn.Linear(4, 1), max_epochs=2, verbose=0,
                             callbacks=[WandbLogger(run, save_model=False)])
    x, y = data.tensors
    net.fit(x, y)
    logger.close()
    """
    ).ok()
    rows = ended.run.rows()
    assert len(named(rows, "train/loss")) == 4
    assert len(named(rows, "valid_loss")) == 2
    same_with_upstream(ended.folder, random="dur")


def test_optuna__callback__makes_a_row_of_each_trial(program: Program) -> None:
    """optuna-integration's WeightsAndBiasesCallback, one run for all and one for each."""
    pytest.importorskip("optuna_integration")
    source = """
        import optuna
        from optuna_integration.wandb import WeightsAndBiasesCallback
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        callback = WeightsAndBiasesCallback(metric_name="loss", wandb_kwargs={"project": "p"}, as_multirun=MANY)
        study = optuna.create_study()
        study.optimize(lambda trial: (trial.suggest_float("x", 0, 1) - 0.5) ** 2, n_trials=3, callbacks=[callback])
    """
    from tests.recorded import runs_in

    ended = program(source.replace("MANY", "False")).ok()
    assert len(named(ended.run.rows(), "loss")) == 3
    program(source.replace("MANY", "True")).ok()
    assert len(runs_in(program.folder)) == 4


def test_optuna__one_run_or_many__leaves_what_upstream_does(program: Program) -> None:
    """Trials from a fixed seed."""
    pytest.importorskip("optuna_integration")
    ended = program(
        """
        import optuna
        from optuna_integration.wandb import WeightsAndBiasesCallback
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        for many in (False, True):
            callback = WeightsAndBiasesCallback(metric_name="loss", wandb_kwargs={"project": "p"}, as_multirun=many)
            study = optuna.create_study(study_name="s", sampler=optuna.samplers.RandomSampler(seed=0))

            @callback.track_in_wandb()
            def objective(trial):
                import wandb
                x = trial.suggest_float("x", 0, 1)
                wandb.log({"x squared": x * x})
                return (x - 0.5) ** 2

            study.optimize(objective, n_trials=3, callbacks=[callback])
            if not many:
                import wandb
                wandb.finish()
        """
    ).ok()
    same_with_upstream(ended.folder)


def test_hydra__configuration__is_recorded_whole(program: Program) -> None:
    """A DictConfig as it is, also inside a dictionary."""
    pytest.importorskip("hydra")
    (program.folder / "conf.yaml").write_text("lr: 0.1\nmodel:\n  width: 3\n  name: net-${lr}\n")
    ended = program(
        """
        import hydra, wandb

        @hydra.main(config_path=".", config_name="conf", version_base=None)
        def main(config):
            with wandb.init(config=config) as run:
                run.config.update({"inner": config.model})
                run.log({"a": 1})

        main()
        """,
        "hydra.job.chdir=False",
        "lr=0.2",
    ).ok()
    config = config_of(ended.run)
    assert config["lr"] == 0.2
    assert config["model"] == config["inner"] == {"width": 3, "name": "net-0.2"}


def test_hydra__configuration_as_a_dictionary__leaves_what_upstream_does(program: Program) -> None:
    """What its documentation advises, since upstream's client takes no DictConfig."""
    pytest.importorskip("hydra")
    (program.folder / "conf.yaml").write_text("lr: 0.1\nmodel:\n  width: 3\n  name: net-${lr}\n")
    ended = program(
        """
        import hydra, omegaconf, wandb

        @hydra.main(config_path=".", config_name="conf", version_base=None)
        def main(config):
            with wandb.init(project="p", config=omegaconf.OmegaConf.to_container(config, resolve=True)) as run:
                run.log({"a": 1})

        main()
        """
    ).ok()
    assert config_of(ended.run)["model"] == {"width": 3, "name": "net-0.1"}
    same_with_upstream(ended.folder)


# How jobs start their ranks: the module, its arguments, and what the scheduler puts into the environment.
SLURM = {
    "SLURM_JOB_ID": "42", "SLURM_JOB_NAME": "train", "SLURM_NTASKS": "2", "SLURM_PROCID": "0", "SLURM_LOCALID": "0",
    "SLURM_NODEID": "0", "SLURM_NNODES": "1", "SLURM_JOB_NODELIST": "node1", "SLURM_GPUS_ON_NODE": "0",
}  # fmt: skip
TORCHRUN = ["-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone", "train.py"]
ACCELERATE = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes=1", "--num_machines=1", "--mixed_precision=no",
              "--dynamo_backend=no", "train.py"]  # fmt: skip


@pytest.mark.parametrize("slurm", [False, True])
@pytest.mark.parametrize("of_each_rank", [True, False])
def test_torchrun__with_two_ranks__records_those_that_begin_a_run(
    program: Program, slurm: bool, of_each_rank: bool
) -> None:
    """Each rank, or the first one only; also in an allocation of SLURM. They end with the job's status."""
    program.write(
        f"""
        import torch.distributed as dist, wandb
        dist.init_process_group("gloo")
        rank = dist.get_rank()
        if rank == 0 or {of_each_rank}:
            with wandb.init(project="p", group="job", config={{"rank": rank}}) as run:
                for step in range(5):
                    run.log({{"rank": rank, "step": step}})
                print("hello of", rank)
        dist.barrier()
        dist.destroy_process_group()
        """
    )
    runs = launched(program, TORCHRUN, SLURM if slurm else {})
    ranks = [[0], [1]] if of_each_rank else [[0]]
    assert sorted(sorted({row["rank"] for row in run.rows()}) for run in runs) == ranks
    assert all(len(run.rows()) == 5 and run.exit_code() == 0 for run in runs)
    assert sorted(run.console().splitlines()[-1] for run in runs) == [f"hello of {rank}" for (rank,) in ranks]


@pytest.mark.parametrize("slurm", [False, True])
@pytest.mark.parametrize(("launcher", "processes"), [(ACCELERATE, 1), (TORCHRUN, 2)])
def test_accelerate__launched__records_the_main_process(
    program: Program, launcher: List[str], processes: int, slurm: bool
) -> None:
    """By `accelerate launch`, which begins two processes on GPUs or by MPI only, and by torchrun."""
    pytest.importorskip("accelerate")
    program.write(
        f"""
        from accelerate import Accelerator
        accelerator = Accelerator(log_with="wandb", cpu=True)
        assert accelerator.num_processes == {processes}
        accelerator.init_trackers("p", config={{"lr": 0.1}})
        for step in range(3):
            accelerator.log({{"loss": 1.0 / (step + 1)}}, step=step)
        accelerator.end_training()
        """
    )
    (run,) = launched(program, launcher, SLURM if slurm else {})
    assert named(run.rows(), "loss") == [1.0, 1 / 2, 1 / 3] and run.exit_code() == 0


def launched(program: Program, command: List[str], environment: Dict[str, str]) -> List[Any]:
    """The runs of a job that a launcher starts; upstream's client leaves the same."""
    import subprocess
    import sys

    from tests.recorded import runs_in

    threads = {"OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=program.folder,
        env={**program.environment, **threads, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    same_with_upstream(program.folder, *command, **threads, **environment)
    return runs_in(program.folder)
