"""What a command does to a launch, step by step: load, plan, show, sign, publish."""
