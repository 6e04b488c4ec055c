"""What the operator does around the line: setting up, looking at the state, adding files.

What belongs here: `init`, `new`, `doctor` and `status` as functions. What does not: the steps of the
line, and how anything is printed.
"""
