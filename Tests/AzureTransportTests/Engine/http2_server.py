"""A server of HTTP/2 over TLS for tests: just enough frames, and HTTP/1.1 for a client that does not ask for more.

    http2_server.py CERTIFICATE KEY PROTOCOLS TOGETHER

PROTOCOLS is what it offers in the handshake, such as `h2,http/1.1`. It prints its port. Streams of a connection are answered when
TOGETHER of them have come to their end, so that they have to share it. Each answer says in JSON over what it came: the protocol,
the connection and the stream by number, and how many bytes the request had.
"""

import json
import socket
import ssl
import struct
import sys
import threading

DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 4, 6, 8, 9
END_STREAM, ACK = 1, 1
END_HEADERS = 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def field(name, value):
    """A header field as HPACK writes one that is in no table."""
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def answer(stream, body):
    # 0x88 is `:status: 200` in the static table.
    head = b"\x88" + field(b"content-length", str(len(body)).encode())
    return frame(HEADERS, END_HEADERS, stream, head) + frame(DATA, END_STREAM, stream, body)


def exactly(stream, count):
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def serve_http2(stream, number, together):
    exactly(stream, len(PREFACE))
    stream.write(frame(SETTINGS, 0, 0))
    sizes, ended = {}, []
    while True:
        stream.flush()
        head = exactly(stream, 9)
        length = int.from_bytes(head[:3], "big")
        kind, flags, identity = head[3], head[4], int.from_bytes(head[5:9], "big")
        payload = exactly(stream, length)
        if kind == SETTINGS and not flags & ACK:
            stream.write(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            stream.write(frame(PING, ACK, 0, payload))
        elif kind in (DATA, HEADERS):
            sizes[identity] = sizes.get(identity, 0) + (length if kind == DATA else 0)
            if kind == DATA and length:
                for window in (0, identity):
                    stream.write(frame(WINDOW_UPDATE, 0, window, struct.pack(">I", length)))
            if flags & END_STREAM:
                ended.append(identity)
            if len(ended) >= together:
                for identity in ended:
                    body = {"protocol": "h2", "connection": number, "stream": identity, "bytes": sizes[identity]}
                    stream.write(answer(identity, json.dumps(body).encode()))
                ended = []


def serve_http1(stream, number):
    while True:
        length = 0
        line = stream.readline()
        if not line:
            return
        while line not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            line = stream.readline()
        exactly(stream, length)
        body = json.dumps({"protocol": "http/1.1", "connection": number, "stream": 0, "bytes": length}).encode()
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()


def serve(context, connection, number, together):
    try:
        with context.wrap_socket(connection, server_side=True) as secure, secure.makefile("rwb") as stream:
            if secure.selected_alpn_protocol() == "h2":
                serve_http2(stream, number, together)
            else:
                serve_http1(stream, number)
    except (EOFError, OSError):
        pass


def main():
    certificate, key, protocols, together = sys.argv[1:5]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(protocols.split(","))
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    number = 0
    while True:
        connection, _ = listener.accept()
        number += 1
        threading.Thread(
            target=serve, args=(context, connection, number, int(together)), daemon=True
        ).start()


if __name__ == "__main__":
    main()
