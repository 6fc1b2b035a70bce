"""The model gateway: one process a session that asks providers, ahead, and keeps what they say.

The parent's side is `launch`; both sides share `protocol` and `journal`. Everything else
runs inside the gateway's process, which alone imports litellm and aiohttp.
"""
