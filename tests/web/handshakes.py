"""TLS handshakes as the strictest clients make them."""

from __future__ import annotations

import ssl


def strict_client(ca_pem: bytes) -> ssl.SSLContext:
    """A client that trusts this CA alone and reads RFC 5280 to the letter, as Python does from 3.13."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_verify_locations(cadata=ca_pem.decode("ascii"))
    return context


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """The client's side of a new connection to the machine called ``name``; raises what stops it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
    there = server.wrap_bio(to_server, to_client, server_side=True)
    under_way = [here, there]
    while under_way:
        for side in list(under_way):
            try:
                side.do_handshake()
                under_way.remove(side)
            except ssl.SSLWantReadError:
                continue
    return here


def shown_by(server: ssl.SSLContext) -> bytes:
    """The certificate, as DER, that a server shows to who asks for no name and trusts everyone."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    shown = handshake(server, client, "127.0.0.1").getpeercert(binary_form=True)
    assert shown is not None
    return shown
