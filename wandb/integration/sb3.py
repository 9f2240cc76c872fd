"""`wandb.integration.sb3`: for Stable-Baselines3, whose metrics come by `wandb.init(sync_tensorboard=True)`."""

from __future__ import annotations

import os
from typing import Any, Dict

import wandb
from wandb.integration.current_run import need_run

try:
    from stable_baselines3.common.callbacks import BaseCallback
except ImportError as error:
    raise ImportError("wandb.integration.sb3 needs Stable-Baselines3: `pip install stable-baselines3`.") from error


class WandbCallback(BaseCallback):  # type: ignore[misc]
    """Logs the algorithm's settings, saves its model now and then, and watches its policy.

    Raises wandb.Error if there is no run.
    """

    def __init__(
        self,
        verbose: int = 0,
        model_save_path: str | None = None,
        model_save_freq: int = 0,
        gradient_save_freq: int = 0,
        log: str | None = "all",
    ) -> None:
        """`model_save_path`: a folder for `model.zip`, at the end and, unless it is 0, every `model_save_freq` steps.

        `gradient_save_freq`: every so many passes the policy is logged as `log` says (see `Run.watch`); 0: never.
        """
        super().__init__(verbose)
        need_run("WandbCallback")
        self._folder = model_save_path
        self._save_every = model_save_freq
        self._watch_every = gradient_save_freq
        self._watched = log if log in ("gradients", "parameters", "all", None) else "all"
        if model_save_path:
            os.makedirs(model_save_path, exist_ok=True)

    def _init_callback(self) -> None:
        settings: Dict[str, Any] = {"algo": type(self.model).__name__}
        for name, value in vars(self.model).items():
            if name not in wandb.config:
                settings[name] = value if type(value) in (int, float, str) else str(value)  # so upstream has it
        wandb.config.setdefaults(settings)
        if self._watch_every > 0:
            wandb.watch(self.model.policy, log=self._watched, log_freq=self._watch_every)

    def _on_step(self) -> bool:
        if self._folder and self._save_every > 0 and self.n_calls % self._save_every == 0:
            self._save()
        return True

    def _on_training_end(self) -> None:
        if self._folder:
            self._save()

    def _save(self) -> None:
        folder: Any = self._folder
        path = os.path.join(folder, "model.zip")
        self.model.save(path)
        wandb.save(path, base_path=folder)
        if self.verbose > 1:
            self.logger.info(f"the model is saved in {path}")
