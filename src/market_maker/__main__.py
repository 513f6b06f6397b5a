"""`python -m market_maker`: the command line, without a script on the path."""

from market_maker.cli.start import main

main()
