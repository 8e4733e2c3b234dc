"""The official client of Blob storage, unmodified, against the emulator, with signatures checked."""

import base64
import datetime
import hashlib

from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    AccountSasPermissions,
    BlobBlock,
    BlobLeaseClient,
    BlobPrefix,
    BlobSasPermissions,
    BlobServiceClient,
    BlobType,
    ContainerSasPermissions,
    ContentSettings,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

from harness import STORAGE_ACCOUNT, STORAGE_KEY, fresh, group, main

UTC = datetime.timezone.utc
NEVER_AGAIN = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 20}
LONG_AGO = datetime.datetime(2001, 1, 1, tzinfo=UTC)


def later(**distance):
    return datetime.datetime.now(UTC) + datetime.timedelta(**distance)


def service(emulator, key=STORAGE_KEY, **options):
    credential = {"account_name": STORAGE_ACCOUNT, "account_key": key}
    return BlobServiceClient(emulator.http["blob"], credential=credential, **{**NEVER_AGAIN, **options})


def container(emulator, **options):
    made = service(emulator, **options).get_container_client(fresh())
    made.create_container()
    return made


def anonymous(emulator, client, sas, secure=False):
    """The same blob or container through a shared access signature and no key."""
    url = client.primary_endpoint
    if secure:
        url = url.replace(emulator.http["blob"], emulator.https["blob"])
    return type(client).from_blob_url(url, credential=sas, **NEVER_AGAIN) if hasattr(client, "blob_name") else \
        type(client).from_container_url(url, credential=sas, **NEVER_AGAIN)


@group("blob", "blob.signature")
def shared_key(emulator, t):
    t.true("the right key is let in", service(emulator).get_account_information()["sku_name"])
    t.raises("a wrong key is refused", lambda: service(emulator, key="AAAA").create_container(fresh()),
             403, "AuthenticationFailed", ClientAuthenticationError)
    c = container(emulator)
    name = "dir/a b+%é'&=#.txt"
    c.upload_blob(name, b"x", metadata={"a1": "1", "a_1": "2", "ab1": "3", "ab_c": "4"}, tags={"k": "v w"})
    t.equal("an odd name and metadata in the culture's order are signed alike", c.download_blob(name).readall(), b"x")
    t.equal("the odd name is listed", [b.name for b in c.list_blobs()], [name])


@group("blob", "blob.container-conflict", "blob.container-cascade")
def containers(emulator, t):
    s = service(emulator)
    name = fresh()
    c = s.create_container(name, metadata={"Owner": "me"})
    t.raises("a container is created once", lambda: s.create_container(name), 409, "ContainerAlreadyExists",
             ResourceExistsError)
    t.equal("the properties of a container have its metadata", dict(c.get_container_properties().metadata), {"Owner": "me"})
    c.set_container_metadata({"b": "2"})
    listed = [x for x in s.list_containers(name_starts_with=name, include_metadata=True)]
    t.equal("containers are listed with metadata", [(x.name, dict(x.metadata)) for x in listed], [(name, {"b": "2"})])
    others = [s.create_container(name + str(number)).container_name for number in range(3)]
    pages = list(s.list_containers(name_starts_with=name, results_per_page=2).by_page())
    t.equal("containers come in pages", [len(list(page)) for page in pages], [2, 2])
    t.true("a container exists", s.get_container_client(others[0]).exists())
    c.upload_blob("x", b"1")
    c.delete_container()
    t.true("a deleted container is gone", not c.exists())
    t.raises("a deleted container is not deleted again", c.delete_container, 404, "ContainerNotFound")
    t.raises("a blob in no container is not found", lambda: c.download_blob("x"), 404, "ContainerNotFound")
    s.create_container(name)
    t.equal("a container that is created anew is empty", list(c.list_blobs()), [])
    t.raises("a bad container name is refused", lambda: s.create_container("A_b"), 400, "InvalidResourceName")


@group("blob", "blob.etag-changes", "blob.md5", "blob.create-only")
def put(emulator, t):
    c = container(emulator)
    b = c.get_blob_client("x")
    first = b.upload_blob(b"hello", content_settings=ContentSettings(
        content_type="text/plain", cache_control="no-store", content_language="en", content_disposition="inline"))
    t.true("a put answers an entity tag in quotes", first["etag"].startswith('"0x') and first["etag"].endswith('"'))
    t.equal("a put answers the MD5", bytes(first["content_md5"]), hashlib.md5(b"hello").digest())
    t.equal("a put answers the real service's CRC64", base64.b64encode(first["content_crc64"]), b"V0JSBnCFdzM=")
    t.raises("create only refuses an existing blob with 409", lambda: b.upload_blob(b"again"), 409, "BlobAlreadyExists",
             ResourceExistsError)
    p = b.get_blob_properties()
    settings = p.content_settings
    t.equal("properties are kept", (settings.content_type, settings.cache_control, settings.content_language,
                                    settings.content_disposition), ("text/plain", "no-store", "en", "inline"))
    t.equal("the MD5 is kept", bytes(settings.content_md5), hashlib.md5(b"hello").digest())
    t.equal("the properties tell size and type", (p.size, p.blob_type, p.blob_tier, p.blob_tier_inferred),
            (5, BlobType.BlockBlob, "Hot", True))
    t.equal("the tag of the properties is the put's", p.etag, first["etag"])
    second = b.upload_blob(b"world!", overwrite=True)
    t.true("an overwrite changes the entity tag", second["etag"] != first["etag"])
    t.equal("an overwrite replaces the content", b.download_blob().readall(), b"world!")
    b.upload_blob(b"", overwrite=True)
    t.equal("an empty blob is downloaded as empty", b.download_blob().readall(), b"")
    t.equal("a checked upload is taken", b.upload_blob(b"checked", overwrite=True, validate_content=True)["etag"],
            b.get_blob_properties().etag)


@group("blob", "blob.if-match", "blob.if-none-match", "blob.if-modified")
def conditions(emulator, t):
    b = container(emulator).get_blob_client("x")
    old = b.upload_blob(b"1")["etag"]
    new = b.upload_blob(b"2", overwrite=True, etag=old, match_condition=MatchConditions.IfNotModified)["etag"]
    t.raises("a stale If-Match is refused", lambda: b.upload_blob(
        b"3", overwrite=True, etag=old, match_condition=MatchConditions.IfNotModified), 412, "ConditionNotMet",
        ResourceModifiedError)
    t.equal("a refused write changes nothing", b.download_blob().readall(), b"2")
    t.raises("a read of what is known is answered with 304", lambda: b.get_blob_properties(
        etag=new, match_condition=MatchConditions.IfModified), 304)
    t.raises("a stale If-Match is refused on delete", lambda: b.delete_blob(
        etag=old, match_condition=MatchConditions.IfNotModified), 412, "ConditionNotMet")
    t.raises("a read of what is not modified since tomorrow is 304",
             lambda: b.get_blob_properties(if_modified_since=later(days=1)), 304)
    t.raises("a write to what is modified since long ago is refused",
             lambda: b.set_blob_metadata({}, if_unmodified_since=LONG_AGO), 412, "ConditionNotMet")
    t.raises("If-None-Match with the current tag refuses a write", lambda: b.set_blob_metadata(
        {"a": "b"}, etag=new, match_condition=MatchConditions.IfModified), 412, "ConditionNotMet")
    missing = container(emulator).get_blob_client("missing")
    t.raises("If-Match on a missing blob (unconfirmed) is not met", lambda: missing.upload_blob(
        b"1", overwrite=True, etag=old, match_condition=MatchConditions.IfNotModified), 412, "ConditionNotMet")


@group("blob", "blob.range", "blob.range-invalid")
def downloads(emulator, t):
    c = container(emulator, max_single_get_size=1024, max_chunk_get_size=512)
    data = bytes(range(256)) * 20
    c.upload_blob("x", data)
    b = c.get_blob_client("x")
    t.equal("a large blob comes in ranges", b.download_blob(max_concurrency=2).readall(), data)
    t.equal("a range is exact", b.download_blob(offset=100, length=50).readall(), data[100:150])
    t.equal("a range past the end is cut", b.download_blob(offset=5000, length=9999).readall(), data[5000:])
    t.raises("a range behind the end is refused", lambda: b.download_blob(offset=6000, length=1).readall(), 416,
             "InvalidRange", HttpResponseError)
    t.equal("the pieces of a stream are the whole", b"".join(b.download_blob().chunks()), data)
    t.equal("a checked range is right", b.download_blob(offset=0, length=512, validate_content=True).readall(), data[:512])


@group("blob", "blob.error-code")
def absent(emulator, t):
    b = container(emulator).get_blob_client("x")
    t.true("a missing blob does not exist", not b.exists())
    t.raises("HEAD of a missing blob has its code in a header", b.get_blob_properties, 404, "BlobNotFound",
             ResourceNotFoundError)
    t.raises("a missing blob is not downloaded", b.download_blob, 404, "BlobNotFound", ResourceNotFoundError)
    t.raises("a missing blob is not deleted", b.delete_blob, 404, "BlobNotFound", ResourceNotFoundError)
    b.upload_blob(b"1")
    t.true("a blob exists", b.exists())
    b.delete_blob()
    t.true("a deleted blob does not exist", not b.exists())


@group("blob", "blob.block-order", "blob.block-missing", "blob.block-discard", "blob.block-length")
def blocks(emulator, t):
    b = container(emulator).get_blob_client("x")
    for name in ("b1", "b2", "b3"):
        b.stage_block(name, name.encode() * 10)
    t.true("staged blocks make no blob", not b.exists())
    committed, uncommitted = b.get_block_list("all")
    t.equal("staged blocks are listed", ([x.id for x in committed], [(x.id, x.size) for x in uncommitted]),
            ([], [("b1", 20), ("b2", 20), ("b3", 20)]))
    t.raises("a block that is missing refuses the list",
             lambda: b.commit_block_list([BlobBlock("b1"), BlobBlock("b9")]), 400, "InvalidBlockList")
    t.raises("identifiers of another length are refused", lambda: b.stage_block("b", b"1"), 400, "InvalidBlobOrBlock")
    b.commit_block_list([BlobBlock("b3"), BlobBlock("b1")])
    t.equal("blocks stand in the order of the list", b.download_blob().readall(), b"b3" * 10 + b"b1" * 10)
    committed, uncommitted = b.get_block_list("all")
    t.equal("a commit drops what it does not name", ([x.id for x in committed], list(uncommitted)), (["b3", "b1"], []))
    t.equal("a committed blob has no MD5", b.get_blob_properties().content_settings.content_md5, None)
    etag = b.get_blob_properties().etag
    b.stage_block("b4", b"4")
    t.equal("staging leaves the entity tag", b.get_blob_properties().etag, etag)
    b.commit_block_list([BlobBlock("b1"), BlobBlock("b4")], metadata={"k": "v"})
    t.equal("committed blocks can be committed again", b.download_blob().readall(), b"b1" * 10 + b"4")
    t.equal("a commit sets metadata", dict(b.get_blob_properties().metadata), {"k": "v"})
    c = container(emulator, max_single_put_size=1024, max_block_size=1000)
    data = b"0123456789" * 1234
    c.upload_blob("large", data, max_concurrency=2)
    t.equal("a large upload goes in blocks", c.download_blob("large").readall(), data)


@group("blob", "blob.append-position", "blob.append-maximum-size", "blob.append-type")
def appends(emulator, t):
    c = container(emulator)
    b = c.get_blob_client("log")
    b.create_append_blob()
    first = b.append_block(b"one")
    t.equal("an append tells offset and count", (first["blob_append_offset"], first["blob_committed_block_count"]), ("0", 1))
    second = b.append_block(b"two", appendpos_condition=3)
    t.equal("the position of the end is met", (second["blob_append_offset"], second["blob_committed_block_count"]), ("3", 2))
    t.raises("another position is refused", lambda: b.append_block(b"x", appendpos_condition=3), 412,
             "AppendPositionConditionNotMet")
    t.raises("a greater size than allowed is refused", lambda: b.append_block(b"x", maxsize_condition=6), 412,
             "MaxBlobSizeConditionNotMet")
    t.equal("what is appended is read", b.download_blob().readall(), b"onetwo")
    t.equal("the properties tell the type and the count", (b.get_blob_properties().blob_type,
            b.get_blob_properties().append_blob_committed_block_count), (BlobType.AppendBlob, 2))
    c.upload_blob("block", b"1")
    t.raises("nothing is appended to a block blob", lambda: c.get_blob_client("block").append_block(b"x"), 409,
             "InvalidBlobType")
    t.raises("nothing is appended to what is missing", lambda: c.get_blob_client("no").append_block(b"x"), 404,
             "BlobNotFound")
    t.raises("no block is staged in an append blob", lambda: b.stage_block("a", b"1"), 409, "InvalidBlobType")
    b.seal_append_blob()
    t.raises("nothing is appended to a sealed blob (unconfirmed)", lambda: b.append_block(b"x"), 409, "BlobIsSealed")


@group("blob", "blob.metadata-replaces")
def metadata(emulator, t):
    b = container(emulator).get_blob_client("x")
    etag = b.upload_blob(b"1", metadata={"Name": "old", "gone": "1"})["etag"]
    changed = b.set_blob_metadata({"name": "new value"})
    t.true("metadata changes the entity tag", changed["etag"] != etag)
    t.equal("metadata replaces all the old", dict(b.get_blob_properties().metadata), {"name": "new value"})
    b.set_http_headers(ContentSettings(content_type="a/b"))
    p = b.get_blob_properties()
    t.equal("properties leave metadata alone", (dict(p.metadata), p.content_settings.content_type),
            ({"name": "new value"}, "a/b"))
    b.set_blob_metadata({})
    t.equal("no metadata removes it", dict(b.get_blob_properties().metadata), {})


@group("blob", "blob.list-prefix", "blob.list-delimiter", "blob.list-marker", "blob.list-order")
def listing(emulator, t):
    c = container(emulator)
    names = ["a/1", "a/2", "a/b/3", "b", "ba", "é", "Z", "a\u0001b", "x&<y>"]
    for name in names:
        c.upload_blob(name, name.encode(), metadata={"len": str(len(name))}, tags={"t": str(len(name))})
    ordered = sorted(names, key=lambda name: name.encode())
    t.equal("blobs are listed in the order of their bytes", [x.name for x in c.list_blobs()], ordered)
    t.equal("a prefix selects", [x.name for x in c.list_blobs(name_starts_with="a/")], ["a/1", "a/2", "a/b/3"])
    walked = [(x.name, isinstance(x, BlobPrefix)) for x in c.walk_blobs()]
    # The client puts the folders of a page before its blobs; wire_checks.py sees that they stand among them.
    t.equal("a delimiter makes folders", walked, [
        ("a/", True), ("Z", False), ("a\u0001b", False), ("b", False), ("ba", False), ("x&<y>", False), ("é", False)])
    inner = [x.name for x in c.walk_blobs(name_starts_with="a/")]
    t.equal("a folder is listed alone", inner, ["a/b/", "a/1", "a/2"])
    pages = [[x.name for x in page] for page in c.list_blobs(results_per_page=4).by_page()]
    t.equal("pages follow each other by markers", pages, [ordered[:4], ordered[4:8], ordered[8:]])
    found = {x.name: (dict(x.metadata), dict(x.tags or {}), x.size) for x in c.list_blobs(include=["metadata", "tags"])}
    t.equal("metadata and tags are included", found["a/b/3"], ({"len": "5"}, {"t": "5"}, 5))
    t.equal("the listed entity tag has no quotes", [x.etag for x in c.list_blobs(name_starts_with="ba")],
            [c.get_blob_client("ba").get_blob_properties().etag.strip('"')])
    c.get_blob_client("staged").stage_block("a", b"1")
    t.true("a blob of staged blocks is listed only when asked for", "staged" not in [x.name for x in c.list_blobs()]
           and "staged" in [x.name for x in c.list_blobs(include=["uncommittedblobs"])])
    emulator.control("PUT", "blob/settings", {"emptyPages": True})
    pages = [[x.name for x in page] for page in c.list_blobs(results_per_page=5).by_page()]
    t.equal("an empty page with a marker is not the end", pages, [[], ordered[:5], [], ordered[5:]])
    emulator.control("PUT", "blob/settings", {"emptyPages": False})


@group("blob", "blob.lease-exclusive", "blob.lease-guards-writes", "blob.lease-expires", "blob.lease-keeps-etag")
def leases(emulator, t):
    c = container(emulator)
    b = c.get_blob_client("x")
    etag = b.upload_blob(b"1")["etag"]
    lease = b.acquire_lease(15)
    t.equal("a lease leaves the entity tag", b.get_blob_properties().etag, etag)
    p = b.get_blob_properties().lease
    t.equal("the properties tell of the lease", (p.status, p.state, p.duration), ("locked", "leased", "fixed"))
    t.raises("a second lease is refused", lambda: BlobLeaseClient(b).acquire(15), 409, "LeaseAlreadyPresent")
    t.raises("a write without the lease is refused", lambda: b.upload_blob(b"2", overwrite=True), 412, "LeaseIdMissing")
    other = BlobLeaseClient(b, lease_id="00000000-0000-4000-8000-000000000000")
    t.raises("a write with another lease is refused", lambda: b.set_blob_metadata({}, lease=other.id), 412,
             "LeaseIdMismatchWithBlobOperation")
    t.raises("another lease is not renewed", other.renew, 409, "LeaseIdMismatchWithLeaseOperation")
    t.equal("a read needs no lease", b.download_blob().readall(), b"1")
    b.upload_blob(b"2", overwrite=True, lease=lease)
    t.equal("a write with the lease is done and keeps it", b.get_blob_properties().lease.state, "leased")
    lease.change("11111111-1111-4111-8111-111111111111")
    t.equal("a lease changes its identifier", lease.id, "11111111-1111-4111-8111-111111111111")
    emulator.advance(14)
    lease.renew()
    emulator.advance(14)
    t.equal("a renewed lease lasts anew", b.get_blob_properties().lease.state, "leased")
    emulator.advance(2)
    t.equal("a lease that is not renewed expires", b.get_blob_properties().lease.state, "expired")
    lease.renew()
    t.equal("an expired lease that nobody took is renewed", b.get_blob_properties().lease.state, "leased")
    emulator.advance(16)
    b.upload_blob(b"3", overwrite=True)
    t.raises("an expired lease is lost with a write", lease.renew, 409)
    lease = b.acquire_lease(-1)
    t.equal("a lease for ever is infinite", b.get_blob_properties().lease.duration, "infinite")
    t.equal("a break tells the seconds that are left", BlobLeaseClient(b).break_lease(lease_break_period=20), 20)
    t.equal("a lease that breaks is still held", b.get_blob_properties().lease.state, "breaking")
    t.raises("nobody acquires a lease that breaks", lambda: BlobLeaseClient(b).acquire(15), 409, "LeaseAlreadyPresent")
    emulator.advance(21)
    t.equal("a broken lease is broken", b.get_blob_properties().lease.state, "broken")
    t.raises("a broken lease is not renewed", lease.renew, 409, "LeaseIsBrokenAndCannotBeRenewed")
    lease = b.acquire_lease(60)
    lease.release()
    t.equal("a released lease is available", b.get_blob_properties().lease.state, "available")
    t.raises("a write with a lease that is none is refused", lambda: b.set_blob_metadata({}, lease=other.id), 412,
             "LeaseNotPresentWithBlobOperation")
    held = c.acquire_lease(-1)
    t.raises("a leased container is not deleted without it", c.delete_container, 412, "LeaseIdMissing")
    c.delete_container(lease=held)


@group("blob", "blob.tags-condition", "blob.tags-limits")
def tags(emulator, t):
    c = container(emulator)
    b = c.get_blob_client("x")
    etag = b.upload_blob(b"1", tags={"kind": "a", "n": "1"})["etag"]
    t.equal("tags are read", b.get_blob_tags(), {"kind": "a", "n": "1"})
    b.set_blob_tags({"kind": "b c"})
    t.equal("tags are replaced", b.get_blob_tags(), {"kind": "b c"})
    t.equal("tags leave the entity tag", b.get_blob_properties().etag, etag)
    t.equal("the properties count tags", b.get_blob_properties().tag_count, 1)
    t.raises("a condition on tags refuses", lambda: b.set_blob_metadata({}, if_tags_match_condition="\"kind\"='z'"), 412,
             "ConditionNotMet")
    b.set_blob_metadata({}, if_tags_match_condition="\"kind\"='b c' AND \"kind\" >= 'b'")
    t.raises("eleven tags are too many", lambda: b.set_blob_tags({f"k{n}": "v" for n in range(11)}), 400)
    t.raises("a tag with a bad character is refused", lambda: b.set_blob_tags({"k!": "v"}), 400)
    found = [x.name for x in service(emulator).find_blobs_by_tags(
        f"@container='{c.container_name}' and \"kind\"='b c'")]
    t.equal("blobs are found by tags", found, ["x"])


@group("blob")
def batches(emulator, t):
    c = container(emulator)
    for number in range(5):
        c.upload_blob(f"b {number}", b"1")
    answers = list(c.delete_blobs("b 0", "b 1", "b 2"))
    t.equal("a batch answers for each part", [x.status_code for x in answers], [202, 202, 202])
    t.equal("a batch deletes", [x.name for x in c.list_blobs()], ["b 3", "b 4"])
    answers = list(c.delete_blobs("b 3", "missing", raise_on_any_failure=False))
    t.equal("parts fail on their own", sorted(x.status_code for x in answers), [202, 404])
    answers = list(c.set_standard_blob_tier_blobs("Cool", "b 4"))
    t.equal("a batch sets tiers", (answers[0].status_code, c.get_blob_client("b 4").get_blob_properties().blob_tier),
            (200, "Cool"))


@group("blob", "blob.sas-signature", "blob.sas-expiry", "blob.sas-permission", "blob.sas-protocol", "blob.sas-scope")
def signatures(emulator, t):
    c = container(emulator)
    c.upload_blob("dir/x", b"1")
    b = c.get_blob_client("dir/x")

    def blob_sas(permission="r", key=STORAGE_KEY, **options):
        return generate_blob_sas(STORAGE_ACCOUNT, c.container_name, "dir/x", account_key=key,
                                 permission=BlobSasPermissions.from_string(permission),
                                 **{"expiry": later(hours=1), **options})

    reader = anonymous(emulator, b, blob_sas())
    t.equal("a signature for a blob lets read it", reader.download_blob().readall(), b"1")
    t.raises("a signature to read does not let write", lambda: reader.upload_blob(b"2", overwrite=True), 403,
             "AuthorizationPermissionMismatch")
    forged = anonymous(emulator, b, blob_sas(key="AAAA"))
    t.raises("a forged signature is refused", forged.download_blob, 403, "AuthenticationFailed")
    t.raises("a signature for one blob is none for another",
             anonymous(emulator, c.get_blob_client("dir/y"), blob_sas("rcw")).download_blob, 403, "AuthenticationFailed")
    t.raises("a signature that is not valid yet is refused",
             anonymous(emulator, b, blob_sas(start=later(hours=1), expiry=later(hours=2))).download_blob, 403)
    t.raises("a signature for https is refused over http",
             anonymous(emulator, b, blob_sas(protocol="https")).download_blob, 403, "AuthorizationProtocolMismatch")
    emulator.advance(3700)
    t.raises("an expired signature is refused", reader.download_blob, 403, "AuthenticationFailed")
    emulator.advance(-3700)
    sas = generate_container_sas(STORAGE_ACCOUNT, c.container_name, account_key=STORAGE_KEY, expiry=later(hours=1),
                                 permission=ContainerSasPermissions(read=True, list=True, create=True, write=True))
    shared = anonymous(emulator, c, sas)
    t.equal("a signature for a container lets list it", [x.name for x in shared.list_blobs()], ["dir/x"])
    shared.upload_blob("new", b"2")
    t.raises("a signature without delete does not let delete", lambda: shared.delete_blob("new"), 403,
             "AuthorizationPermissionMismatch")

    def account_sas(types, permission):
        return generate_account_sas(STORAGE_ACCOUNT, STORAGE_KEY, resource_types=types, permission=permission,
                                    expiry=later(hours=1))

    whole = BlobServiceClient(emulator.http["blob"], **NEVER_AGAIN, credential=account_sas(
        ResourceTypes(service=True, container=True, object=True), AccountSasPermissions(read=True, list=True, create=True)))
    t.true("a signature for the account lets list containers",
           c.container_name in [x.name for x in whole.list_containers()])
    narrow = BlobServiceClient(emulator.http["blob"], **NEVER_AGAIN, credential=account_sas(
        ResourceTypes(object=True), AccountSasPermissions(read=True, list=True)))
    t.raises("a signature for objects lets list no containers", lambda: list(narrow.list_containers()), 403,
             "AuthorizationResourceTypeMismatch")
    t.equal("a signature for objects lets read one",
            narrow.get_blob_client(c.container_name, "dir/x").download_blob().readall(), b"1")


@group("blob")
def faults(emulator, t):
    c = container(emulator, retry_total=3, initial_backoff=0, increment_base=0, random_jitter_range=0)
    b = c.get_blob_client("x")
    busy = {"status": 503, "headers": {"x-ms-error-code": "ServerBusy"},
            "body": "<?xml version=\"1.0\"?><Error><Code>ServerBusy</Code><Message>busy</Message></Error>"}
    emulator.faults({"service": "blob", "method": "PUT", "next": 2, "effect": busy})
    b.upload_blob(b"1")
    t.equal("the client retries a busy server", b.download_blob().readall(), b"1")
    emulator.faults({"service": "blob", "method": "PUT", "query": "comp=metadata*", "next": 1, "effect": {"reset": "after"}})
    b.set_blob_metadata({"a": "b"})
    t.equal("a lost reply is asked for again", dict(b.get_blob_properties().metadata), {"a": "b"})
    emulator.faults({"service": "blob", "method": "GET", "next": 1, "effect": {"truncateAfterBytes": 0}})
    t.equal("a cut body is asked for again", b.download_blob().readall(), b"1")
    emulator.faults({"service": "blob", "method": "GET", "path": "*/nothing-like-this", "effect": {"status": 500}})
    t.equal("a fault meets only what it names", b.download_blob().readall(), b"1")


if __name__ == "__main__":
    main("blob")
