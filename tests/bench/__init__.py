"""`make bench`: how fast, on this machine, beside what the machine can do at all."""
