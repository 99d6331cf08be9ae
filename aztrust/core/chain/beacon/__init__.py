"""The beacon API of Ethereum's consensus clients, read and held against a sealed genesis state."""
