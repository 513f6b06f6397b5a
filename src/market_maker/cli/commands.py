"""Every command of `market_maker`, in the groups and the order in which `--help` shows them."""

from msgspec import Struct


class CliCommand(Struct, frozen=True):
    """Where a command lives: its module is imported only when it is called, because some of them
    bring numba, and `--help` should answer at once. summary, group: its line in `--help` and the
    heading above it. trades: its engine is native where one is built. Others run the source, of
    which replays make their kernel; nothing that stops quoting depends on a build."""

    module: str
    attribute: str
    summary: str
    group: str = ""
    trades: bool = False


_TRY_IT = "Try it"
_SERVICE = "Run the pool engine service"
_EMERGENCY = "Stop it from outside"
_DATABASE = "Maintain its database and its events"
_RECORDS = "Check and explain what it did"
_HYPERLIQUID = "Make a market on Hyperliquid without the service"
_RESEARCH = "Try strategies on recorded markets"
_DEVELOPMENT = "Develop against it"

COMMANDS = {
    "demo": CliCommand(
        "market_maker.cli.demo",
        "command",
        "Quote on the sandbox exchange in real time: no account, no server.",
        _TRY_IT,
        trades=True,
    ),
    "walk": CliCommand(
        "market_maker.cli.walk",
        "command",
        "Start the service, create a pool step by step through its API, and watch it quote.",
        _TRY_IT,
        trades=True,
    ),
    "try-hyperliquid": CliCommand(
        "market_maker.cli.try_hyperliquid",
        "command",
        "Run the Hyperliquid maker on an emulated venue, with a throw-away key.",
        _TRY_IT,
    ),
    "serve": CliCommand(
        "market_maker.cli.serve",
        "command",
        "Serve the REST API and run the pools.",
        _SERVICE,
        trades=True,
    ),
    "wait": CliCommand(
        "market_maker.cli.wait", "command", "Wait until the service is ready.", _SERVICE
    ),
    "watch": CliCommand(
        "market_maker.cli.watch_stream",
        "command",
        "Show the pools of a running service, live, in a terminal.",
        _SERVICE,
    ),
    "token": CliCommand(
        "market_maker.cli.token",
        "command",
        "Print a development token for the service's REST API.",
        _SERVICE,
    ),
    "revoke": CliCommand(
        "market_maker.cli.revoke",
        "command",
        "Revoke a token, or all tokens of a subject.",
        _SERVICE,
    ),
    "validate-config": CliCommand(
        "market_maker.cli.validate_config",
        "command",
        "Print every setting of the service or the maker, its origin and what is wrong with it.",
        _SERVICE,
    ),
    "openapi": CliCommand(
        "market_maker.cli.openapi",
        "command",
        "Print the OpenAPI description of the REST API.",
        _SERVICE,
    ),
    "kill": CliCommand(
        "market_maker.cli.kill",
        "command",
        "Halt every pool, or one, of the service on this machine, without HTTP.",
        _EMERGENCY,
    ),
    "watchdog": CliCommand(
        "market_maker.cli.watchdog",
        "command",
        "Watch the service on this machine; cancel its orders at the venue when it dies or hangs.",
        _EMERGENCY,
    ),
    "db": CliCommand(
        "market_maker.cli.db", "app", "Check or upgrade the schema of the database.", _DATABASE
    ),
    "backup": CliCommand(
        "market_maker.cli.backup",
        "backup",
        "Copy the database and the files beside it while the service runs.",
        _DATABASE,
    ),
    "restore": CliCommand(
        "market_maker.cli.backup",
        "restore",
        "Bring a backup back into an empty data directory or database.",
        _DATABASE,
    ),
    "outbox": CliCommand(
        "market_maker.cli.outbox",
        "app",
        "List unpublished outbox events; release parked ones.",
        _DATABASE,
    ),
    "parked": CliCommand(
        "market_maker.cli.parked",
        "command",
        "List messages of the exchange's topics that could not be read, and why.",
        _DATABASE,
    ),
    "schemas": CliCommand(
        "market_maker.cli.schemas",
        "app",
        "Register the schemas of published events, or check them.",
        _DATABASE,
    ),
    "audit": CliCommand(
        "market_maker.cli.audit",
        "app",
        "Check the audit log and the journal of turns: whether both are what was written.",
        _RECORDS,
    ),
    "explain": CliCommand(
        "market_maker.cli.explain",
        "command",
        "Show what a pool knew at a moment, what it quoted and why, and what it sent.",
        _RECORDS,
    ),
    "parity": CliCommand(
        "market_maker.cli.parity",
        "command",
        "Compare a pool's live result with a replay of its market; split the gap by cause.",
        _RECORDS,
    ),
    "ledger": CliCommand(
        "market_maker.cli.ledger",
        "app",
        "Fold every fill, payment and settlement again, and compare the ledger with that.",
        _RECORDS,
    ),
    "settle": CliCommand(
        "market_maker.cli.settle",
        "command",
        "Close a month: one settlement for each participant.",
        _RECORDS,
    ),
    "statement": CliCommand(
        "market_maker.cli.statement",
        "command",
        "Show or write a settlement with everything that it was made from.",
        _RECORDS,
    ),
    "run": CliCommand(
        "market_maker.cli.run",
        "command",
        "Make a market on Hyperliquid: a pool of one, from the command line.",
        _HYPERLIQUID,
        trades=True,
    ),
    "status": CliCommand(
        "market_maker.cli.status",
        "command",
        "Show the Hyperliquid account: position, money, orders, margin, leverage.",
        _HYPERLIQUID,
    ),
    "generate-config": CliCommand(
        "market_maker.cli.generate_config",
        "command",
        "Write a configuration file of the Hyperliquid maker, every option documented.",
        _HYPERLIQUID,
    ),
    "record": CliCommand(
        "market_maker.cli.record",
        "command",
        "Record a live market of Hyperliquid into recordings.",
        _HYPERLIQUID,
    ),
    "record-sandbox": CliCommand(
        "market_maker.cli.record_sandbox",
        "command",
        "Record the sandbox exchange: a recording to replay without a capture.",
        _RESEARCH,
    ),
    "import": CliCommand(
        "market_maker.cli.import_",
        "command",
        "Turn captured market data into a recording.",
        _RESEARCH,
    ),
    "preview": CliCommand(
        "market_maker.cli.preview",
        "command",
        "Show the ladder a configuration would quote, and what each parameter does to it.",
        _RESEARCH,
    ),
    "replay": CliCommand(
        "market_maker.cli.replay",
        "command",
        "Run the engine against a recording and print what it earned, and how.",
        _RESEARCH,
    ),
    "compare": CliCommand(
        "market_maker.cli.compare",
        "command",
        "Replay several strategies on one recording; print which does better, and how surely.",
        _RESEARCH,
    ),
    "sweep": CliCommand(
        "market_maker.cli.sweep",
        "command",
        "Replay many configurations on many recordings; print which does better, and how surely.",
        _RESEARCH,
    ),
    "estimates": CliCommand(
        "market_maker.cli.estimates",
        "command",
        "Run every estimator over a recording and print what each says at its end.",
        _RESEARCH,
    ),
    "fair-price": CliCommand(
        "market_maker.cli.fair_price",
        "command",
        "Measure how well each source of the fair price predicts the next moves of the mid.",
        _RESEARCH,
    ),
    "queue-models": CliCommand(
        "market_maker.cli.queue_models",
        "command",
        "Measure how far queue models are from the true places in market-by-order data.",
        _RESEARCH,
    ),
    "kernels": CliCommand(
        "market_maker.cli.kernels",
        "command",
        "Compile what replays run on now, so that the first replay need not.",
        _RESEARCH,
    ),
    "simulate": CliCommand(
        "market_maker.cli.simulate",
        "app",
        "Reproduce published results, or simulate a month of trading to settle afterwards.",
        _RESEARCH,
    ),
    "emulate": CliCommand(
        "market_maker.cli.emulate",
        "app",
        "Run an outside service in a process of its own: an exchange, Hyperliquid, a wallet.",
        _DEVELOPMENT,
    ),
}
"""By name."""
