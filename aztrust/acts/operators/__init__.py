"""What operators and their registrar sign: enrolments, and confirmations of hosts."""
