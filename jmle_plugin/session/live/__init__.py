"""Asking models during a session: the plan, the gateway's life, progress, what is kept."""
