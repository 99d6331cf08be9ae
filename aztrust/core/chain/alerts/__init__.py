"""Alert rules for Prometheus, made of a policy's sealed thresholds, and whether they are loaded."""
