from tests.java_servers import kafka, registry

__all__ = ["kafka", "registry"]
