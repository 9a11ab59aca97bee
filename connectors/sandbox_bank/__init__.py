"""The sandbox's bank: it pays and executes at once, over the same topics as a real one."""
