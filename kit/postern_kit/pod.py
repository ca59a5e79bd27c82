"""What Kubernetes lets a pod know about itself."""

from __future__ import annotations

from pathlib import Path

# Mounted with the token of the service account.
NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def own_namespace() -> str:
    """Return the namespace of the pod, "" outside of one."""
    try:
        return NAMESPACE_FILE.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
