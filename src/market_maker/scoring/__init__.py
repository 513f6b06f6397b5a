"""How well each member quoted: presence, the Q-score, the leaderboard, obligations."""
