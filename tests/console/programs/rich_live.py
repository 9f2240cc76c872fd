"""rich's progress display on a terminal."""

from rich.console import Console
from rich.progress import Progress
from support import begin

begin()
with Progress(*Progress.get_default_columns()[:1], console=Console(force_terminal=True), auto_refresh=False) as progress:
    task = progress.add_task("training", total=3)
    for number in range(3):
        progress.console.print(f"epoch {number}")
        progress.update(task, advance=1, refresh=True)
print("after")
