"""The command line: options and commands, what they print, and their exit codes."""
