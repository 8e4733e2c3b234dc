"""Plain HTTP with a signer of its own: what the official clients of Blob, Table and identity do not send, or send too well."""

import base64
import email.utils
import hashlib
import hmac
import http.client
import json
import time
import urllib.parse

from harness import STORAGE_ACCOUNT, STORAGE_KEY, exchange, fresh, group, main

BLOB_SLOTS = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date", "if-modified-since",
    "if-match", "if-none-match", "if-unmodified-since", "range",
)


def signature(text, key=STORAGE_KEY):
    return base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()


def sign(service, method, target, headers, scheme):
    """The header Authorization of a request."""
    path, _, query = target.partition("?")
    pairs = [(name.lower(), urllib.parse.unquote(value)) for name, _, value in
             (pair.partition("=") for pair in query.split("&") if pair)]
    lower = {name.lower(): value for name, value in headers.items()}
    resource = f"/{STORAGE_ACCOUNT}{path}"
    if service == "blob":
        slots = [lower.get(slot, "") for slot in BLOB_SLOTS]
        slots[2] = "" if slots[2] == "0" else slots[2]
        own = "".join(f"{name}:{lower[name]}\n" for name in sorted(lower) if name.startswith("x-ms-"))
        text = "\n".join([method] + slots) + "\n" + own + resource + "".join(f"\n{n}:{v}" for n, v in sorted(pairs))
    else:
        resource += "".join(f"?comp={value}" for name, value in pairs if name == "comp")
        head = [lower.get("x-ms-date", ""), resource]
        if scheme == "SharedKey":
            head = [method, lower.get("content-md5", ""), lower.get("content-type", "")] + head
        text = "\n".join(head)
    return f"{scheme} {STORAGE_ACCOUNT}:{signature(text)}"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def code(self):
        """The error code, of a header or of the body."""
        if self.headers.get("x-ms-error-code"):
            return self.headers["x-ms-error-code"]
        try:
            return json.loads(self.body)["odata.error"]["code"]
        except (ValueError, KeyError, TypeError):
            return None


def send(emulator, service, method, target, body=b"", scheme="SharedKey", secure=False, seconds=0, length=True, **headers):
    """Sends one request. Names of headers are written with underscores; `seconds` moves its date."""
    fields = {"x-ms-date": email.utils.formatdate(time.time() + seconds, usegmt=True),
              "x-ms-version": "2021-12-02" if service == "blob" else "2019-02-02"}
    fields.update({name.replace("_", "-"): value for name, value in headers.items()})
    fields = {name: value for name, value in fields.items() if value is not None}
    if length and (body or method in ("PUT", "POST", "PATCH")):
        fields["content-length"] = str(len(body))
    if service == "table":
        fields.setdefault("accept", "application/json;odata=minimalmetadata")
    if scheme in ("SharedKey", "SharedKeyLite") and service != "identity":
        fields["authorization"] = sign(service, method, target, fields, scheme)
    elif scheme:
        fields["authorization"] = scheme
    return exchange(emulator, service, secure, method, target, fields, body, Answer)


def blob(emulator, method, target, body=b"", **options):
    return send(emulator, "blob", method, f"/{STORAGE_ACCOUNT}/{target}", body, **options)


def table(emulator, method, target, value=None, **options):
    body = b"" if value is None else json.dumps(value).encode()
    if value is not None:
        options.setdefault("content_type", "application/json")
    return send(emulator, "table", method, f"/{STORAGE_ACCOUNT}/{target}", body, **options)


def made_container(emulator):
    name = fresh()
    blob(emulator, "PUT", f"{name}?restype=container")
    return name


def made_table(emulator):
    name = fresh("t")
    table(emulator, "POST", "Tables", {"TableName": name})
    return name


def put(emulator, target, body=b"", **options):
    return blob(emulator, "PUT", target, body, **{"x_ms_blob_type": "BlockBlob", **options})


def token(emulator, resource="https://storage.azure.com", seconds=3600):
    query = urllib.parse.urlencode({"resource": resource, "seconds": seconds})
    return "Bearer " + emulator.control("GET", f"identity/token?{query}")[1]["access_token"]


# --- Blob ------------------------------------------------------------------------------------------------------------


@group("blob", "blob.date", "blob.version", "blob.content-length")
def blob_headers(emulator, t):
    c = made_container(emulator)
    answer = put(emulator, f"{c}/x", b"1", seconds=-1000)
    t.equal("a date of long ago is refused", (answer.status, answer.code), (403, "AuthenticationFailed"))
    answer = put(emulator, f"{c}/x", b"1", x_ms_version="2031-01-01")
    t.equal("an unknown version is refused", (answer.status, answer.code), (400, "InvalidHeaderValue"))
    answer = put(emulator, f"{c}/x", length=False)
    t.equal("a put without a length is refused (unconfirmed)", (answer.status, answer.code), (411, "MissingContentLengthHeader"))
    answer = put(emulator, f"{c}/x", b"1", x_ms_blob_type=None)
    t.equal("a put needs a type", (answer.status, answer.code), (400, "MissingRequiredHeader"))
    answer = put(emulator, f"{c}/x", b"1", x_ms_client_request_id="me")
    t.equal("the client's name for a request comes back",
            (answer.status, answer.headers["x-ms-client-request-id"], answer.headers["x-ms-version"]), (201, "me", "2021-12-02"))
    t.true("each answer has a name of its own", answer.headers["x-ms-request-id"])
    answer = blob(emulator, "GET", f"{c}/x", scheme=None)
    t.equal("nobody is refused with a challenge", (answer.status, answer.code), (401, "NoAuthenticationInformation"))
    t.true("the challenge names the authority", answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri="))
    answer = blob(emulator, "HEAD", f"{c}/missing")
    t.equal("HEAD fails without a body", (answer.status, answer.code, answer.body), (404, "BlobNotFound", b""))
    answer = blob(emulator, "GET", f"{c}/missing")
    t.true("an error is XML after a mark", answer.body.startswith(b"\xef\xbb\xbf<?xml") and b"<Code>BlobNotFound</Code>"
           in answer.body)
    answer = put(emulator, f"{c}/y", b"1" * 2_000_000, expect="100-continue")
    t.equal("a client that expects a go-ahead gets one", answer.status, 201)


@group("blob", "blob.md5", "blob.crc64")
def blob_checksums(emulator, t):
    c = made_container(emulator)
    wrong = base64.b64encode(bytes(16)).decode()
    answer = put(emulator, f"{c}/x", b"hello", content_md5=wrong)
    t.equal("a wrong MD5 is refused", (answer.status, answer.code), (400, "Md5Mismatch"))
    answer = put(emulator, f"{c}/x", b"hello", x_ms_content_crc64="AAAAAAAAAAA=")
    t.equal("a wrong CRC64 is refused", (answer.status, answer.code), (400, "Crc64Mismatch"))
    answer = put(emulator, f"{c}/x", b"hello", x_ms_content_crc64="V0JSBnCFdzM=")
    t.equal("the right CRC64 is taken", (answer.status, answer.headers["x-ms-content-crc64"]), (201, "V0JSBnCFdzM="))
    answer = blob(emulator, "PUT", f"{c}/y?comp=block&blockid=YQ%3D%3D", b"hello", content_md5=wrong)
    t.equal("a wrong MD5 of a block is refused", (answer.status, answer.code), (400, "Md5Mismatch"))


@group("blob", "blob.metadata-names")
def blob_metadata(emulator, t):
    c = made_container(emulator)
    answer = put(emulator, f"{c}/x", b"1", **{"x-ms-meta-a.b": "1"})
    t.equal("a bad name of metadata is refused", (answer.status, answer.code), (400, "InvalidMetadata"))
    answer = put(emulator, f"{c}/x", b"1", **{"x-ms-meta-Mixed": "V 1"})
    read = blob(emulator, "HEAD", f"{c}/x").headers
    t.equal("metadata is found in any case", (answer.status, read["X-MS-META-MIXED"]), (201, "V 1"))
    answer = put(emulator, f"{c}/x", b"1", **{"x-ms-meta-large": "v" * 9000})
    t.equal("metadata of more than 8 KB is refused (unconfirmed)", (answer.status, answer.code), (400, "MetadataTooLarge"))


@group("blob", "blob.list-bom", "blob.range", "blob.range-invalid")
def blob_reads(emulator, t):
    c = made_container(emulator)
    put(emulator, f"{c}/x", b"0123456789")
    put(emulator, f"{c}/empty")
    listing = blob(emulator, "GET", f"{c}?restype=container&comp=list")
    t.true("a listing begins with a mark", listing.body.startswith(b"\xef\xbb\xbf<?xml"))
    for name in ("a", "b/1", "c"):
        put(emulator, f"{c}/d/{name}", b"1")
    folders = blob(emulator, "GET", f"{c}?restype=container&comp=list&prefix=d%2F&delimiter=%2F").body
    places = [folders.find(b"<Name>d/" + name) for name in (b"a<", b"b/<", b"c<")]
    t.true("folders stand among the blobs", -1 < places[0] < places[1] < places[2], folders)
    t.true("a listing ends with an empty marker", b"<NextMarker /></EnumerationResults>" in listing.body)
    answer = blob(emulator, "GET", f"{c}/x", x_ms_range="bytes=2-4")
    t.equal("a range is answered with 206", (answer.status, answer.headers["Content-Range"], answer.body),
            (206, "bytes 2-4/10", b"234"))
    answer = blob(emulator, "GET", f"{c}/x", x_ms_range="bytes=8-")
    t.equal("an open range goes to the end", (answer.status, answer.body), (206, b"89"))
    answer = blob(emulator, "GET", f"{c}/x")
    t.equal("no range is answered with 200", (answer.status, answer.headers["x-ms-blob-type"], answer.body),
            (200, "BlockBlob", b"0123456789"))
    answer = blob(emulator, "GET", f"{c}/empty", x_ms_range="bytes=0-10")
    t.equal("a range of nothing is refused", (answer.status, answer.code), (416, "InvalidRange"))
    answer = blob(emulator, "GET", f"{c}/x", if_none_match="*")
    t.equal("a read of whatever is new finds nothing (unconfirmed)", (answer.status, answer.body), (304, b""))


@group("blob", "blob.token", "blob.token-needs-tls", "blob.create-only", "blob.signature")
def blob_tokens(emulator, t):
    c = made_container(emulator)
    answer = put(emulator, f"{c}/x", b"1", scheme=token(emulator), secure=True)
    t.equal("a token is taken over https", answer.status, 201)
    answer = put(emulator, f"{c}/x", b"1", scheme=token(emulator))
    t.equal("a token is refused over http", answer.status, 403)
    answer = put(emulator, f"{c}/x", b"1", scheme=token(emulator, "https://vault.azure.net"), secure=True)
    t.equal("a token for something else is refused", (answer.status, answer.code), (401, "InvalidAuthenticationInfo"))
    answer = put(emulator, f"{c}/x", b"1", scheme=token(emulator)[:-3] + "AAA", secure=True)
    t.equal("a token that nobody gave out is refused", answer.status, 401)
    answer = put(emulator, f"{c}/x", b"1", if_none_match="*")
    t.equal("create only refuses with 409 and not 412", (answer.status, answer.code), (409, "BlobAlreadyExists"))
    answer = put(emulator, f"{c}/x", b"1", scheme=f"SharedKey {STORAGE_ACCOUNT}:{signature('something else')}")
    t.equal("a signature over something else is refused", (answer.status, answer.code), (403, "AuthenticationFailed"))


def blob_batch(emulator, container, names, key=STORAGE_KEY):
    lines = []
    for number, name in enumerate(names):
        target = f"/{STORAGE_ACCOUNT}/{container}/{name}"
        date = email.utils.formatdate(usegmt=True)
        text = f"DELETE{chr(10) * 12}x-ms-date:{date}\n/{STORAGE_ACCOUNT}{target}"
        lines += ["--batch_1", "Content-Type: application/http", "Content-Transfer-Encoding: binary", f"Content-ID: {number}",
                  "", f"DELETE {target} HTTP/1.1", f"x-ms-date: {date}",
                  f"Authorization: SharedKey {STORAGE_ACCOUNT}:{signature(text, key)}", "Content-Length: 0", "", ""]
    body = "\r\n".join(lines + ["--batch_1--", ""]).encode()
    return blob(emulator, "POST", f"{container}?restype=container&comp=batch", body,
                content_type="multipart/mixed; boundary=batch_1")


@group("blob", "blob.batch-part-signatures", "blob.batch-limit")
def blob_batches(emulator, t):
    c = made_container(emulator)
    put(emulator, f"{c}/x", b"1")
    answer = blob_batch(emulator, c, ["x"], key="AAAA")
    t.true("a part with a wrong signature is refused", b"HTTP/1.1 403" in answer.body, answer.body)
    answer = blob_batch(emulator, c, ["x", "missing"])
    t.equal("a batch is answered with 202", answer.status, 202)
    t.true("each part has its own answer", b"HTTP/1.1 202 Accepted" in answer.body and b"HTTP/1.1 404" in answer.body
           and b"Content-ID: 1" in answer.body)
    answer = blob_batch(emulator, c, ["missing"] * 257)
    t.equal("257 parts are too many (unconfirmed)", answer.status, 400)


@group("blob")
def blob_secondary(emulator, t):
    c = made_container(emulator)
    put(emulator, f"{c}/x", b"old")

    def secondary(method, target):
        return send(emulator, "blob", method, f"/{STORAGE_ACCOUNT}-secondary/{target}")

    t.equal("the secondary is read", secondary("GET", f"{c}/x").body, b"old")
    emulator.control("PUT", "blob/settings", {"secondaryLags": True})
    put(emulator, f"{c}/x", b"new")
    put(emulator, f"{c}/y", b"new")
    t.equal("a secondary that lags has the old content", secondary("GET", f"{c}/x").body, b"old")
    t.equal("a secondary that lags does not know the new blob", secondary("GET", f"{c}/y").status, 404)
    t.equal("the secondary is not written (unconfirmed)", secondary("DELETE", f"{c}/x").status, 403)
    emulator.control("PUT", "blob/settings", {"secondaryLags": False})
    t.equal("a secondary that has caught up knows all", secondary("GET", f"{c}/y").body, b"new")


@group("blob")
def blob_faults(emulator, t):
    c = made_container(emulator)
    emulator.faults({"service": "blob", "method": "PUT", "path": f"*/{c}/*", "every": 3,
                     "effect": {"status": 503, "retryAfterMilliseconds": 7}})
    answers = [put(emulator, f"{c}/{number}", b"1") for number in range(6)]
    t.equal("every third request is refused", [x.status for x in answers], [201, 201, 503, 201, 201, 503])
    t.equal("the refusal says when to come back", answers[2].headers["x-ms-retry-after-ms"], "7")
    emulator.control("DELETE", "faults")
    emulator.faults({"method": "PUT", "next": 1, "effect": {"reset": "before"}},
                    {"method": "PUT", "skip": 1, "next": 1, "effect": {"reset": "after"}})
    for name, status in (("a", 404), ("b", 200)):
        t.raises(f"the connection is reset: {name}", lambda: put(emulator, f"{c}/{name}", b"1"), kind=ConnectionResetError)
        t.equal(f"the request was applied or not: {name}", blob(emulator, "GET", f"{c}/{name}").status, status)
    put(emulator, f"{c}/long", b"x" * 1000)
    emulator.faults({"method": "GET", "path": "*/long", "next": 1, "effect": {"truncateAfterBytes": 10}})
    t.raises("a body is cut", lambda: blob(emulator, "GET", f"{c}/long"), kind=http.client.IncompleteRead)
    emulator.faults({"method": "GET", "path": "*/long", "next": 1,
                     "effect": {"slowBody": {"pieceBytes": 250, "pauseMilliseconds": 20}}})
    started = time.monotonic()
    t.equal("a slow body is whole", len(blob(emulator, "GET", f"{c}/long").body), 1000)
    t.true("a slow body is slow", time.monotonic() - started > 0.07)
    t.equal("a fault that is none is refused", emulator.control("POST", "faults", [{"serivce": "blob"}])[0], 400)
    t.equal("a rule that is none is not broken", emulator.control("PUT", "rules/blob.nothing")[0], 404)
    emulator.control("DELETE", "requests")
    put(emulator, f"{c}/y?sig=secret", b"1")
    recorded = emulator.control("GET", "requests?service=blob")[1]
    t.true("requests are recorded without what lets in", len(recorded) == 1 and "secret" not in str(recorded)
           and recorded[0]["headers"]["authorization"] == "SharedKey redacted", recorded)


# --- Table -----------------------------------------------------------------------------------------------------------


@group("table", "table.lite-signature", "table.date", "table.version", "table.signature")
def table_headers(emulator, t):
    name = made_table(emulator)
    answer = table(emulator, "GET", f"{name}()", scheme="SharedKeyLite")
    t.equal("the lite signature is taken", answer.status, 200)
    answer = table(emulator, "GET", f"{name}()", scheme=f"SharedKeyLite {STORAGE_ACCOUNT}:AAAA")
    t.equal("a wrong lite signature is refused", (answer.status, answer.code), (403, "AuthenticationFailed"))
    answer = table(emulator, "GET", f"{name}()", seconds=-1000)
    t.equal("a date of long ago is refused", (answer.status, answer.code), (403, "AuthenticationFailed"))
    answer = table(emulator, "GET", f"{name}()", x_ms_version="2031-01-01")
    t.equal("an unknown version is refused (unconfirmed)", (answer.status, answer.code), (400, "InvalidHeaderValue"))
    answer = table(emulator, "GET", f"{name}()", scheme=None)
    t.equal("nobody is refused", answer.status, 401)


@group("table", "table.token", "table.token-needs-tls")
def table_tokens(emulator, t):
    name = made_table(emulator)
    t.equal("a token is taken over https", table(emulator, "GET", f"{name}()", scheme=token(emulator), secure=True).status, 200)
    t.equal("a token is refused over http", table(emulator, "GET", f"{name}()", scheme=token(emulator)).status, 403)
    answer = table(emulator, "GET", f"{name}()", scheme=token(emulator, seconds=-5), secure=True)
    t.equal("an expired token is refused", answer.status, 401)


@group("table", "table.delete-needs-if-match", "table.limits", "table.key-characters", "table.type-annotations")
def table_entities(emulator, t):
    name = made_table(emulator)
    row = f"{name}(PartitionKey='p',RowKey='r')"
    answer = table(emulator, "POST", name, {"PartitionKey": "p", "RowKey": "r", "big": "5", "big@odata.type": "Edm.Int64"})
    t.equal("an insert echoes the entity", (answer.status, json.loads(answer.body)["big"]), (201, "5"))
    answer = table(emulator, "POST", name, {"PartitionKey": "p", "RowKey": "r2"}, prefer="return-no-content")
    t.equal("an insert echoes nothing if asked for", (answer.status, answer.body, answer.headers["Preference-Applied"]),
            (204, b"", "return-no-content"))
    found = json.loads(table(emulator, "GET", row).body)
    t.equal("minimal metadata tells types", found["big@odata.type"], "Edm.Int64")
    t.true("the annotation comes before the value", list(found).index("big@odata.type") < list(found).index("big"))
    found = json.loads(table(emulator, "GET", row, accept="application/json;odata=nometadata").body)
    t.true("no metadata tells no types", "big@odata.type" not in found and "odata.etag" not in found)
    t.equal("a delete needs a condition", table(emulator, "DELETE", row).status, 400)
    t.equal("a star is any condition", table(emulator, "DELETE", row, if_match="*").status, 204)
    t.equal("a deleted entity is not deleted again", table(emulator, "DELETE", row, if_match="*").status, 404)
    answer = table(emulator, "PATCH", row, {"a": 3_000_000_000})
    t.equal("a number that is too large is refused", (answer.status, answer.code), (400, "InvalidInput"))
    answer = table(emulator, "PUT", row, {f"p{number}": 1 for number in range(253)})
    t.equal("253 properties are too many", (answer.status, answer.code), (400, "TooManyProperties"))
    answer = table(emulator, "PUT", row, {"text": "x" * 32_769})
    t.equal("a text of more than 64 KiB is refused", (answer.status, answer.code), (400, "PropertyValueTooLarge"))
    answer = table(emulator, "PUT", row, {f"p{number}": "x" * 32_000 for number in range(17)})
    t.equal("an entity of more than 1 MiB is refused", (answer.status, answer.code), (400, "EntityTooLarge"))
    answer = table(emulator, "PUT", f"{name}(PartitionKey='a%2Fb',RowKey='r')", {"a": 1})
    t.equal("a key with a slash is refused", (answer.status, answer.code), (400, "OutOfRangeInput"))
    answer = table(emulator, "POST", row, {"v": 1}, x_http_method="MERGE")
    t.equal("a merge may hide in a POST", answer.status, 204)
    answer = table(emulator, "POST", name, {"PartitionKey": "p"})
    t.equal("an insert needs both keys", (answer.status, answer.code), (400, "PropertiesNeedValue"))


def table_batch(emulator, operations):
    lines = ["--batch_1", "Content-Type: multipart/mixed; boundary=changeset_1", ""]
    for number, (method, target, value) in enumerate(operations):
        body = json.dumps(value)
        lines += ["--changeset_1", "Content-Type: application/http", "Content-Transfer-Encoding: binary",
                  f"Content-ID: {number}", "", f"{method} {emulator.http['table']}/{target} HTTP/1.1",
                  "Content-Type: application/json", f"Content-Length: {len(body)}", "Prefer: return-no-content", "", body]
    body = "\r\n".join(lines + ["--changeset_1--", "--batch_1--", ""]).encode()
    return send(emulator, "table", "POST", f"/{STORAGE_ACCOUNT}/$batch", body,
                content_type="multipart/mixed; boundary=batch_1")


@group("table", "table.batch-limit", "table.batch-one-partition", "table.batch-index", "table.batch-atomic",
       "table.batch-duplicates")
def table_batches(emulator, t):
    name = made_table(emulator)

    def insert(partition, row):
        return "POST", name, {"PartitionKey": partition, "RowKey": row}

    answer = table_batch(emulator, [insert("p", "1"), insert("p", "2")])
    t.equal("a batch answers 202 with one part for each change",
            (answer.status, answer.body.count(b"HTTP/1.1 204 No Content"), answer.body.count(b"DataServiceId")), (202, 2, 2))
    answer = table_batch(emulator, [insert("p", "3"), insert("q", "4")])
    t.true("another partition is refused", b"HTTP/1.1 400" in answer.body
           and b"CommandsInBatchActOnDifferentPartitions" in answer.body, answer.body)
    answer = table_batch(emulator, [insert("p", str(number)) for number in range(10, 111)])
    t.true("101 changes are too many", b"HTTP/1.1 400" in answer.body and b"99:" in answer.body, answer.body[:400])
    answer = table_batch(emulator, [insert("p", "5"), insert("p", "1")])
    t.true("the message names the place", b'"1:The specified entity already exists.' in answer.body, answer.body)
    rows = json.loads(table(emulator, "GET", f"{name}()?$select=RowKey").body)["value"]
    t.equal("nothing of them is applied", [x["RowKey"] for x in rows], ["1", "2"])


# --- Identity --------------------------------------------------------------------------------------------------------


def post_form(emulator, tenant, **form):
    body = urllib.parse.urlencode(form).encode()
    return send(emulator, "identity", "POST", f"/{tenant}/oauth2/v2.0/token", body, scheme=None,
                content_type="application/x-www-form-urlencoded")


@group("identity", "identity.metadata-header", "identity.grant-type", "identity.client", "identity.expires-on",
       "identity.secret")
def identity(emulator, t):
    known = emulator.control("GET", "identity/settings")[1]
    target = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com"
    t.equal("the machine's endpoint wants its header", send(emulator, "identity", "GET", target, scheme=None).status, 400)
    answer = json.loads(send(emulator, "identity", "GET", target, scheme=None, metadata="true").body)
    t.true("its numbers are texts", isinstance(answer["expires_in"], str) and answer["expires_on"].isdigit(), answer)
    answer = json.loads(send(emulator, "identity", "GET", "/msi/token?api-version=2019-08-01&resource=r", scheme=None,
                             x_identity_header=known["header"]).body)
    t.true("App Service tells only when it expires", answer["expires_on"].isdigit() and "expires_in" not in answer, answer)
    form = {"client_id": known["client"], "client_secret": known["clientSecret"], "scope": "https://storage.azure.com/.default"}
    answer = post_form(emulator, known["tenant"], grant_type="client_credentials", **form)
    t.equal("a form gets a token with a number of seconds", (answer.status, json.loads(answer.body)["expires_in"]), (200, 3600))
    answer = post_form(emulator, known["tenant"], grant_type="password", **form)
    t.equal("another grant is refused", (answer.status, json.loads(answer.body)["error"]), (400, "unsupported_grant_type"))
    answer = post_form(emulator, known["tenant"], grant_type="client_credentials", **{**form, "client_id": "nobody"})
    t.equal("another application is refused", json.loads(answer.body)["error_codes"], [700016])
    answer = post_form(emulator, known["tenant"], grant_type="client_credentials", **{**form, "client_secret": "wrong"})
    t.equal("a wrong secret is refused", (answer.status, json.loads(answer.body)["error"]), (401, "invalid_client"))


if __name__ == "__main__":
    main("wire")
