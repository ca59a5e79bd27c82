"""The core of Postern: manifests in, a snapshot and the problems found out.

Everything here is pure: no clock, disk, network or environment.
What talks to Kubernetes, to a folder or to a socket belongs in the shells
(`postern_operator`, `postern_dataplane`, `postern_cli`), which import this
package and are never imported by it.
"""
