"""Results made again from what was recorded: rescored, compared, verified."""
