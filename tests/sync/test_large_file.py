"""A file, or a post, that takes longer than any patience of `finish`, over a line that is slow and works."""

from __future__ import annotations

from tests.conftest import Program
from tests.server.server import RecordingServer

MIB = 80
TRAIN = f"""
    import wandb
    run = wandb.init(project="p", id="one", settings={{"x_disable_stats": True}})
    run.log({{"x": 1}})
    with open("weights.bin", "wb") as file:
        file.truncate({MIB} << 20)
    run.save("weights.bin")
    run.finish()
    print("behind finish")
"""


def test_finish__large_file_on_a_slow_line__waits_as_long_as_it_goes_on(program: Program, server: RecordingServer) -> None:
    """A server is silent while it reads; that is no failure, and what has been sent is told."""
    server.seconds_per_mib = 0.45  # more than 30 s in all, behind what the system's buffers take
    result = program(TRAIN, env=server.environment()).ok()
    assert result.stdout == "behind finish\n" and "does not answer" not in result.stderr, result.stderr
    assert "MiB sent" in result.stderr and "Synced" in result.stderr
    assert len(server.run.files["weights.bin"]) == MIB << 20 and server.run.complete


def test_finish__long_posts_on_a_slow_line__waits_for_them(program: Program, server: RecordingServer) -> None:
    """Ten mebibytes are one post; within it there is no other answer."""
    source = """
        import wandb
        run = wandb.init(project="p", id="one", settings={"x_disable_stats": True})
        for number in range(100):
            run.log({"text": str(number) * 50_000})
        run.finish()
        print("behind finish")
    """
    server.seconds_per_mib = 1.3  # the last bytes wait in the buffers of the system, for less than the patience of 10 s
    result = program(source, env=server.environment()).ok()
    assert result.stdout == "behind finish\n" and "does not answer" not in result.stderr, result.stderr
    assert len(server.run.rows()) == 100 and server.run.complete
