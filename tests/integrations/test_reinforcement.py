"""Libraries for reinforcement learning with a logger of their own for `wandb`."""

from __future__ import annotations

import pytest

from tests.conftest import Program
from tests.integrations.comparison import all_left, same_with_upstream


def test_torchrl__logger__keeps_steps_media_and_tables(program: Program) -> None:
    """Scalars with a step of their own, a TensorDict, a histogram, a text, a film."""
    pytest.importorskip("torchrl")
    ended = program(
        """
        import torch
        from tensordict import TensorDict
        from torchrl.record.loggers import get_logger
        logger = get_logger("wandb", logger_name="logs", experiment_name="named",
                            wandb_kwargs={"project": "p", "offline": True, "group": "g", "tags": ["t"]})
        logger.log_hparams({"lr": 0.1, "nested": {"a": [1, 2]}})
        for step in range(3):
            logger.log_scalar("train/reward", 1.0 / (step + 1), step=step * 10)
        logger.log_scalar("plain", 2.0)
        logger.log_scalar("held", 3.0, commit=False)
        logger.log_metrics(TensorDict({"a": torch.tensor(1.0), "b": {"c": torch.tensor(2)}}), step=50)
        logger.log_metrics({"x": torch.ones(2)}, step=60, override_global_step=True)
        logger.log_histogram("weights", torch.arange(10.0).numpy(), bins=4)
        logger.log_str("note", "text")
        logger.log_str("note2", "text", step=70)
        logger.log_video("film", (torch.arange(3 * 3 * 16 * 16) % 251).to(torch.uint8).reshape(1, 3, 3, 16, 16), fps=4, format="gif")
        logger.experiment.finish()
        """,
        limit=120,
    ).ok()
    (left,) = all_left(ended.folder, runs="logs")
    assert [row["train/reward"] for row in left["rows"] if "train/reward" in row] == [1.0, 0.5, 1.0 / 3]
    assert left["config"]["lr"] == 0.1
    same_with_upstream(ended.folder, random="packages|python", runs="logs")


def test_rsl_rl__runner__logs_rewards_settings_and_models(program: Program) -> None:
    """PPO in an environment of four; models are files of the run."""
    pytest.importorskip("rsl_rl")
    ended = program(
        """
        import dataclasses, torch
        from tensordict import TensorDict
        from rsl_rl.env import VecEnv
        from rsl_rl.runners import OnPolicyRunner
        torch.manual_seed(0)

        @dataclasses.dataclass
        class Settings:
            given: int = 1

        class Env(VecEnv):
            num_envs, num_actions, max_episode_length, device = 4, 2, 5, "cpu"
            cfg = Settings()
            def __init__(self):
                self.episode_length_buf = torch.zeros(4, dtype=torch.long)
            def get_observations(self):
                return TensorDict({"policy": torch.zeros(4, 3)}, batch_size=[4])
            def step(self, actions):
                self.episode_length_buf += 1
                done = self.episode_length_buf >= 5
                self.episode_length_buf[done] = 0
                return self.get_observations(), torch.ones(4), done.long(), {"time_outs": done, "log": {"own": 1.5}}

        model = {"class_name": "MLPModel", "hidden_dims": [8], "activation": "elu"}
        settings = {
            "num_steps_per_env": 5, "save_interval": 2, "logger": "wandb", "wandb_project": "p", "run_name": "", "seed": 1,
            "obs_groups": {"actor": ["policy"], "critic": ["policy"]},
            "actor": {**model, "distribution_cfg": {"class_name": "GaussianDistribution", "init_std": 1.0, "std_type": "scalar"}}, "critic": model,
            "algorithm": {"class_name": "PPO", "num_learning_epochs": 1, "num_mini_batches": 2},
        }
        runner = OnPolicyRunner(Env(), settings, "logs/named", "cpu")
        runner.learn(3)
        """,
        limit=120,
    ).ok()
    assert [row["Train/mean_reward"] for row in ended.run.rows()] == [5.0] * 3
    assert (ended.run.path / "files" / "model_2.pt").stat().st_size > 0
    same_with_upstream(ended.folder, random="Perf/.*")


def test_skrl__agent__logs_what_it_writes_for_tensorboard(program: Program) -> None:
    """By TensorBoard's own event writer, from which upstream's client takes nothing."""
    pytest.importorskip("skrl")
    ended = program(
        """
        import gymnasium, torch
        from skrl.agents.torch.ppo import PPO, PPO_CFG
        from skrl.envs.wrappers.torch import wrap_env
        from skrl.memories.torch import RandomMemory
        from skrl.models.torch import CategoricalMixin, DeterministicMixin, Model
        from skrl.trainers.torch import SequentialTrainer, SequentialTrainerCfg
        from skrl.utils import set_seed
        set_seed(1)

        class Policy(CategoricalMixin, Model):
            def __init__(self, observation_space, action_space):
                Model.__init__(self, observation_space=observation_space, action_space=action_space, device="cpu")
                CategoricalMixin.__init__(self)
                self.net = torch.nn.Linear(4, 2)
            def compute(self, inputs, role):
                return self.net(inputs["observations"]), {}

        class Value(DeterministicMixin, Model):
            def __init__(self, observation_space, action_space):
                Model.__init__(self, observation_space=observation_space, action_space=action_space, device="cpu")
                DeterministicMixin.__init__(self)
                self.net = torch.nn.Linear(4, 1)
            def compute(self, inputs, role):
                return self.net(inputs["observations"]), {}

        env = wrap_env(gymnasium.make("CartPole-v1"))
        models = {"policy": Policy(env.observation_space, env.action_space), "value": Value(env.observation_space, env.action_space)}
        cfg = PPO_CFG()
        cfg.rollouts = 16
        cfg.experiment.directory, cfg.experiment.experiment_name = "runs", "named"
        cfg.experiment.write_interval, cfg.experiment.checkpoint_interval = 20, 0
        cfg.experiment.wandb, cfg.experiment.wandb_kwargs = True, {"project": "p", "tags": ["t"]}
        agent = PPO(models=models, memory=RandomMemory(memory_size=16, num_envs=1, device="cpu"), cfg=cfg,
            observation_space=env.observation_space, action_space=env.action_space, device="cpu")
        trainer = SequentialTrainer(env=env, agents=agent, cfg=SequentialTrainerCfg(timesteps=100, headless=True, disable_progressbar=True))
        trainer.train()
        """,
        limit=120,
    ).ok()
    rows = ended.run.rows()
    assert [row["global_step"] for row in rows] == [20, 40, 60, 80, 100]
    assert all("Loss / Policy loss" in row for row in rows)
    assert ended.run.exit_code() == 0
