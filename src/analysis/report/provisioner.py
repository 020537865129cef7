"""How jupyter_client gets a kernel from the server that forks them."""

from collections.abc import Sequence
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from analysis.report.forks import ForkError, ForkServer


class ForkedProvisioner(LocalProvisioner):
    """Ask a server for a kernel; start one the usual way where it has none to give.

    Attributes:
        forks: The server.
        imports: Modules that the kernel is to have in memory.
    """

    forks: ForkServer
    imports: Sequence[str]

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Let a kernel start and return how to connect to it."""
        try:
            if cmd[1:3] != ["-m", "ipykernel_launcher"]:
                raise ForkError(f"{' '.join(cmd[:3])} is no kernel of this Python")
            self.process = self.forks.fork(
                cmd[3:],
                imports=self.imports,
                cwd=str(kwargs["cwd"]),
                env=dict(kwargs["env"]),
                log=kwargs["stdout"].fileno(),
            )
        except ForkError as error:
            self.forks.tell_once(error)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info
