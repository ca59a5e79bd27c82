"""How the API server of Kubernetes is reached: by a kubeconfig, or as the account of a pod.

No error quotes what was read, which may hold a token.
"""

from __future__ import annotations

import os
from pathlib import Path

from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from .pod import own_namespace


class ConfigurationError(Exception):
    """No configuration can be read; the message is the reason alone."""


def is_in_pod() -> bool:
    """Whether Kubernetes says to this process where the API server is."""
    return "KUBERNETES_SERVICE_HOST" in os.environ


async def read_configuration(kubeconfig: str | None, context: str = "") -> tuple[Configuration, str]:
    """Return where the API server is and who we are, and the namespace that is meant; raises `ConfigurationError`.

    None is the account of this pod.  A kubeconfig may be several files, as kubectl's variable has them.
    """
    configuration = Configuration()
    # The environment's proxies and .netrc are not for our token.
    configuration.client_session_kwargs = {"trust_env": False}
    try:
        if kubeconfig is None:
            config.load_incluster_config(client_configuration=configuration)
            return configuration, own_namespace()
        loader = await config.load_kube_config(
            config_file=_existing(kubeconfig),
            context=context or None,
            client_configuration=configuration,
            persist_config=False,
        )
        return configuration, str(loader.current_context["context"].get("namespace") or "default")
    except OSError as error:
        raise ConfigurationError(error.strerror or type(error).__name__) from None
    except Exception as error:  # noqa: BLE001 # the loader has no tree of exceptions
        # Of a file only the type: a YAML parser's message quotes it, and so does that of a program that it names.
        raise ConfigurationError(type(error).__name__ if kubeconfig else str(error)) from None


def _existing(files: str) -> str:
    """The files themselves, one at least; the loader treats a missing one as empty.  Raises `OSError`."""
    paths = [Path(one).expanduser() for one in files.split(os.pathsep) if one]
    if not any(path.is_file() for path in paths):
        for path in paths:
            path.stat()
    return os.pathsep.join(map(str, paths))
