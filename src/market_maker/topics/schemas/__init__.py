"""The Avro schema of every topic, in a file of the topic's name."""
