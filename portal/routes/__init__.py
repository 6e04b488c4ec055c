"""The routes of each part: what address leads to which handler.

What belongs here: routers, and the handlers that are short. What does not: the work of a handler that is not.
"""
