"""A Keycloak of a test's own, on a free port of loopback, which stays the same when it stops and starts again."""

from __future__ import annotations

import shutil
import urllib.error
import urllib.request
from pathlib import Path

from cluster.processes import Program, free_port

from .distribution import installed

ADMIN = ("admin", "of-these-tests-alone")
# On two cores it takes 14 s to start with a new database, and 7 s again.
START_TIMEOUT_S = 180

# What bin/kc.sh gives to Java, which is started without it: a shell between would outlive a killed test, or not
# hand on its signal. The heap is bounded, and compiling less than a server does that runs for long.
_THREADS = "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory"
JAVA_OPTIONS = (
    "-Xms64m", "-Xmx384m", "-XX:MaxMetaspaceSize=256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError", "-Dfile.encoding=UTF-8", "-Dpicocli.disable.closures=true",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
    f"-Djava.util.concurrent.ForkJoinPool.common.threadFactory={_THREADS}",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "--add-opens=java.base/java.security=ALL-UNNAMED",
)  # fmt: skip


class Keycloak:
    """One server with its database; raises `NotInstalled` where this machine can't have one."""

    def __init__(self, folder: Path) -> None:
        # It writes into its own folder, and others start from the one in the cache.
        home = shutil.copytree(installed(), folder / "keycloak")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._program = Program(
            [
                shutil.which("java") or "java",
                *JAVA_OPTIONS,
                f"-Dkc.home.dir={home}",
                f"-Djboss.server.config.dir={home}/conf",
                "-cp",
                home / "lib/quarkus-run.jar",
                "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
                *("start", "--optimized", "--cache=local", "--http-enabled=true", "--hostname-strict=false"),
                *("--http-host=127.0.0.1", f"--http-port={port}"),
            ],
            folder / "keycloak.log",
            {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN[0], "KC_BOOTSTRAP_ADMIN_PASSWORD": ADMIN[1]},
        )

    def start(self) -> None:
        """Return once it serves."""
        self._program.start()
        self._program.wait_until(self._is_serving, START_TIMEOUT_S)

    def stop(self, *, kill: bool = False) -> None:
        """End it; what it has is there when it starts again."""
        self._program.stop(kill=kill)

    def _is_serving(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/realms/master", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False
