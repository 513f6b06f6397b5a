"""/exchange: who signed, and whether it may be done. Every answer is a value."""

from typing import Any

from market_maker.emulators.hyperliquid.accounts import PerpAccount
from market_maker.emulators.hyperliquid.doings import Answer, Doings
from market_maker.emulators.hyperliquid.envelopes import NOBODY, Signed
from market_maker.emulators.hyperliquid.judging import NotTaken
from market_maker.emulators.hyperliquid.limits import EXPIRED_COST, Quota
from market_maker.emulators.hyperliquid.nonces import Nonces
from market_maker.emulators.hyperliquid.world import World
from market_maker.model.errors import InvalidDataError
from market_maker.venues.hyperliquid.keys import signer_of
from market_maker.venues.hyperliquid.signing import Network, action_digest
from market_maker.venues.hyperliquid.user_signed import user_digest


class Door:
    """Lets requests in. mainnet: whether signatures for the main network count as well."""

    def __init__(self, world: World, doings: Doings, quota: Quota, *, mainnet: bool) -> None:
        self._world, self._doings, self._quota = world, doings, quota
        self._mainnet = mainnet
        self._nonces = Nonces()

    def answer(self, signed: Signed) -> Answer:
        """Do it, or say why not."""
        try:
            account = self._admitted(signed)
            done = self._doings.do(signed.kind, account, signed.action)
        except NotTaken as refused:
            return {"status": "err", "response": refused.text}
        return {"status": "ok", "response": done}

    # who may

    def _admitted(self, signed: Signed) -> PerpAccount:
        """The account that is acted for. Raises NotTaken."""
        now = self._world.now
        signer, account = self._signer(signed)
        refusal = self._nonces.refusal(signer, signed.terms.nonce, now)
        if refusal is not None:
            raise NotTaken(refusal)
        if signed.terms.vault is not None:
            account = self._acted_for(account, signed.terms.vault)
        expires = signed.terms.expires_after
        late = expires is not None and expires < now
        count = signed.count * EXPIRED_COST if late else signed.count
        self._quota.charge(account, now, count, cancels=signed.cancels)
        if late:
            raise NotTaken("Action already expired")
        return account

    def _signer(self, signed: Signed) -> tuple[str, PerpAccount]:
        """Who signed, and the account behind. Raises NotTaken with the first address found."""
        found = self._candidates(signed)
        for signer in found:
            account = self._world.accounts.account_of(signer, self._world.now)
            if account is None or (signed.by_user and account.address != signer):
                continue
            return signer, account
        signer = found[0] if found else NOBODY
        if signer in self._world.accounts.accounts:
            raise NotTaken(f"Must deposit before performing actions. User: {signer}")
        raise NotTaken(f"User or API Wallet {signer} does not exist.")

    def _candidates(self, signed: Signed) -> list[str]:
        """Who may have signed, by each network whose signatures count."""
        networks = [Network.TESTNET, Network.MAINNET] if self._mainnet else [Network.TESTNET]
        if signed.by_user:
            chain = signed.action.get("hyperliquidChain")
            if chain not in {network.chain for network in networks}:
                raise NotTaken(f"Invalid hyperliquidChain: {networks[0].chain} is served here.")
            stamp = signed.action.get("nonce", signed.action.get("time"))
            if stamp != signed.terms.nonce:
                raise NotTaken("Invalid nonce: it differs from the action's.")
            digests = [_user_digest(signed.action)]
        else:
            digests = [action_digest(signed.action, signed.terms, one) for one in networks]
        signers = (signer_of(digest, signed.signature) for digest in digests)
        return [signer for signer in signers if signer is not None]

    def _acted_for(self, account: PerpAccount, vault: str) -> PerpAccount:
        other = self._world.accounts.find(vault)
        if other is None or other.owner != account.address:
            raise NotTaken(f"Vault not registered: {vault}")
        return other


def _user_digest(action: dict[str, Any]) -> bytes:
    try:
        return user_digest(action)
    except InvalidDataError as error:
        raise NotTaken(str(error)) from None
