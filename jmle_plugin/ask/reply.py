"""The public name of a model's reply, which a model client of one's own returns."""

from jmle_plugin.gateway.reply import Reply, SentImage, Usage

__all__ = ["Reply", "SentImage", "Usage"]
