"""How the data get from their sources to the reader: one room a step, in the order of the flow.

What belongs here: the rooms (`pull`, `tidy`, `describe`, `check`, `release`, `publish`), what they
agree on (`contracts`), the line that calls them in order (`line`), and the two ways to run it: the
command line (`cli`) and Dagster (`orchestrate`). What does not: anything about one dataset, source or
portal, which is said in files under `schemas/`, `sources/`, `vocab/` and `targets/`.
"""
