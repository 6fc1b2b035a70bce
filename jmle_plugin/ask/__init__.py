"""Asking: prompt, model client and the cassettes its traffic is recorded in."""
