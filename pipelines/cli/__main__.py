"""`python -m pipelines.cli`: the same as the command `opendata`."""

from pipelines.cli import app

app()
