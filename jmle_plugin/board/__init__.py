"""The leaderboard in every form: terminal, markdown, CSV, JSON, plot, page."""
