"""The exchange's topics: their schemas, how a message is framed, where schemas are registered, and
how a broker is reached. What is published (bus) and what is consumed (venues) share it."""
