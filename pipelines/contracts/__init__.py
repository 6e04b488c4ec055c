"""What all rooms agree on: typed models of the files, findings, the store, settings.

What belongs here: types, names and formats that more than one room needs, and the few functions that
give them one meaning (the text of a cell, the hash of a file, the path of a release). What does not:
any step of the flow. Nothing here imports a room.
"""
