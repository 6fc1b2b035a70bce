"""The results file: its data, how it is written and read, whether it is sound, where it lies."""
