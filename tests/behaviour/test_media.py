"""Media in real programs: from any process, in rows, summary and lists, with a full record and nothing in the user's way."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import Program
from tests.server.server import RecordingServer
from wandb.wire.decode import record_kind

pytest.importorskip("PIL")
pytest.importorskip("numpy")

IMAGE = "wandb.Image(numpy.full((4, 6, 3), {n}, dtype='uint8'), caption='c{n}')"


def test_media__in_rows_and_summary__are_files_and_json(program: Program) -> None:
    """What a viewer needs: the JSON in the row and the summary, and each file that the record names."""
    run = program(
        f"""
        import numpy, wandb
        with wandb.init() as run:
            run.log({{"i": {IMAGE.format(n=1)}, "loss": 0.5, "d": {{"x": [{IMAGE.format(n=2)}, 1, None], "y": 2}}}})
            run.summary["best"] = {IMAGE.format(n=3)}
            run.log({{"t": wandb.Table(columns=["a"], data=[[1]]), "h": wandb.Histogram([1, 2], num_bins=2)}})
        """
    ).run
    first, second = run.rows()
    assert first["i", "_type"] == "image-file" and first["i", "caption"] == "c1" and first["loss"] == 0.5
    assert first["d", "x"][0]["_type"] == "image-file" and first["d", "x"][1:] == [1, None] and first["d", "y"] == 2
    assert second["t", "_type"] == "table-file" and second["h", "values"] == [1, 1]
    summary = run.summary()
    assert summary["best"]["path"].startswith("media/images/best_summary_") and summary["i"]["caption"] == "c1"
    announced = [file.path for record in run.records() for file in record.files.files if file.path.startswith("media/")]
    assert len(announced) == 4 and all((run.path / "files" / name).is_file() for name in announced)
    kinds = run.kinds()
    assert kinds.index("files") < kinds.index("history")


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_media__logged_in_a_child__are_in_the_record(program: Program, method: str) -> None:
    """Data loaders log samples."""
    run = program(
        f"""
        import multiprocessing, numpy, wandb
        def work(run, n):
            run.log({{"child": wandb.Image(numpy.full((4, 6, 3), n, dtype="uint8"))}})
        if __name__ == "__main__":
            context = multiprocessing.get_context("{method}")
            with wandb.init() as run:
                children = [context.Process(target=work, args=(run, n)) for n in range(2)]
                for child in children: child.start()
                for child in children: child.join()
                assert not any(child.exitcode for child in children)
                run.log({{"parent": 1}})
        """
    ).run
    paths = [row["child", "path"] for row in run.rows() if ("child", "path") in row]
    assert len(set(paths)) == 2 and all((run.path / "files" / path).is_file() for path in paths)
    announced = {file.path for record in run.records() for file in record.files.files}
    assert set(paths) <= announced


def test_media__that_can_not_be_written__cost_a_warning_and_no_row(program: Program) -> None:
    """A full disk, a file that is gone: the training goes on, the rest of the row is there."""
    result = program(
        """
        import numpy, os, wandb
        run = wandb.init()
        with open("x.html", "w") as file: file.write("<p>")
        audio = wandb.Audio("x.html")
        os.unlink("x.html")
        run.log({"audio": audio, "loss": 1})
        run.log({"loss": 2})
        run.finish()
        """
    ).ok()
    assert [row["loss"] for row in result.run.rows()] == [1, 2]
    assert "could not be recorded" in result.stderr


def test_values__that_resist_being_looked_at__are_text(program: Program) -> None:
    """Whether something is a medium is asked of its type, never of its own code."""
    result = program(
        """
        import wandb
        class Raising:
            def __getattr__(self, name): raise RuntimeError(name)
            @property
            def __class__(self): raise RuntimeError("class")
        Nameless = type("Nameless", (), {"__module__": None})
        with wandb.init() as run:
            wandb.Html("<p>")
            run.log({"a": Raising(), "b": [Raising(), Nameless()], "c": {"d": Nameless}, "e": wandb, "loss": 1})
            run.summary["x"] = Raising()
        """
    ).ok()
    row = result.run.rows()[0]
    assert row["loss"] == 1 and {"a", "b", "e"} <= set(row)


def test_media__that_are_no_such_thing__raise_where_they_are_made_or_logged(program: Program) -> None:
    """An error of use, which a program can catch; the run goes on."""
    result = program(
        """
        import wandb
        run = wandb.init()
        for call in (lambda: run.log({"i": wandb.Image("s3://x/y.png")}), lambda: run.config.update({"i": wandb.Html("x")}),
                     lambda: run.log({"c": wandb.Classes([{"id": 1, "name": "a"}])})):
            try:
                call()
            except wandb.UsageError as error:
                print(error)
        run.log({"loss": 1})
        run.finish()
        """
    ).ok()
    assert "kept elsewhere" in result.stdout and "can't be a config value" in result.stdout
    assert "can't be logged by themselves" in result.stdout
    assert [row["loss"] for row in result.run.rows()] == [1]


def test_charts__logged__are_a_table_and_an_entry_in_the_config(program: Program) -> None:
    """Once in the config, however often the chart is logged."""
    run = program(
        """
        import wandb
        with wandb.init() as run:
            for n in range(3):
                table = wandb.Table(columns=["x", "y"], data=[[n, 1]])
                run.log({"chart": wandb.plot.line(table, "x", "y"), "deep": {"bar": wandb.plot.bar(table, "x", "y")}})
        """
    ).run
    assert [{key[0] for key in row if isinstance(key, tuple)} for row in run.rows()] == [
        {"chart_table", "deep.bar_table"}
    ] * 3
    own = run.file("config.yaml")
    assert "panelDefId: wandb/line/v0" in own and "tableKey" in own
    updates = [record for record in run.records() for item in record.config.update if "visualize" in item.nested_key]
    assert len(updates) == 2


def test_table__in_a_disabled_run_and_without_one__works(program: Program) -> None:
    """Whoever switches wandb off changes nothing else in the program."""
    result = program(
        """
        import numpy, wandb
        run = wandb.init(mode="disabled")
        table = wandb.Table(columns=["a"], data=[[1]])
        run.log({"t": table, "i": wandb.Image(numpy.zeros((2, 2))), "c": wandb.plot.bar(table, "a", "a")})
        run.summary["t"] = table
        run.finish()
        print(table.get_column("a"))
        """
    ).ok()
    assert result.stdout == "[1]\n" and not list(result.folder.glob("wandb/*/files/media"))


def test_import__of_all_data_classes__loads_no_library(program: Program) -> None:
    """numpy, Pillow and the others are loaded when an object of theirs is given, or needed."""
    result = program(
        """
        import sys, json
        import wandb, wandb.data_types, wandb.plot
        run = wandb.init()
        run.log({"t": wandb.Table(columns=["a"], data=[[1]]), "h": wandb.Html("<p>")})
        run.finish()
        print(json.dumps([name for name in ("numpy", "PIL", "pandas", "matplotlib", "plotly", "torch") if name in sys.modules]))
        """
    ).ok()
    assert json.loads(result.stdout) == []


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_media__of_a_run_that_is_sent__are_at_the_server(program: Program, mode: str) -> None:
    """Each file once, by the name that the row has."""
    source = """
        import numpy, wandb
        with wandb.init(id="one", project="p", entity="e") as run:
            for n in range(3):
                run.log({"i": wandb.Image(numpy.full((4, 6, 3), n, dtype="uint8")), "a/b": [wandb.Html("<p>")]})
    """
    with RecordingServer() as server:
        environment = {**server.environment(), "WANDB_MODE": mode}
        result = program(source, env=environment).ok()
        if mode == "offline":
            folder = str(result.run.path)
            command = [sys.executable, "-m", "wandb", "sync", folder]
            subprocess.run(
                command, env={**program.environment, **environment}, cwd=program.folder, check=True, timeout=60
            )
        sent = server.runs["one"]
    rows = sent.rows()
    paths = [row["i"]["path"] for row in rows] + [page["path"] for row in rows for page in row["a/b"]["html"]]
    assert len(set(paths)) == 6 and set(paths) <= set(sent.files)
    for path in paths:
        assert len(sent.files[path]) > 0


def test_media__where_none_are_expected__are_recorded_as_well_as_can_be(program: Program) -> None:
    """A picture of Pillow's is an image, one inside of a config value its text; a long key makes no long entry."""
    run = program(
        """
        import wandb
        from PIL import Image
        with wandb.init(project="p") as run:
            run.config.update({"a": {"b": wandb.Html("x")}, "list": [wandb.Html("x")]})
            run.log({"picture": Image.new("RGB", (3, 4))})
            for key in ("k" * 500, "folder/"):
                run.log({key: wandb.Table(columns=["a"], data=[[1]])})
        """
    ).ok().run
    records = run.records()
    row = run.rows()[0]
    assert (row["picture", "_type"], row["picture", "width"], row["picture", "height"]) == ("image-file", 3, 4)
    (config,) = [record.config for record in records if record_kind(record) == "config" and "Html" in str(record)]
    assert {item.key: "Html object" in item.value_json for item in config.update} == {"a": True, "list": True}
    tables = [record.artifact for record in records if record_kind(record) == "artifact"]
    assert [len(entry.path) < 255 for table in tables for entry in table.manifest.contents] == [True, True]
    assert tables[1].manifest.contents[0].path == "folder.table.json"
