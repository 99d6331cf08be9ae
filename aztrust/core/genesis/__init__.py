"""Genesis files: hash conventions, facts for review, and differences in the chain's terms."""
