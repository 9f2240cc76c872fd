"""Frameworks that have a logger of their own for `wandb`: models of a few weights, text of a few words."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import all_left, same_with_upstream


def test_spacy__logger__has_scores_configuration_data_and_pipelines(program: Program) -> None:
    """spacy-loggers' newest WandbLogger, with all it can be told; a text classifier learns four texts."""
    pytest.importorskip("spacy_loggers")
    ended = program(
        """
        import spacy
        from pathlib import Path
        from spacy.tokens import DocBin
        from spacy.training.initialize import init_nlp
        from spacy.training.loop import train
        from spacy.util import load_config_from_str

        blank = spacy.blank("en")
        docs = DocBin()
        for text, good in [("very good", 1.0), ("so bad", 0.0), ("good day", 1.0), ("bad day", 0.0)] * 4:
            doc = blank.make_doc(text)
            doc.cats = {"good": good, "bad": 1 - good}
            docs.add(doc)
        Path("corpus").mkdir(exist_ok=True)
        docs.to_disk("corpus/train.spacy")
        config = load_config_from_str('''
        [nlp]
        lang = "en"
        pipeline = ["textcat"]
        [components]
        [components.textcat]
        factory = "textcat"
        [components.textcat.model]
        @architectures = "spacy.TextCatBOW.v3"
        exclusive_classes = true
        length = 64
        ngram_size = 1
        no_output_layer = false
        [corpora]
        [corpora.train]
        @readers = "spacy.Corpus.v1"
        path = "corpus/train.spacy"
        [corpora.dev]
        @readers = "spacy.Corpus.v1"
        path = "corpus/train.spacy"
        [training]
        dev_corpus = "corpora.dev"
        train_corpus = "corpora.train"
        seed = 0
        gpu_allocator = null
        max_steps = 6
        eval_frequency = 2
        [training.logger]
        @loggers = "spacy.WandbLogger.v5"
        project_name = "p"
        remove_config_values = ["paths.train", "training.seed"]
        model_log_interval = 2
        log_dataset_dir = "corpus"
        run_name = "named"
        log_best_dir = "out/model-best"
        log_latest_dir = "out/model-last"
        log_custom_stats = ["^cats_"]
        ''')
        nlp = init_nlp(config)
        Path("out").mkdir(exist_ok=True)
        train(nlp, Path("out"))
        """,
        limit=120,
    ).ok()
    rows = ended.run.rows()
    assert len([row for row in rows if "loss_textcat" in row]) == 4
    kinds = sorted(record.artifact.type for record in ended.run.records() if record.HasField("artifact"))
    assert kinds == ["checkpoint"] * 3 + ["dataset", "model", "model"]
    same_with_upstream(ended.folder, random="speed")


def test_mmengine__runner__logs_losses_metrics_and_pictures(program: Program) -> None:
    """WandbVisBackend with watched weights, a defined metric, code and a picture."""
    pytest.importorskip("mmengine")
    ended = program(
        """
        import numpy, torch, wandb
        from mmengine.evaluator import BaseMetric
        from mmengine.model import BaseModel
        from mmengine.runner import Runner
        from torch.utils.data import DataLoader, TensorDataset
        torch.manual_seed(0)

        class Model(BaseModel):
            def __init__(self):
                super().__init__()
                self.layer = torch.nn.Linear(4, 1)
            def forward(self, inputs, target, mode):
                out = self.layer(inputs)
                return {"loss": ((out - target) ** 2).mean()} if mode == "loss" else [{"error": float(((out - target) ** 2).mean())}]

        class Error(BaseMetric):
            def process(self, data_batch, data_samples):
                self.results.extend(data_samples)
            def compute_metrics(self, results):
                return {"error": sum(item["error"] for item in results) / len(results)}

        data = TensorDataset(torch.randn(16, 4), torch.randn(16, 1))
        runner = Runner(
            Model(), "work", train_dataloader=DataLoader(data, 4), val_dataloader=DataLoader(data, 4),
            train_cfg={"by_epoch": True, "max_epochs": 2}, val_cfg={}, val_evaluator=[Error()],
            optim_wrapper={"optimizer": {"type": "SGD", "lr": 0.1}}, default_hooks={"logger": {"type": "LoggerHook", "interval": 1}},
            visualizer={"type": "Visualizer", "vis_backends": [{"type": "WandbVisBackend", "init_kwargs": {"project": "p", "name": "named"},
                "define_metric_cfg": {"error": "min"}, "watch_kwargs": {"log": "all", "log_freq": 2}}]},
            randomness={"seed": 0}, experiment_name="tiny",
        )
        runner.visualizer.add_image("picture", numpy.zeros((4, 5, 3), dtype=numpy.uint8), step=3)
        runner.visualizer.add_scalars({"a": 1, "b": 2.5})
        runner.train()
        """,
        limit=120,
    ).ok()
    (left,) = all_left(ended.folder, runs="work/*/vis_data")
    assert len([row for row in left["rows"] if "loss" in row]) == 8
    assert len([row for row in left["rows"] if "error" in row]) == 2
    same_with_upstream(ended.folder, random="time|data_time", runs="work/*/vis_data")


def test_deepspeed__monitor__logs_losses_and_rates(program: Program) -> None:
    """The monitor of a real engine with ZeRO on one CPU; its C++ operators stay unbuilt."""
    pytest.importorskip("deepspeed")
    ended = program(
        """
        import deepspeed, torch
        deepspeed.ops.__compatible_ops__.clear()  # as where there is no compiler
        torch.manual_seed(0)
        torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
        model = torch.nn.Linear(4, 1)
        settings = {
            "train_batch_size": 4, "steps_per_print": 1, "zero_allow_untested_optimizer": True, "zero_optimization": {"stage": 1}, "bf16": {"enabled": True},
            "wandb": {"enabled": True, "project": "p", "group": "g"},
        }
        engine, *_ = deepspeed.initialize(model=model, model_parameters=model.parameters(), config=settings,
                                          optimizer=torch.optim.SGD(model.parameters(), 0.1))
        for step in range(3):
            loss = engine(torch.randn(4, 4, dtype=torch.bfloat16)).pow(2).mean()
            engine.backward(loss)
            engine.step()
        engine.monitor.write_events([("own/metric", 1.5, 40)])
        """,
        env={"LOCAL_RANK": "0"},
        limit=120,
    ).ok()
    rows = ended.run.rows()
    assert [row["Train/Samples/lr"] for row in rows if "Train/Samples/lr" in row] == [0.1] * 3
    assert [row["own/metric"] for row in rows if "own/metric" in row] == [1.5]
    same_with_upstream(ended.folder, LOCAL_RANK="0")


def test_sentence_transformers__trainer__logs_losses_and_evaluations(program: Program) -> None:
    """Embeddings of a BERT of a few weights."""
    pytest.importorskip("sentence_transformers")
    ended = program(
        """
        import torch, wandb
        from datasets import Dataset
        from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments, losses, models
        from sentence_transformers.evaluation import EmbeddingSimilarityEvaluator
        from tokenizers import Tokenizer, models as tokens, pre_tokenizers
        from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
        torch.manual_seed(0)
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{n}" for n in range(20))]
        splitter = Tokenizer(tokens.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
        splitter.pre_tokenizer = pre_tokenizers.Whitespace()
        PreTrainedTokenizerFast(tokenizer_object=splitter, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]").save_pretrained("bert")
        BertModel(BertConfig(vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)).save_pretrained("bert")
        word = models.Transformer("bert")
        model = SentenceTransformer(modules=[word, models.Pooling(8)], device="cpu")
        pairs = [(f"w{n} w{n + 1}", f"w{n + 2} w3", n / 16) for n in range(16)]
        columns = {name: list(values) for name, values in zip(("sentence1", "sentence2", "score"), zip(*pairs))}
        rows = Dataset.from_dict(columns)
        arguments = SentenceTransformerTrainingArguments("out", report_to="wandb", num_train_epochs=1, per_device_train_batch_size=4,
            logging_steps=2, eval_strategy="epoch", use_cpu=True, run_name="named", seed=1)
        trainer = SentenceTransformerTrainer(model, arguments, train_dataset=rows, eval_dataset=rows, loss=losses.CoSENTLoss(model),
            evaluator=EmbeddingSimilarityEvaluator(columns["sentence1"], columns["sentence2"], columns["score"], name="sts"))
        trainer.train()
        wandb.finish()
        """,
        env={"HF_HUB_OFFLINE": "1"},
        limit=120,
    ).ok()
    assert len([row for row in ended.run.rows() if "train/loss" in row]) == 2
    assert any("eval/sts_spearman_cosine" in row for row in ended.run.rows())
    same_with_upstream(ended.folder, random=".*(runtime|per_second)|output_dir|logging_dir", HF_HUB_OFFLINE="1")


def test_torchtitan__logger__logs_by_step(program: Program) -> None:
    """Its logger alone: a training asks for GPUs."""
    pytest.importorskip("torchtitan")
    ended = program(
        """
        from torchtitan.components.metrics import WandBLogger

        class Config(dict):
            def to_dict(self):
                return dict(self)

        logger = WandBLogger("logs", Config(lr=0.1, model={"layers": 2}), tag="t")
        for step in range(1, 4):
            logger.log({"loss": 1.0 / step, "lr": 0.1}, step)
        logger.close()
        """
    ).ok()
    (left,) = all_left(ended.folder, runs="logs")
    assert [row["t/loss"] for row in left["rows"]] == [1.0, 0.5, 1.0 / 3]
    same_with_upstream(ended.folder, runs="logs")
