"""Trainers of language models with what their users switch on: models as artifacts, watched weights, adapters, pairs."""

from __future__ import annotations

from typing import List

import pytest

from tests.conftest import Program
from tests.integrations.comparison import all_left, same_with_upstream

pytest.importorskip("transformers")

# Times, and paths that differ.
RANDOM = ".*(runtime|per_second)|output_dir|logging_dir"

WORDS = """
    import torch, wandb
    from datasets import Dataset
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    torch.manual_seed(0)
    words = ["<pad>", "<eos>", "<unk>", *(f"w{number}" for number in range(20))]
    splitter = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>"))
    splitter.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=splitter, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
    LlamaForCausalLM(LlamaConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, pad_token_id=0, eos_token_id=1, bos_token_id=1,
    )).save_pretrained("model")
    tokenizer.save_pretrained("model")
    usual = dict(report_to="wandb", per_device_train_batch_size=2, max_steps=2, logging_steps=1, use_cpu=True, run_name="tiny")
"""


@pytest.mark.parametrize(("when", "aliases"), [
    ("checkpoint", [["checkpoint_global_step_60", "epoch_15.0"], ["checkpoint_global_step_120", "epoch_30.0"], ["final_model"]]),
    ("end", [["final_model"]]),
])  # fmt: skip
def test_transformers__models_as_artifacts__are_logged_with_their_weights_watched(
    program: Program, when: str, aliases: List[List[str]]
) -> None:
    """`WANDB_LOG_MODEL` and `WANDB_WATCH=all`, with adapters of peft and the best model loaded at the end."""
    pytest.importorskip("peft")
    switches = {"WANDB_LOG_MODEL": when, "WANDB_WATCH": "all", "WANDB_PROJECT": "mine", "HF_HUB_OFFLINE": "1"}
    ended = program(
        WORDS
        + """
    from peft import LoraConfig, get_peft_model
    from transformers import Trainer, TrainingArguments
    model = get_peft_model(
        LlamaForCausalLM.from_pretrained("model"), LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM")
    )
    rows = [{"input_ids": torch.randint(0, 20, (5,)), "labels": torch.randint(0, 20, (5,))} for _ in range(8)]
    settings = TrainingArguments("trained", **{**usual, "max_steps": 120, "logging_steps": 60}, eval_strategy="steps",
                                 eval_steps=60, save_steps=60, load_best_model_at_end=True, bf16=False)
    Trainer(model, settings, train_dataset=rows, eval_dataset=rows).train()
    wandb.finish()
    """,
        env=switches,
        limit=120,
    ).ok()
    artifacts = [record.artifact for record in ended.run.records() if record.HasField("artifact")]
    named = [sorted({*artifact.aliases} - {"latest"}) for artifact in artifacts]
    assert named == [["base_model"], *aliases]
    assert any(key[0].startswith("parameters/") for row in ended.run.rows() for key in row if isinstance(key, tuple))
    assert all_left(ended.folder)[0]["run"][0] == "mine"
    same_with_upstream(ended.folder, random=RANDOM, **switches)


def test_trl__fine_tuning_preferences_and_rewards__log_a_run_each(program: Program) -> None:
    """`SFTTrainer`, `DPOTrainer` and `RewardTrainer`, one behind the other in one process."""
    pytest.importorskip("trl")
    ended = program(
        WORDS
        + """
    from trl import DPOConfig, DPOTrainer, RewardConfig, RewardTrainer, SFTConfig, SFTTrainer
    texts = Dataset.from_dict({"text": [f"w{number} w{number + 1} w{number + 2}" for number in range(8)]})
    pairs = Dataset.from_dict({
        "prompt": [f"w{number}" for number in range(8)],
        "chosen": [f" w{number + 1}" for number in range(8)],
        "rejected": [f" w{number + 2}" for number in range(8)],
    })
    for trainer, settings, data in (
        (SFTTrainer, SFTConfig, texts), (DPOTrainer, DPOConfig, pairs), (RewardTrainer, RewardConfig, pairs)
    ):
        settings = settings(trainer.__name__, **usual, bf16=False, save_strategy="no")
        trainer(model="model", args=settings, train_dataset=data, processing_class=tokenizer).train()
        wandb.finish()
    """,
        env={"HF_HUB_OFFLINE": "1"},
        limit=180,
    ).ok()
    logged = [{key for row in left["rows"] for key in row} for left in all_left(ended.folder)]
    assert sorted(any(key.startswith("train/rewards/") for key in keys) for keys in logged) == [False, False, True]
    assert all("train/loss" in keys for keys in logged)
    same_with_upstream(ended.folder, random=f"profiling/.*|{RANDOM}", HF_HUB_OFFLINE="1")
