"""The exit codes: what cron and scripts are told.

What belongs here: the numbers. What does not: when each is given. 1 is an unexpected fault and 2 a wrong
word on the command line, as everywhere.
"""

OK = 0
FAULT = 1
HELD = 3
"""A candidate was held, or something fetched has changed and waits to be accepted; what was good stays."""
FAILED = 4
"""A source or a target failed; whatever depends on it stays as it was."""
CONFIG = 5
"""A file of the project is wrong, or a request cannot be carried out as it was put."""
OVERDUE = 6
"""`status`: a dataset is older than its declared frequency allows."""
BUSY = 7
"""Another run holds the store."""
DUE = 8
"""`plan`: a target would have to change, and nothing stands in the way."""
