"""A verdict in the formats that build servers read: JUnit, SARIF and Markdown."""
