"""The official credentials, unmodified, against the emulator's endpoints, and the tokens used against Blob and Table."""

import os
import pathlib
import tempfile

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.data.tables import TableServiceClient
from azure.identity import ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential
from azure.storage.blob import BlobServiceClient

from harness import fresh, group, main

STORAGE = "https://storage.azure.com/.default"
VARIABLES = ("AZURE_POD_IDENTITY_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT")


class Variables:
    """Environment variables for a while."""

    def __init__(self, **variables):
        self._variables = variables

    def __enter__(self):
        self._before = {name: os.environ.pop(name, None) for name in VARIABLES}
        os.environ.update(self._variables)

    def __exit__(self, *_):
        for name in VARIABLES:
            os.environ.pop(name, None)
            if self._before[name] is not None:
                os.environ[name] = self._before[name]


def settings(emulator):
    return emulator.control("GET", "identity/settings")[1]


def secret(emulator, client_secret=None):
    known = settings(emulator)
    return ClientSecretCredential(
        known["tenant"], known["client"], client_secret or known["clientSecret"],
        authority=emulator.https["identity"].rstrip("/"), disable_instance_discovery=True,
        connection_verify=emulator.certificate, retry_total=0)


def tokens(emulator):
    return emulator.control("GET", "identity/counts")[1]["tokens"]


@group("identity", "identity.secret", "identity.resource")
def client_secret(emulator, t):
    credential = secret(emulator)
    token = credential.get_token(STORAGE)
    t.true("the right secret gets a token", token.token.count(".") == 2)
    t.equal("a cached token is used again", (credential.get_token(STORAGE).token, tokens(emulator)), (token.token, 1))
    error = t.raises("a wrong secret is refused", lambda: secret(emulator, "wrong").get_token(STORAGE),
                     kind=ClientAuthenticationError)
    t.true("the refusal has the directory's code", "AADSTS7000215" in str(error))
    t.true("the refusal does not tell the secret", "wrong" not in str(error).replace("wrong_", ""))
    blobs = BlobServiceClient(emulator.https["blob"], credential=credential, connection_verify=emulator.certificate,
                              retry_total=0)
    c = blobs.create_container(fresh())
    c.upload_blob("x", b"1")
    t.equal("a token opens Blob over https", c.download_blob("x").readall(), b"1")
    s = TableServiceClient(emulator.https["table"], credential=credential, connection_verify=emulator.certificate,
                           retry_total=0)
    made = s.create_table(fresh("t"))
    made.create_entity({"PartitionKey": "p", "RowKey": "r", "v": 1})
    t.equal("a token opens Table over https", made.get_entity("p", "r")["v"], 1)


@group("identity")
def blob_batch_with_token(emulator, t):
    blobs = BlobServiceClient(emulator.https["blob"], credential=secret(emulator), connection_verify=emulator.certificate,
                              retry_total=0)
    c = blobs.create_container(fresh())
    c.upload_blob("x", b"1")
    t.equal("the parts of a batch stand under the token", [x.status_code for x in c.delete_blobs("x")], [202])


@group("identity", "identity.assertion")
def workload(emulator, t):
    known = settings(emulator)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "token"
        file.write_text(known["assertion"])

        def credential():
            return WorkloadIdentityCredential(
                tenant_id=known["tenant"], client_id=known["client"], token_file_path=str(file),
                authority=emulator.https["identity"].rstrip("/"), disable_instance_discovery=True,
                connection_verify=emulator.certificate, retry_total=0)

        t.true("a workload's file gets a token", credential().get_token(STORAGE).token)
        emulator.control("PUT", "identity/settings", {"assertion": "rotated"})
        t.raises("a file that was rotated out is refused", lambda: credential().get_token(STORAGE),
                 kind=ClientAuthenticationError)
        file.write_text("rotated")
        t.true("the new file gets a token", credential().get_token(STORAGE).token)


@group("identity", "identity.metadata-header", "identity.client", "identity.expires-on")
def virtual_machine(emulator, t):
    known = settings(emulator)
    with Variables(AZURE_POD_IDENTITY_AUTHORITY_HOST=emulator.http["identity"].rstrip("/")):
        token = ManagedIdentityCredential(retry_total=0).get_token(STORAGE)
        t.true("the machine's endpoint gives a token", token.token.count(".") == 2)
        t.true("its times are read from texts", token.expires_on > 1_700_000_000, token.expires_on)
        assigned = ManagedIdentityCredential(client_id=known["client"], retry_total=0)
        t.true("an assigned identity is found", assigned.get_token(STORAGE).token)
        stranger = ManagedIdentityCredential(client_id="00000000-0000-4000-8000-00000000ffff", retry_total=0)
        t.raises("another identity is refused", lambda: stranger.get_token(STORAGE))
        before = tokens(emulator)
        emulator.control("PUT", "identity/settings", {"failures": [429, 500]})
        patient = ManagedIdentityCredential(retry_total=4, retry_backoff_factor=0)
        t.true("the client retries 429 and 500", patient.get_token(STORAGE).token)
        t.equal("both failures were used", tokens(emulator), before + 1)
        emulator.control("PUT", "identity/settings", {"failures": [400]})
        t.raises("400 ends at once", lambda: ManagedIdentityCredential(retry_total=4).get_token(STORAGE))


@group("identity", "identity.header", "identity.expires-on")
def app_service(emulator, t):
    endpoint = emulator.http["identity"] + "msi/token"
    with Variables(IDENTITY_ENDPOINT=endpoint, IDENTITY_HEADER=settings(emulator)["header"]):
        token = ManagedIdentityCredential(retry_total=0).get_token(STORAGE)
        t.true("App Service's endpoint gives a token", token.token.count(".") == 2)
        t.true("its expiry is read from a text", token.expires_on > 1_700_000_000, token.expires_on)
    with Variables(IDENTITY_ENDPOINT=endpoint, IDENTITY_HEADER="wrong"):
        t.raises("a wrong header is refused", lambda: ManagedIdentityCredential(retry_total=0).get_token(STORAGE))


@group("identity")
def expiry(emulator, t):
    emulator.control("PUT", "identity/settings", {"tokenSeconds": 600})
    credential = secret(emulator)
    blobs = BlobServiceClient(emulator.https["blob"], credential=credential, connection_verify=emulator.certificate,
                              retry_total=0)
    blobs.create_container(fresh())
    emulator.advance(700)
    t.raises("a token that has expired is refused", lambda: blobs.create_container(fresh()), 401, kind=HttpResponseError)


if __name__ == "__main__":
    main("identity")
