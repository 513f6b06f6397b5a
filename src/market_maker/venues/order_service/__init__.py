"""An exchange behind an order service: orders over HTTP, facts over a websocket."""
