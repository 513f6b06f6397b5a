"""The stand-alone maker: a pool of one on Hyperliquid, run from the command line."""
