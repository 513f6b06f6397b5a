#!/usr/bin/env bash
# A short session on a builder's market (HIP-3), with a log of its own and its events counted.
#   scripts/test_hip3.sh [ASSET] [DEX] [SECONDS] [testnet|mainnet|URL]
# Orders are real: mainnet only when it is said. The key comes from HYPERLIQUID_PRIVATE_KEY, .env or market_maker.toml.
set -euo pipefail

ASSET=${1:-BTC} DEX=${2:-hyna} SPAN=${3:-60} NETWORK=${4:-testnet}
[[ $SPAN =~ ^[1-9][0-9]{0,5}$ ]] || { echo "error: SECONDS $SPAN: expected a whole number from 1" >&2; exit 2; }
case $NETWORK in
  testnet | mainnet | localhost | http://* | https://*) ;;
  *) echo "error: network $NETWORK: expected testnet, mainnet, localhost or a URL" >&2; exit 2 ;;
esac

LOGS=${LOG_DIR:-logs}
mkdir -p "$LOGS"
LOG=$LOGS/mm_${DEX}_${ASSET}_$(date +%Y-%m-%d_%H-%M-%S).log
echo "trading $ASSET on $DEX ($NETWORK) for $SPAN s, log $LOG"
CODE=0
"${MARKET_MAKER:-market_maker}" run --network "$NETWORK" --asset "$ASSET" --dex "$DEX" --seconds "$SPAN" \
  --log-level debug --log-format json --log-file "$LOG" >"$LOG.console" 2>&1 || CODE=$?

counted() { grep -c -- "$1" "$LOG" || true; }
echo "lines             $(wc -l <"$LOG")"
echo "ERROR             $(counted ERROR)"
echo "WARN              $(counted WARN)"
echo "Trades processed  $(counted 'Trades processed')"
echo "Quote cycle       $(counted 'Quote cycle')"
echo "Fill processed    $(counted 'Fill processed')"
echo "ended with        $CODE"
exit "$CODE"
