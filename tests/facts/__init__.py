"""The shipped facts, and the traps that lie in them."""
