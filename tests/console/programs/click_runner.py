"""click's CliRunner."""

import click
from click.testing import CliRunner
from support import begin


@click.command()
def command():
    click.echo("inside")


begin()
print("before")
result = CliRunner().invoke(command)
assert result.output == "inside\n", result.output
click.echo("after")
