"""Stable-Baselines3: settings, watched policy, saved model, and the metrics that it writes for TensorBoard."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import same_with_upstream

# Times, objects that the settings show by their addresses; and what is watched, which upstream's client keeps for one
# row, while TensorBoard's rows go on: the last of it stands in the first row.
RANDOM = r"time/.*|start_time|_logger|env|rollout_buffer|gradients/.*|parameters/.*|_step"


def test_sb3__learning__is_in_the_run(program: Program) -> None:
    """A few hundred steps of PPO."""
    pytest.importorskip("stable_baselines3")
    ended = program(
        """
        import wandb
        from stable_baselines3 import PPO
        from wandb.integration.sb3 import WandbCallback
        with wandb.init(sync_tensorboard=True) as run:
            model = PPO("MlpPolicy", "CartPole-v1", n_steps=32, batch_size=16, n_epochs=1, tensorboard_log="tb", device="cpu", seed=1)
            model.learn(200, callback=WandbCallback(gradient_save_freq=1, model_save_path="models", model_save_freq=64))
        """
    ).ok()
    rows = ended.run.rows()
    assert any("rollout/ep_rew_mean" in row for row in rows)
    assert any("train/loss" in row and row["global_step"] > 0 for row in rows)
    assert any(key[0].startswith("gradients/") for row in rows for key in row if isinstance(key, tuple))
    assert "algo" in ended.run.file("config.yaml")
    assert (ended.run.path / "files" / "model.zip").stat().st_size > 0
    same_with_upstream(ended.folder, random=RANDOM)
