"""A test session: settings, hooks, collection, marks, the exit status and what is printed."""
