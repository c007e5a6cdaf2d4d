#!/usr/bin/env python3
"""A worker in Python: born by the guardian, on the bus by docs/wire.md alone."""

import os
import signal
import sys

import wire


def write(call, arguments):
    """Says what it was given, and who gave it."""
    return {"text": arguments[0][::-1], "by": call.sender, "slot": os.environ["KINTSUGI_SLOT"]}


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    secret = os.read(3, 65).decode().strip()
    slot, start = os.environ["KINTSUGI_SLOT"], int(os.environ["KINTSUGI_SPAWN"])
    peer = wire.Peer(
        os.environ["KINTSUGI_RUN"], f"{slot}#{start}", secret, slot, spawn=start, window=8,
        methods={"Scribe.write": write},
    )  # fmt: skip
    peer.join()
    os.write(4, b"ready\n")
    signal.sigwait({signal.SIGTERM})
    peer.put(wire.Header("DRAIN", incarnation=peer.incarnation))
    drained = peer.drained.wait(timeout=5)
    peer.close()
    sys.exit(0 if drained else 1)


if __name__ == "__main__":
    main()
