"""The pure core: bytes, readings and the time go in, verdicts and documents come out (law 12)."""
