"""Films of gymnasium's recorder, which writes them with moviepy."""

from __future__ import annotations

import pytest

from tests.conftest import Program

pytest.importorskip("gymnasium")

SOURCE = """
import sys
import gymnasium, numpy, wandb

class Env(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}
    render_mode = "rgb_array"
    observation_space = action_space = gymnasium.spaces.Discrete(2)
    steps = 0
    def reset(self, seed=None, options=None):
        self.steps = 0
        return 0, {}
    def step(self, action):
        self.steps += 1
        return 0, 1.0, self.steps == 3, False, {}
    def render(self):
        return numpy.full((16, 16, 3), self.steps * 20, dtype="uint8")

if sys.argv[1] == "monitor":
    wandb.gym.monitor()
run = wandb.init(monitor_gym=sys.argv[1] == "init")
env = gymnasium.wrappers.RecordVideo(Env(), "films", episode_trigger=lambda episode: True, disable_logger=True)
for episode in range(2):
    env.reset()
    while not env.step(0)[2]:
        pass
    run.log({"episode": episode})
env.close()
run.finish()
env.reset(); env.step(0); env.close()
"""


@pytest.mark.parametrize("how", ["init", "monitor"])
def test_films_of_gymnasium__of_each_episode__are_in_the_run(program: Program, how: str) -> None:
    """Upstream's client breaks `env.close` with this gymnasium, and records none."""
    result = program(SOURCE, how).ok()
    rows = [{"/".join(key) if isinstance(key, tuple) else key for key in row} for row in result.run.rows()]
    assert sum(any(key.startswith("videos") for key in row) for row in rows) == 2
    assert len(list((result.run.path / "files" / "media" / "videos").iterdir())) >= 1
    assert sum("episode" in row for row in rows) == 2


def test_recorder__that_is_switched_off_or_made_otherwise__is_left_alone(program: Program) -> None:
    """Its own `close` must not fail for want of what other releases have."""
    (program.folder / "gymnasium").mkdir()
    for name in ("__init__", "wrappers/__init__"):
        (program.folder / "gymnasium" / f"{name}.py").parent.mkdir(exist_ok=True)
        (program.folder / "gymnasium" / f"{name}.py").touch()
    source = "class RecordVideo:\n    def stop_recording(self):\n        return 'stopped'\n"
    (program.folder / "gymnasium" / "wrappers" / "rendering.py").write_text(source)
    program(
        """
        import wandb
        wandb.gym.monitor()
        with wandb.init(project="p"):
            from gymnasium.wrappers.rendering import RecordVideo
            assert RecordVideo().stop_recording() == "stopped"
        """
    ).ok()


def test_films_of_gymnasium__without_the_wish__are_not_touched(program: Program) -> None:
    """Only who asks gets them."""
    result = program(SOURCE, "nobody").ok()
    assert not (result.run.path / "files" / "media").exists()
