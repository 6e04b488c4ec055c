"""How fast the steps are, as ratios against a named peer in the same run.

What belongs here: measurements that a person reads. What does not: tests; nothing here can fail a build.
"""
