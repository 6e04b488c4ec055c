"""`python -m pipelines.cli`: the same as the command `opendata`.

What belongs here: starting it. What does not: commands.
"""

from pipelines.cli import app

app()
