"""The HTTP shell of Postern: a snapshot on disk in, protected traffic through.

A folder a stage: `config` turns bytes on disk into the one table in force,
`policy` decides about a request without doing any I/O, `proxy` moves the bytes.
What compiles manifests belongs in `postern_core`; what talks to Kubernetes or
to a folder of manifests belongs in `postern_operator`.
"""
