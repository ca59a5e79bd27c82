"""The sidecar: what is published for one gateway in a cluster, on to the folder that the proxy reads.

It holds the only API token of the pod, reads ConfigMaps and Secrets of one
namespace and writes nothing there.  It takes no part in requests: what the
bytes mean is for `postern_core.codec`, and when they come into force for
`postern_dataplane.reload`.
"""
