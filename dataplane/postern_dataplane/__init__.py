"""The HTTP shell of Postern: a snapshot on disk in, protected traffic through.

A folder a stage, in the order in which a request meets them: `gateway` holds the
client's connection, `http1` turns its bytes into values, `decision` decides about
them without doing any I/O, and `upstream` carries them to an application.
`reloader` keeps the `table` that decisions are made by at what is on disk.
`process` starts all of this, and `telemetry` says how it fares.
What compiles manifests belongs in `postern_core`; what talks to Kubernetes or
to a folder of manifests belongs in `postern_operator`.
"""
