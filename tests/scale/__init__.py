"""Networks of thousands of light nodes: how many shops can be reached, at what cost."""
