"""What people say: keys, envelopes, statements, records, and what they amount to."""
