"""What every room of the core uses: errors, values, models, digests, paths, times, findings."""
