"""The preconditions of the steps of a launch window, one file each."""
