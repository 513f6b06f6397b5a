"""The REST edge: who may ask, what is said, and how. It calls the application, nothing below."""
