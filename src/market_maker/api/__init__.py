"""The REST edge: who may ask, what is said, and how; it calls the service's desk, nothing below."""
