"""The exchange's topics: schemas, framing, the schema registry, and how a broker is reached."""
