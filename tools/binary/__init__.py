"""The single executable `aztrust`: what is in it, how it is built, and how it is tried."""
