"""What the books would be under other settings or rules: every decision made again, nothing posted."""
