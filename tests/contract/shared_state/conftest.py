from tests.servers import redis

__all__ = ["redis"]
