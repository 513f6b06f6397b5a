"""Hyperliquid: our side of its wire (signing, clients, orders and the account)."""
