"""Telling systemd how a service is, as sd_notify(3) does: a datagram to the socket it names."""

import os
import socket
from contextlib import suppress


def notify(state: str) -> None:
    """Send a state such as `READY=1`; nothing happens where no service manager asked to be told."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # Linux's abstract sockets
        address = address.replace("@", "\0", 1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, suppress(OSError):
        channel.setblocking(False)  # a manager that does not listen is not to keep payments waiting
        channel.sendto(state.encode(), address)
