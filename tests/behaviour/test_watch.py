"""Watched torch models: histograms come with the rows, and the model is as before afterwards."""

from __future__ import annotations

import json
import re
from typing import Any, List

import pytest

from tests.conftest import Program

pytest.importorskip("torch")

MODEL = """
    import copy, io, pickle, torch, wandb
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    def passes(count, run, model=model):
        for number in range(count):
            model(torch.randn(8, 4)).pow(2).mean().backward()
            run.log({"step": number})
"""


def names(row: Any) -> List[str]:
    """The watched tensors in a row."""
    return sorted({key[0] for key in row if isinstance(key, tuple)})


def test_watch__of_all__adds_both_at_each_second_pass(program: Program) -> None:
    """To the row of that pass; with as many values as the tensor has."""
    ended = program(
        MODEL
        + """
    with wandb.init() as run:
        run.watch(model, log="all", log_freq=2)
        passes(5, run)
    """
    ).ok()
    rows = ended.run.rows()
    tensors = ["0.bias", "0.weight", "2.bias", "2.weight"]
    expected = [f"{kind}/{name}" for kind in ("gradients", "parameters") for name in tensors]
    assert [names(row) for row in rows] == [[], expected, [], expected, []]
    histogram = rows[1]
    assert sum(histogram["parameters/0.weight", "values"]) == 12
    assert len(histogram["parameters/0.weight", "bins"]) == 65
    assert histogram["parameters/0.weight", "_type"] == "histogram"
    assert len(histogram["gradients/2.bias", "bins"]) == 2


def test_watch__of_several_models__tells_them_apart_until_unwatch(program: Program) -> None:
    """By a number in front of the name."""
    ended = program(
        MODEL
        + """
    other = torch.nn.Linear(4, 1)
    with wandb.init() as run:
        wandb.watch([model, other], log_freq=1)
        passes(1, run, other)
        wandb.unwatch(other)
        passes(1, run, other)
        passes(1, run)
        wandb.watch(other, log="parameters", log_freq=1, idx=7)
        passes(1, run, other)
    passes(1, type("Nowhere", (), {"log": lambda self, row: None})())
    """
    ).ok()
    found = [names(row) for row in ended.run.rows()]
    assert found[0] == ["gradients/graph_1bias", "gradients/graph_1weight"]
    assert found[1] == []
    assert len(found[2]) == 4
    assert found[3] == ["parameters/graph_7bias", "parameters/graph_7weight"]


def test_watch__whatever_the_tensors_are__never_troubles_the_program(program: Program) -> None:
    """Halves, complex numbers, infinities, empty, sparse and meta tensors, a frozen parameter, a copy of the model."""
    ended = program(
        MODEL
        + """
    class Odd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.halves = torch.nn.Parameter(torch.ones(3, dtype=torch.bfloat16))
            self.turned = torch.nn.Parameter(torch.tensor([1 + 5j, 1 + 7j]))
            self.bad = torch.nn.Parameter(torch.tensor([1.0, float("nan"), float("inf"), 2.0]))
            self.none = torch.nn.Parameter(torch.empty(0))
            self.nowhere = torch.nn.Parameter(torch.empty(3, device="meta"))
            self.frozen = torch.nn.Parameter(torch.arange(3), requires_grad=False)
            self.table = torch.nn.Embedding(5, 2, sparse=True)
        def forward(self, x):
            return self.halves.float().sum() + self.bad.sum() + self.table(torch.tensor([1])).sum() + self.turned.real.sum()

    odd = Odd()
    with wandb.init() as run:
        run.watch(odd, log="all", log_freq=1)
        odd(1).backward()
        run.log({})
        for copied in (copy.deepcopy(odd), pickle.loads(pickle.dumps(odd))):
            copied(1).backward()
        run.log({"after": 1})
    """
    ).ok()
    rows = ended.run.rows()
    assert [name.split("/")[1] for name in names(rows[0]) if name.startswith("parameters")] == [
        "bad", "frozen", "halves", "table.weight", "turned",
    ]  # fmt: skip
    assert rows[0]["parameters/bad", "bins"][0] == 1.0
    assert sum(rows[0]["parameters/bad", "values"]) == 2
    assert sum(rows[0]["gradients/table.weight", "values"]) == 2
    assert rows[0]["parameters/turned", "bins"] == [1.0, 1.0] and rows[0]["gradients/turned", "values"] == [2]
    assert names(rows[1]) == []
    assert "can't be recorded" not in ended.stderr


def test_watch__of_a_compiled_model__watches_what_it_can(program: Program) -> None:
    """TorchScript takes no forward hooks: a warning, no error; a frequency need not be whole, nor at least 1."""
    ended = program(
        MODEL
        + """
    compiled = torch.jit.script(torch.nn.Linear(3, 2))
    with wandb.init() as run:
        run.watch(compiled, log="all", log_freq=1.5, log_graph=True)
        for number in range(4):
            compiled(torch.ones(1, 3)).sum().backward()
            run.log({"number": number})
        run.unwatch()
        run.watch(compiled, log_freq=0)
        compiled(torch.ones(1, 3)).sum().backward()
        run.log({"number": 4})
    """
    ).ok()
    assert [bool(names(row)) for row in ended.run.rows()] == [False, True, False, True, True]
    assert "The parameters of a model can't be watched" in ended.stderr
    assert "The graph of a model can't be watched" in ended.stderr


def test_watch__of_what_is_no_model__says_so(program: Program) -> None:
    """With the errors of the public interface."""
    program(
        MODEL
        + """
    def refused(kind, **given):
        try:
            wandb.watch(**given)
        except kind:
            return True
    assert refused(wandb.Error, models=model)
    run = wandb.init()
    assert refused(TypeError, models=3) and refused(TypeError, models=[model, "x"])
    assert refused(ValueError, models=model, log="everything") and refused(TypeError, models=model, log_freq="2")
    run.finish()
    run = wandb.init(mode="disabled")
    run.watch(model)
    """
    ).ok()


def test_watch__with_its_graph__has_the_layers_in_the_summary_after_the_first_pass(program: Program) -> None:
    """In the order in which they were called, with their shapes; upstream's file, but for the ids."""
    ended = program(
        """
    import torch, wandb
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.last = torch.nn.LSTM(2, 5, batch_first=True)
            self.first = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.ReLU())
            self.unused = torch.nn.Linear(1, 1)
        def forward(self, x):
            return self.last(self.first(self.first(torch.cat([x, x], -1)).repeat(1, 1, 2)))[0]
    model = Net()
    with wandb.init() as run:
        run.watch([model, torch.nn.Linear(1, 1)], log=None, log_graph=True)
        for _ in range(2):
            model(torch.randn(3, 7, 2))
        print(sum(len(layer._forward_hooks) for layer in model.modules()))
        run.log({"loss": 1})
    """
    ).ok()
    assert ended.stdout == "0\n"
    found = ended.run.summary()
    path = found["graph_0"]["path"]
    assert "graph_1" not in found and found["graph_0"]["_type"] == "graph-file"
    assert re.fullmatch(r"media/graph/graph_0_summary_[0-9a-f]{20}\.graph\.json", path)
    graph = json.loads((ended.run.path / "files" / path).read_bytes())
    assert all(isinstance(node.pop("id"), int) for node in graph["nodes"])
    weights = [["weight_ih_l0", [20, 2]], ["weight_hh_l0", [20, 5]], ["bias_ih_l0", [20]], ["bias_hh_l0", [20]]]
    assert graph == {
        "format": "torch",
        "edges": [],
        "nodes": [
            {
                "name": "first.0",
                "class_name": "Linear(in_features=4, out_features=2, bias=True)",
                "parameters": [["weight", [2, 4]], ["bias", [2]]],
                "output_shape": [[3, 7, 2]],
                "num_parameters": [8, 2],
            },
            {
                "name": "first.1",
                "class_name": "ReLU()",
                "parameters": [],
                "output_shape": [[3, 7, 2]],
                "num_parameters": [],
            },
            {
                "name": "last",
                "class_name": "LSTM(2, 5, batch_first=True)",
                "parameters": weights,
                "output_shape": [[3, 7, 5], [[1, 3, 5], [1, 3, 5]]],
                "num_parameters": [40, 100, 20, 20],
            },
        ],
    }


def test_unwatch__of_what_is_not_watched__says_so(program: Program) -> None:
    """A typing error in a loop over models; what is watched without hooks (no parameters) counts as watched."""
    result = program(
        """
        import torch, wandb
        with wandb.init() as run:
            model, plain = torch.nn.Linear(1, 1), torch.nn.ReLU()
            run.unwatch(model)
            run.watch([model, plain])
            run.unwatch([model, plain])
            run.unwatch([model])
            run.unwatch()
        """
    ).ok()  # fmt: skip
    assert result.stderr.count("A Linear is not watched") == 2 and "ReLU" not in result.stderr


def test_graph_of_a_model__copied_or_unwatched_before_its_pass__leaves_nothing(program: Program) -> None:
    """The copy is not watched, the model has no hooks left."""
    ended = program(
        MODEL
        + """
    with wandb.init() as run:
        run.watch(model, log=None, log_graph=True)
        twin = pickle.loads(pickle.dumps(model))
        twin(torch.randn(8, 4)), copy.deepcopy(model)(torch.randn(8, 4))
        run.unwatch(model)
        passes(1, run)
        print(sum(len(layer._forward_hooks) for layer in model.modules()))
    """
    ).ok()
    assert ended.stdout == "0\n" and "graph_0" not in ended.run.summary()


def test_graph_of_a_model__whose_layers_are_called_one_by_one__is_there_after_the_last(program: Program) -> None:
    """Lightning's training never calls the model; torch's containers are looked into, other modules are layers."""
    ended = program(
        MODEL
        + """
    class Two(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(3, 3)
        def forward(self, x):
            return self.linear(x), [x, None]
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.last = Two()
            self.several = torch.nn.ModuleList([torch.nn.Linear(4, 3), torch.nn.ReLU()])
    model = Model()
    with wandb.init() as run:
        run.watch(model, log=None, log_graph=True)
        x = torch.randn(8, 4)
        for layer in [*model.several, model.several[1]]:
            x = layer(x)
        assert "graph_0" not in run.summary
        model.last(x)
        assert "graph_0" in run.summary
        assert not any(layer._forward_hooks for layer in model.modules())
    """
    ).ok()
    graph = json.loads(ended.run.file(ended.run.summary()["graph_0"]["path"]))
    assert [node["name"] for node in graph["nodes"]] == ["several.0", "several.1", "last"]
    last = graph["nodes"][2]
    assert last["parameters"] == [["linear.weight", [3, 3]], ["linear.bias", [3]]]
    assert last["output_shape"] == [[8, 3], [[8, 3], []]] and last["num_parameters"] == [9, 3]
