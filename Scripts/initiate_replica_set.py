"""Makes a fresh mongod of this machine the primary of a replica set of one node: initiate_replica_set.py PORT SET.

It speaks the wire protocol (OP_MSG) itself, so that nothing but Python has to be there.
"""

import socket
import struct
import sys
import time

SECONDS = 60


def document(*elements: bytes) -> bytes:
    body = b"".join(elements) + b"\0"
    return struct.pack("<i", len(body) + 4) + body


def element(kind: int, name: str, payload: bytes) -> bytes:
    return bytes([kind]) + name.encode() + b"\0" + payload


def text(name: str, value: str) -> bytes:
    data = value.encode() + b"\0"
    return element(0x02, name, struct.pack("<i", len(data)) + data)


def number(name: str, value: int) -> bytes:
    return element(0x10, name, struct.pack("<i", value))


def received(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise OSError("the server has closed the connection")
        data += part
    return data


def reply(port: int, *command: bytes) -> bytes:
    """Runs a command on the database admin and returns the bytes of the reply."""
    body = struct.pack("<IB", 0, 0) + document(*command, text("$db", "admin"))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(struct.pack("<iiii", len(body) + 16, 1, 0, 2013) + body)
        length = struct.unpack("<i", received(connection, 4))[0]
        return received(connection, length - 4)


def main(port: int, name: str) -> None:
    member = document(number("_id", 0), text("host", f"127.0.0.1:{port}"))
    members = document(element(0x03, "0", member))
    configuration = document(text("_id", name), element(0x04, "members", members))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            if element(0x08, "isWritablePrimary", b"\1") in reply(port, number("hello", 1)):
                return
            # Refused once it is done, which the answer to hello shows.
            reply(port, element(0x03, "replSetInitiate", configuration))
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(f"error: the server on port {port} is no primary after {SECONDS} seconds")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
