"""Files and addresses: all that reads or writes outside the process."""
