"""Arrays of other libraries than numpy and torch as values, in configs, histograms, tables and pictures."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Program
from tests.integrations.comparison import all_left, same_with_upstream


def test_jax__arrays_of_a_training_loop__leave_what_upstream_does(program: Program) -> None:
    """Values as a jitted step gives them, also from inside of it; small floats that numpy does not know by itself."""
    pytest.importorskip("flax")
    ended = program(
        """
        import flax.linen as nn
        import jax, jax.numpy as jnp, optax, wandb
        from flax.training.train_state import TrainState

        class Net(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(1)(nn.relu(nn.Dense(4)(x)))

        x, net = jnp.ones((8, 2)), Net()
        params = net.init(jax.random.PRNGKey(0), x)["params"]
        state = TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(0.01))
        run = wandb.init(project="p", config={"dtype": jnp.bfloat16, "seed": jax.random.PRNGKey(0), "sizes": jnp.arange(3)})

        @jax.jit
        def step(state):
            loss, grads = jax.value_and_grad(lambda p: (state.apply_fn({"params": p}, x) ** 2).mean())(state.params)
            jax.debug.callback(lambda loss: wandb.log({"inside": loss}), loss, ordered=True)
            return state.apply_gradients(grads=grads), {"loss": loss, "norm": optax.global_norm(grads)}

        for _ in range(2):
            state, metrics = step(state)
            jax.effects_barrier()
            wandb.log(jax.tree_util.tree_map(wandb.Histogram, dict(state.params)), commit=False)
            wandb.log(metrics)
        run.log({
            "bf16": jnp.bfloat16(2.5), "fp8": jnp.array(1.5, jnp.float8_e4m3fn), "int4": jnp.array(3, jnp.int4),
            "flag": jnp.array(True), "one": jnp.ones(1), "line": jnp.arange(4, dtype=jnp.bfloat16), "many": jnp.arange(50.0),
            "tree": {"a": [jnp.ones(()), jnp.zeros(2)]}, "complex": jnp.complex64(1 + 2j), "params": state.params,
        })
        cells = [[jnp.float32(1.5), jnp.arange(3), jnp.bfloat16(1)], [jnp.float32(2), jnp.arange(3), jnp.bfloat16(2)]]
        run.log({"table": wandb.Table(columns=["a", "b", "c"], data=cells)})
        run.log({"step": 1}, step=jnp.int32(100))
        run.summary.update({"best": jnp.float32(7), "small": jnp.bfloat16(3)})
        """,
        limit=120,
    ).ok()
    (left,) = all_left(ended.folder)
    rows = [row for row in left["rows"] if "loss" in row]
    assert len(rows) == 2 and rows[0]["loss"] > rows[1]["loss"] and rows[0]["Dense_0"]["kernel"]["_type"] == "histogram"
    assert sum("inside" in row for row in left["rows"]) == 2
    same_with_upstream(ended.folder)


def test_jax__what_upstream_refuses__is_counted_drawn_or_text(program: Program) -> None:
    """A deleted buffer, a key, a frozen dict or a value that is traced has no number: that is no reason to raise."""
    pytest.importorskip("flax")
    ended = program(
        """
        import jax, jax.numpy as jnp, wandb
        from flax.core import freeze
        run = wandb.init()
        small = jnp.array([0, 0, 1, 3], jnp.bfloat16)
        gone = jnp.ones(3)
        gone.delete()

        @jax.jit
        def traced(x):
            wandb.log({"traced": x})
            return x

        traced(jnp.float32(1))
        run.log({"histogram": wandb.Histogram(small, num_bins=3), "list": wandb.Histogram([*map(float, small)], num_bins=3)})
        run.log({"eights": wandb.Histogram(small.astype(jnp.float8_e5m2), num_bins=3)})
        run.log({"image": wandb.Image(jnp.full((4, 4, 3), 7, jnp.uint8)), "half": wandb.Image(jnp.full((4, 4, 3), 7, jnp.bfloat16))})
        run.log({"gone": gone, "key": jax.random.key(0), "frozen": freeze({"a": {"b": jnp.ones(())}})})
        """
    ).ok()
    (left,) = all_left(ended.folder)
    found = {name: value for row in left["rows"] for name, value in row.items()}
    assert [found[name]["values"] for name in ("histogram", "list", "eights")] == [[2, 1, 1]] * 3
    assert found["image"]["sha256"] == found["half"]["sha256"]
    assert found["frozen"] == {"a": {"b": 1.0}}
    assert all(isinstance(found[name], str) for name in ("traced", "gone", "key"))


def test_xarray_and_polars__values__are_numbers_and_lists(program: Program) -> None:
    """A mean is a number, a series a list, whichever library has computed it; upstream raises a TypeError."""
    pytest.importorskip("polars")
    pytest.importorskip("xarray")
    ended = program(
        """
        import polars, wandb, xarray
        series, array = polars.Series([1.0, 2.0]), xarray.DataArray([1.0, 2.0], dims="time")
        with wandb.init(config={"array": array, "series": series}) as run:
            run.log({"mean": array.mean(), "array": array, "series": series, "names": polars.Series(["a", "b"])})
            run.log({"many": xarray.DataArray(range(100)), "data": xarray.Dataset({"a": array})})
        """
    ).ok()
    (left,) = all_left(ended.folder)
    first, second = ({name: value for name, value in row.items() if name != "_step"} for row in left["rows"])
    assert first == {"mean": 1.5, "array": [1.0, 2.0], "series": [1.0, 2.0], "names": ["a", "b"]}
    assert second["many"]["_type"] == "histogram" and second["data"] == {"a": [1.0, 2.0]}
    assert left["config"] == {"array": [1.0, 2.0], "series": [1.0, 2.0]}


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_frames__of_polars_and_pyarrow__are_tables_of_their_values(program: Program, library: str) -> None:
    """As pandas' are, also where one is logged as it is; a frame that has no rows yet is refused by its name."""
    pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    ended = program(
        f"""
        import datetime, polars, wandb
        lazy = polars.LazyFrame({{"a": [1, None], "day": [datetime.date(2020, 1, 2)] * 2, "list": [[1], [2, 3]], "word": ["x", None]}})
        frame = lazy.collect()
        frame = frame.to_arrow() if "{library}" == "pyarrow" else frame
        with wandb.init() as run:
            run.log({{"frame": frame, "table": wandb.Table(dataframe=frame), "data": wandb.Table(data=frame)}})
            try:
                wandb.Table(dataframe=lazy)
            except TypeError as error:
                print(error)
        """
    ).ok()
    assert "not polars.lazyframe.frame.LazyFrame" in ended.stdout
    (left,) = all_left(ended.folder)
    paths = [left["rows"][0][name]["path"] for name in ("frame", "table", "data")]
    for path in paths:
        table = json.loads(ended.run.file(path))
        assert table["columns"] == ["a", "day", "list", "word"]
        assert table["data"] == [[1, "2020-01-02", [1], "x"], [None, "2020-01-02", [2, 3], None]]


def test_pandas__columns_of_pyarrow_with_days_and_missing_moments__are_a_table(program: Program) -> None:
    """What polars and `dtype_backend="pyarrow"` give: their days are dates of Python, and what is missing is pandas' NA."""
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    ended = program(
        """
        import datetime, pandas, wandb
        day, moment = datetime.date(2020, 1, 2), datetime.datetime(2020, 1, 2, 3)
        columns = {"day": ([day, None], "date32[pyarrow]"), "moment": ([moment, None], "timestamp[us][pyarrow]")}
        frame = pandas.DataFrame({name: pandas.Series(cells, dtype=kind) for name, (cells, kind) in columns.items()})
        with wandb.init() as run:
            run.log({"frame": frame})
        """
    ).ok()
    (left,) = all_left(ended.folder)
    table = json.loads(ended.run.file(left["rows"][0]["frame"]["path"]))
    assert table["data"][1] == [None, None] and table["data"][0][0] == "2020-01-02"
