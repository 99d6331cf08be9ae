"""The checks of a launch: one module and one `CHECK` each, imported by `core.checks` alone."""
