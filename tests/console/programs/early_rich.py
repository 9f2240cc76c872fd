"""A rich console that is older than the run."""

from rich.console import Console
from support import begin

console = Console()
begin()
console.print("[bold]styled[/bold] text")
console.rule("rule")
