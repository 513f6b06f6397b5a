"""TLS to the metadata service, with real certificates on loopback."""

import re

import grpc
import pytest

from market_maker.model.errors import InvalidDataError, InvalidFieldError, VenueUnavailableError
from market_maker.venues.metadata.channel_tls import ChannelTls, why_closed
from market_maker.venues.metadata.grpc_client import MetadataClient
from tests.support.certificates import Authority
from tests.support.metadata_service import metadata_service

pytestmark = pytest.mark.anyio


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, "authority")


def served(pem, wanted=None):
    """What a server has. wanted: whose certificates its clients must show."""
    content = pem.read_bytes()
    roots = None if wanted is None else wanted.certificate.read_bytes()
    return grpc.ssl_server_credentials([(content, content)], roots, wanted is not None)


async def symbols(service, tls):
    client = MetadataClient(service.address, tls=tls)
    try:
        return [each.symbol for each in await client.instruments()]
    finally:
        await client.close()


async def refusal(service, tls):
    with pytest.raises(VenueUnavailableError) as refused:
        await symbols(service, tls)
    return str(refused.value).partition(f"{service.address}: ")[2]


async def test_a_service_whose_authority_is_known_is_read(authority):
    async with metadata_service(served(authority.server("metadata"))) as service:
        assert len(await symbols(service, ChannelTls(ca_file=authority.certificate))) == 5


async def test_a_service_that_wants_our_certificate_gets_it(authority):
    ours = authority.server("ours")
    known = ChannelTls(ca_file=authority.certificate)
    with_ours = ChannelTls(ca_file=authority.certificate, certificate_file=ours, key_file=ours)
    async with metadata_service(served(authority.server("metadata"), authority)) as service:
        assert len(await symbols(service, with_ours)) == 5
        assert "METADATA_SERVICE_GRPC_CERTIFICATE_FILE" in await refusal(service, known)


async def test_each_reason_why_there_is_no_connection_is_in_plain_words(authority, tmp_path):
    other = Authority(tmp_path, "other")
    known = ChannelTls(ca_file=authority.certificate)
    async with metadata_service(served(authority.server("metadata"))) as service:
        strange = ChannelTls(ca_file=other.certificate)
        for tls in (strange, ChannelTls()):
            assert (await refusal(service, tls)).startswith("its certificate is refused: unable")
        assert "it may want TLS (METADATA_SERVICE_GRPC_TLS)" in await refusal(service, None)
    async with metadata_service(served(authority.server("ended", days=-1))) as service:
        words = "its certificate is refused: certificate has expired"
        assert await refusal(service, known) == words
    async with metadata_service() as service:
        assert "it has no TLS" in await refusal(service, known)


async def test_a_certificate_of_another_name_is_said_to_be_one(authority):
    async with metadata_service(served(authority.server("metadata"))) as service:
        port = service.address.rpartition(":")[2]
        client = MetadataClient(f"localhost:{port}", tls=ChannelTls(ca_file=authority.certificate))
        with pytest.raises(VenueUnavailableError) as refused:
            await client.instruments()
        await client.close()
    said = f"METADATA_SERVICE_GRPC_URL localhost:{port}: its certificate is of another name"
    assert str(refused.value) == said


def test_what_is_no_matter_of_tls_is_left_to_others():
    assert why_closed("Connection refused", is_tls=True) == ""


def test_one_of_certificate_and_key_is_not_enough(authority):
    ours = authority.server("ours")
    with pytest.raises(InvalidFieldError, match="GRPC_KEY_FILE"):
        ChannelTls(certificate_file=ours).credentials()
    with pytest.raises(InvalidFieldError, match="GRPC_CERTIFICATE_FILE"):
        ChannelTls(key_file=ours).credentials()


def test_files_that_are_something_else_are_named(authority, tmp_path):
    words, absent = tmp_path / "words.pem", tmp_path / "absent.pem"
    words.write_text("nothing of the kind")
    one, two = authority.server("one"), authority.server("two")
    for tls, named in (
        (ChannelTls(ca_file=words), f"{words}.*holds no certificate"),
        (ChannelTls(ca_file=absent), f"{absent}.*cannot be read: no such file"),
        (ChannelTls(certificate_file=words, key_file=one), f"{words}.*is no certificate"),
        (ChannelTls(certificate_file=one, key_file=two), f"{one}.*{two} is not its key"),
    ):
        with pytest.raises(InvalidDataError) as refused:
            tls.credentials()
        assert re.search(named, str(refused.value))
        assert "nothing of the kind" not in str(refused.value)
