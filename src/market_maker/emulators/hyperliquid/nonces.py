"""Nonces of one signer: a millisecond-like number is used once, and old ones never again."""

from bisect import bisect_left, insort

KEPT = 100
DAY_MS = 24 * 3_600_000
PAST_MS = 2 * DAY_MS
FUTURE_MS = DAY_MS


class Nonces:
    """The highest KEPT of each signer. signers_max: a signer beyond it makes the venue forget the
    one that signed least recently, whose old requests the time window keeps out."""

    def __init__(self, signers_max: int = 100_000) -> None:
        self._used: dict[str, list[int]] = {}
        self._most = signers_max

    def refusal(self, signer: str, nonce: int, now: int) -> str | None:
        """Why `nonce` cannot be used at `now` (ms); None when it can, and is used from then on."""
        if not now - PAST_MS < nonce < now + FUTURE_MS:
            return f"Invalid nonce: {nonce} is outside of the allowed range at time {now}"
        used = self._used.pop(signer, [])
        self._used[signer] = used
        if len(self._used) > self._most:
            del self._used[next(iter(self._used))]
        place = bisect_left(used, nonce)
        if place < len(used) and used[place] == nonce:
            return f"Invalid nonce: duplicate nonce {nonce}"
        if len(used) == KEPT and place == 0:
            return f"Invalid nonce: {nonce} is too low, the lowest stored nonce is {used[0]}"
        insort(used, nonce)
        if len(used) > KEPT:
            del used[0]
        return None
