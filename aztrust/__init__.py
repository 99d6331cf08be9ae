"""aztrust: artifact integrity and freeze verification for mainnet launches."""

__version__ = "0.1.0"
