"""What the client programs share: the emulator as a process, groups of named assertions, and their report.

A group is a function that talks to the emulator through an official client (or, in wire_checks.py, over plain HTTP) and makes
assertions, one line of output each. A group names the service that it belongs to and the rules of the emulator whose breaking
it has to notice; mutation.py begins with the groups that name a rule.
"""

import datetime
import http.client
import ipaddress
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request
import uuid

COSMOS_KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="
STORAGE_ACCOUNT = "devstoreaccount1"
STORAGE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
NOTHING = object()

# The requests of this program to 127.0.0.1 take no proxy, whatever the environment says.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Emulator:
    """A process of the emulator, which ends with this program because its standard input does."""

    def __init__(self):
        program = os.environ.get("CUTOVER_EMULATOR")
        if not program:
            sys.exit("CUTOVER_EMULATOR has to name the program azure-emulator")
        self._folder = tempfile.TemporaryDirectory()
        chain, key = make_certificate(pathlib.Path(self._folder.name))
        self.certificate = str(chain)
        self._process = subprocess.Popen(
            [program, "--end-with-stdin", "--tls", str(chain), str(key)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        line = self._process.stdout.readline()
        if not line:
            sys.exit("the emulator ended before it listened")
        ready = json.loads(line)
        self.http, self.https = ready["http"], ready["https"]
        self.ports, self.secure_ports = ready["ports"], ready["securePorts"]

    def control(self, method, path, body=NOTHING):
        """Asks a hook: its status, and the JSON that it answered or None."""
        data = None if body is NOTHING else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['blob']}/_emulator/{path}", data, method=method)
        try:
            with DIRECT.open(request, timeout=30) as response:
                text = response.read()
                return response.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                error.read()
            return error.code, None

    def reset(self):
        self.control("POST", "reset")

    def advance(self, seconds):
        self.control("POST", "clock", {"advanceSeconds": seconds})

    def faults(self, *faults):
        status, _ = self.control("POST", "faults", list(faults))
        if status != 204:
            raise ValueError(f"the emulator refuses the fault: {faults}")

    def stop(self):
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()
        self._folder.cleanup()


def make_certificate(folder):
    """A certificate for 127.0.0.1 that signs itself, and its key: two files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "azure-emulator")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain_file, key_file = folder / "chain.pem", folder / "key.pem"
    chain_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return chain_file, key_file


def exchange(emulator, service, secure, method, target, fields, body, read):
    """Sends one request with exactly these headers over a connection of its own; what `read` makes of the response."""
    if secure:
        context = ssl.create_default_context(cafile=emulator.certificate)
        connection = http.client.HTTPSConnection("127.0.0.1", emulator.secure_ports[service], timeout=20, context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", emulator.ports[service], timeout=20)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in fields.items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        return read(connection.getresponse())
    finally:
        connection.close()


def fresh(prefix="c"):
    """A name that nothing has yet: small letters and digits."""
    return prefix + uuid.uuid4().hex[:16]


class Failed(Exception):
    """An assertion did not hold."""


class Assertions:
    """The assertions of one run. With `quiet` nothing is printed and the first one that fails ends its group."""

    def __init__(self, service, quiet=False):
        self.service = service
        self.quiet = quiet
        self.passed = 0
        self.failures = []

    def _report(self, name, holds, detail=""):
        if holds:
            self.passed += 1
            if not self.quiet:
                print(f"ok    {self.service}: {name}")
            return
        self.failures.append(f"{name}: {detail}")
        if self.quiet:
            raise Failed(name)
        print(f"FAIL  {self.service}: {name}: {detail}")

    def true(self, name, holds, detail="does not hold"):
        self._report(name, bool(holds), detail)

    def equal(self, name, found, wanted):
        self._report(name, found == wanted, f"found {found!r}, wanted {wanted!r}")

    def raises(self, name, action, status=None, code=None, kind=Exception, text=""):
        """The action fails with an exception of this kind, HTTP status and error code, and with this in its message."""
        try:
            result = action()
        except Exception as error:
            found_status = getattr(error, "status_code", None)
            found_code = getattr(error, "error_code", None)
            found_code = getattr(found_code, "value", found_code)
            holds = isinstance(error, kind) and status in (None, found_status) and code in (None, found_code)
            holds = holds and text in str(error)
            self._report(name, holds, f"{type(error).__name__} {found_status} {found_code}: {str(error)[:200]}")
            return error
        self._report(name, False, f"nothing was raised: {result!r}")
        return None


GROUPS = []


def group(service, *rules):
    """Registers a function as a group of assertions of a service that notices the breaking of these rules."""

    def register(function):
        GROUPS.append((service, rules, function))
        return function

    return register


def run_group(emulator, entry, quiet=False):
    """Runs one group; what it did not expect is a failure, too."""
    service, _, function = entry
    assertions = Assertions(service, quiet)
    try:
        function(emulator, assertions)
    except Failed:
        pass
    except Exception as error:
        assertions.failures.append(f"{function.__name__} raised {type(error).__name__}: {str(error)[:300]}")
        if not quiet:
            print(f"FAIL  {service}: {function.__name__} raised:")
            traceback.print_exc(file=sys.stdout)
    return assertions


def main(title):
    """Runs all groups of the program and ends it: with 0 if every assertion held."""
    emulator = Emulator()
    started = time.monotonic()
    passed, failures = 0, []
    for entry in GROUPS:
        assertions = run_group(emulator, entry)
        passed += assertions.passed
        failures += assertions.failures
        emulator.reset()
    emulator.stop()
    print(f"{title}: {passed} assertions held, {len(failures)} failed, {time.monotonic() - started:.1f} s")
    sys.exit(1 if failures or not passed else 0)
