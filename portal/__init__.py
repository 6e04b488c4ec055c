"""How it is read: the API and the pages over the releases.

What belongs here: answering requests from what `publish` has made. What does not: any write to the store, and any
room of the pipeline: the portal reads the store through `pipelines.contracts`.
"""
