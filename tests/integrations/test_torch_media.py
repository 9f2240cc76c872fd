"""Tables of tensors and graphs of models, logged by the same program with this package and with upstream's release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.interop import upstream

pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not upstream.PYTHON, reason="`tox -e integrations` installs upstream's client")

TABLES = """
    import json, torch, wandb
    def found(cell):
        table = wandb.Table(columns=["a"], data=[[cell], [None]])
        artifact = wandb.Artifact("a", "dataset")
        artifact.add(table, "t")
        return artifact.digest, {path: entry.digest for path, entry in artifact.manifest.entries.items()}
    class Derived(torch.Tensor):
        pass
    ones = torch.ones(2)
    cells = [
        torch.tensor(1.5), torch.tensor(3), ones, torch.eye(2), torch.arange(200), torch.zeros(0), ones > 0, ones.bfloat16(),
        ones.half(), ones.requires_grad_(), torch.nn.Parameter(ones), torch.eye(2)[::2], [ones[0], ones[1]], {"x": ones},
        ones.shape, torch.eye(2).detach().as_subclass(Derived),
    ]
    with open("found.json", "w") as file:
        json.dump([found(cell) for cell in cells], file)
"""
GRAPHS = """
    import glob, json, torch, wandb
    from torch import nn
    class Parts(nn.Module):
        def __init__(self, *parts, then=None):
            super().__init__()
            self.part, self.again, self.parts = parts[0], parts[0], nn.ModuleList(parts[1:])
            self.then = then or (lambda self, x: x)
        def forward(self, x):
            x = self.part(self.part(x))
            for part in self.parts:
                x = part(x)
            return self.then(self, x)
    class Own(nn.Sequential):
        pass
    class Gives(nn.Module):
        def __init__(self, output):
            super().__init__()
            self.output = output
        def forward(self, x):
            self.seen = x
            return self.output
    class After(nn.Module):
        def forward(self, x):
            return torch.ones(5, 4, requires_grad=True)
    relu, square = nn.ReLU(), lambda: nn.Linear(4, 4)
    pair = torch.ones(2), torch.ones(3)
    models = [
        nn.Sequential(square(), relu, square(), relu),
        nn.Sequential(nn.Sequential(square(), nn.Sequential(relu)), nn.Sequential()),
        nn.Sequential(Own(square(), relu), square()),
        Parts(square(), nn.Sequential(square(), nn.Tanh()), square()),
        Parts(square(), Parts(square(), nn.LayerNorm(4)), nn.Identity()),
        nn.Sequential(square(), nn.TransformerEncoderLayer(4, 1, 4)),
        nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), nn.Flatten()),
        nn.Sequential(square(), nn.GRU(4, 3, num_layers=2, bidirectional=True), After()),
        nn.Sequential(square(), nn.utils.parametrizations.weight_norm(square())),
        *(nn.Sequential(square(), Gives(output), After()) for output in (pair, list(pair), [pair[0], pair], None, 5)),
    ]
    found = []
    for model in models:
        with wandb.init(mode="offline") as run:
            run.watch(model, log="all", log_graph=True)
            model(torch.ones(5, 4).requires_grad_())
            run.log({"x": 1})
        (path,) = glob.glob(f"{run.dir}/media/graph/*")
        with open(path) as file:
            graph = json.load(file)
        ids = [node.pop("id") for node in graph["nodes"]]
        assert len({*ids}) == len(ids) and all(type(one) is int for one in ids)
        found.append(graph)
    with open("found.json", "w") as file:
        json.dump(found, file)
"""


def found_by(client: str, source: str, folder: Path) -> Any:
    """What a program found with a client, `ours` or upstream's."""
    folder.mkdir()
    (folder / "program.py").write_text(textwrap.dedent(source), encoding="utf-8")
    if client == "ours":
        command, environment = [sys.executable, "program.py"], {**os.environ, "PYTHONPATH": str(ROOT)}
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    else:
        ended = upstream.call(folder, "program.py")
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads((folder / "found.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("source", [TABLES, GRAPHS], ids=["tables", "graphs"])
def test_torch__of_both_clients__is_the_same_in_artifacts_and_files(tmp_path: Path, source: str) -> None:
    """But for the ids of layers, which are their addresses: any integers."""
    ours, theirs = (found_by(client, source, tmp_path / client) for client in ("ours", "theirs"))
    assert len(ours) == len(theirs) > 10
    for number, (mine, other) in enumerate(zip(ours, theirs)):
        assert mine == other, number
