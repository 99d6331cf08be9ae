"""Nodes of a running network, asked over HTTP: read-only, bounded, and none delays another."""
