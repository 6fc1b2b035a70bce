"""The public face of the fixtures: what a conftest or a test of one's own imports."""

from jmle_plugin.session.fixtures import AskingService, Marker, Service, WrongAnswer

__all__ = ["AskingService", "Marker", "Service", "WrongAnswer"]
