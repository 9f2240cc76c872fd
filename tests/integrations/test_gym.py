"""gymnasium, unmodified: the films that its RecordVideo writes. Upstream's client ends in a RecursionError with gymnasium 1."""

from __future__ import annotations

import pytest

from tests.conftest import Program

ENVIRONMENT = """
    import gymnasium, numpy
    from gymnasium.wrappers import RecordVideo

    class Squares(gymnasium.Env):
        metadata = {"render_modes": ["rgb_array"], "render_fps": 4}
        render_mode = "rgb_array"
        action_space = observation_space = gymnasium.spaces.Discrete(2)
        def reset(self, *, seed=None, options=None):
            return 0, {}
        def step(self, action):
            return 0, 1.0, False, False, {}
        def render(self):
            return numpy.full((32, 32, 3), 99, dtype="uint8")

    def play(run, episodes):
        environment = RecordVideo(Squares(), "films", episode_trigger=lambda number: True)
        for episode in range(episodes):
            environment.reset()
            for _ in range(3):
                environment.step(0)
            run.log({"episode": episode})
        environment.close()
"""
BEGIN = {
    "setting": "import wandb\n    run = wandb.init(monitor_gym=True)",
    "integration": "import wandb\n    from wandb.integration.gym import monitor\n    monitor()\n    run = wandb.init()",
    "module": "import wandb\n    wandb.gym.monitor()\n    run = wandb.init()",
}


@pytest.mark.parametrize("how", BEGIN)
def test_monitor__of_recorded_episodes__logs_each_film(program: Program, how: str) -> None:
    """Asked for before gymnasium is loaded; each episode has a film, and closing goes well."""
    pytest.importorskip("gymnasium")
    pytest.importorskip("moviepy")
    ended = program(f"    {BEGIN[how]}{ENVIRONMENT}    play(run, 2)\n    wandb.finish()\n").ok()
    rows = [row for row in ended.run.rows() if ("videos", "path") in row]
    paths = [row["videos", "path"] for row in rows]
    assert len(paths) == 2
    assert all((ended.run.path / "files" / path).stat().st_size > 0 and path.endswith(".mp4") for path in paths)
