"""One file a command; parses, shows progress, prints; decides nothing."""
