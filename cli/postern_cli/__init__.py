"""The command line `postern`: thin commands over the core, the local mode and the data plane."""
