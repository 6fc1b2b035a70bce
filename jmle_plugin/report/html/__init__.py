"""One HTML page for one or several runs of an exam: self-contained, without a server."""
