"""`make bench-trust`: does the metric tell good from bad, stand attacks, and take no time?"""
