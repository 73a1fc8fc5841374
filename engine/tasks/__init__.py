"""Tasks: what the operator is asked, with files for its home and a check of whether it got done."""
