"""What operators do: pools, members, participants, commands, live status."""
