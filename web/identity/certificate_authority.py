"""The house's own certificate authority (CA), and the server certificates that it signs.

What it signs is trusted by all whom the house must be able to reach:

- iOS and macOS (https://support.apple.com/103769): names in the SAN, not in the CN; EKU serverAuth; SHA-2;
  at most 825 days under a root that the user has added. The root is listed for the user to trust only if
  it is marked as a CA and has a CN.
- Android (https://developer.android.com/privacy-and-security/security-config): apps for API 24 and later
  trust no root that the user has added unless they say so, and so pin ours, which therefore must stay.
- Browsers and Python from 3.13 (``VERIFY_X509_STRICT``): RFC 5280 to the letter, with SKI and AKI, critical
  basicConstraints and keyUsage.

The root is limited to the names and addresses of homes by name constraints (RFC 5280, 4.2.1.10), so who
steals its key cannot pass for a bank, though for another house. OpenSSL, GnuTLS, NSS and Chromium (since
112) hold a root to them, and Apple's trustd knows them. The RFC lets a verifier overlook a root's. It wants
them critical too; but Mbed TLS, which an ESP32 has, knows none, and refuses what is critical and unknown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from web.identity.network import Address

Names = frozenset[x509.GeneralName]

CA_LIFE: Final = timedelta(days=3650)
# Both ends of a validity count, hence the second. 397 days is what the strictest of the browsers take.
LEAF_LIFE: Final = timedelta(days=397) - timedelta(seconds=1)
RENEW_BEFORE: Final = timedelta(days=30)
# For phones whose clocks are behind ours.
BACKDATED: Final = timedelta(hours=1)
# What our own clock may be put back by and a root still count as begun.
SLOW_CLOCK: Final = timedelta(days=1)

# None of them is a public domain but sslip.io, whose names are the addresses that they hold.
HOME_DOMAINS: Final = ("home.arpa", "internal", "lan", "local", "localhost", "sslip.io")
# Private ones, and IPv6's global ones, of which every device at home has some that the provider changes.
HOME_NETWORKS: Final = (
    *("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    *("2000::/3", "::1/128", "fc00::/7", "fe80::/10"),
)
LOOPBACK: Final = frozenset[Address]((IPv4Address("127.0.0.1"), IPv6Address("::1")))

_LONGEST_NAME: Final = 253
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_KEY_USAGES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def subject_names(names: Iterable[str], addresses: Iterable[Address]) -> Names:
    """All by which a machine with these names and addresses is called; what is no host name is left out, and
    a name that is written as an address is one.

    ``localhost`` and the loopback addresses are among them, for each address its form under
    ``sslip.io``, and for each name without a dot the one that mDNS gives it. IPv6 zones are left out.
    """
    given = {name: _address_in(name) for name in map(as_certified, names)}
    called = {name for name, address in given.items() if address is None} | {"localhost"}
    called |= {f"{name}.local" for name in called if "." not in name and name != "localhost"}
    written = [address for address in given.values() if address is not None]
    known = {_without_zone(each) for each in (*addresses, *written)} | LOOPBACK
    called |= {
        re.sub("[.:]", "-", str(each)) + ".sslip.io"
        for each in known
        if not (each.is_loopback or each.is_link_local)
    }
    return frozenset[x509.GeneralName](
        {x509.DNSName(name) for name in called if _is_host_name(name)}
        | {x509.IPAddress(each) for each in known}
    )


def as_certified(name: str) -> str:
    """A name as certificates have it: in small letters, without brackets, last dot and zone."""
    bare = name.rstrip(".").lower().removeprefix("[").removesuffix("]")
    address = _address_in(bare)
    return bare if address is None else str(_without_zone(address))


def is_of_a_home(address: Address) -> bool:
    """Whether any house's root may sign for it."""
    return any(address in ip_network(network) for network in HOME_NETWORKS)


def _without_zone(address: Address) -> Address:
    return IPv6Address(address.packed) if isinstance(address, IPv6Address) else address


def _address_in(name: str) -> Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None


def _is_host_name(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and all(_LABEL.fullmatch(label) for label in name.split("."))


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, slots=True)
class Authority:
    """A root certificate with its key. Times are seconds since the epoch."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, names: Names, now: float) -> Self:
        """One for a home, and for those of ``names`` that lie outside of it."""
        key = new_key()
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "IoT Backend"),
                # Two houses' roots, side by side on one phone, can be told apart.
                x509.NameAttribute(NameOID.COMMON_NAME, f"IoT Backend CA {identifier.digest.hex()[:8]}"),
            ]
        )
        start = _moment(now) - BACKDATED
        usage = _key_usage("key_cert_sign", "crl_sign")
        builder = _certificate(subject, subject, key.public_key(), start, start + CA_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(identifier, critical=False)
        builder = builder.add_extension(x509.NameConstraints(_permitted(names), None), critical=False)
        return cls(builder.sign(key, hashes.SHA256()), key)

    def permitted(self, names: Names) -> Names:
        """Those that it may sign for: one name too many, and clients refuse the whole certificate."""
        constraints = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        trees = constraints.permitted_subtrees or []
        return frozenset(name for name in names if _lies_in_any(name, trees))

    def issue(self, key: ec.EllipticCurvePublicKey, names: Names, now: float) -> x509.Certificate:
        """A server certificate for ``names``, which must be permitted."""
        start = max(_moment(now) - BACKDATED, self.certificate.not_valid_before_utc)
        end = min(start + LEAF_LIFE, self.certificate.not_valid_after_utc)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "IoT Backend")])
        identifier = x509.SubjectKeyIdentifier.from_public_key(key)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        usage = _key_usage("digital_signature")
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = _certificate(subject, self.certificate.subject, key, start, end)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(purpose, critical=False)
        builder = builder.add_extension(identifier, critical=False)
        builder = builder.add_extension(issuer, critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(_sorted(names)), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def renewal_due(self, leaf: x509.Certificate, now: float) -> bool:
        """Whether a new one would start earlier, or the old one ends soon and a new one would end later."""
        begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
        if begins > max(_moment(now), self.certificate.not_valid_before_utc):
            return True  # made while our clock was ahead
        return ends - _moment(now) <= RENEW_BEFORE and ends < self.certificate.not_valid_after_utc


def is_root(certificate: x509.Certificate) -> bool:
    """Whether it is a CA's own certificate, undamaged, and limited by name constraints."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except (ValueError, x509.ExtensionNotFound):
        return False
    return constraints.ca and signed_by(certificate, certificate)


def signed_by(certificate: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(root)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


def names_of(certificate: x509.Certificate) -> Names:
    """Those in its SAN."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (ValueError, x509.ExtensionNotFound):
        return frozenset()
    return frozenset(found.value)


def expired(certificate: x509.Certificate, now: float) -> bool:
    return certificate.not_valid_after_utc <= _moment(now)


def begun(root: x509.Certificate, now: float) -> bool:
    return root.not_valid_before_utc <= _moment(now) + SLOW_CLOCK


def _moment(now: float) -> datetime:
    return datetime.fromtimestamp(int(now), UTC)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(start).not_valid_after(end)


def _key_usage(*granted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in granted for usage in _KEY_USAGES})


def _permitted(names: Names) -> list[x509.GeneralName]:
    trees: list[x509.GeneralName] = [x509.DNSName(domain) for domain in HOME_DOMAINS]
    foreign = {name for name in names if isinstance(name, x509.DNSName) and not _lies_in_any(name, trees)}
    return [*trees, *_sorted(foreign), *(x509.IPAddress(ip_network(each)) for each in HOME_NETWORKS)]


def _lies_in_any(name: x509.GeneralName, trees: Iterable[x509.GeneralName]) -> bool:
    return any(_lies_in(name, tree) for tree in trees)


def _lies_in(name: x509.GeneralName, tree: x509.GeneralName) -> bool:
    if isinstance(name, x509.DNSName) and isinstance(tree, x509.DNSName):
        return name.value == tree.value or name.value.endswith(f".{tree.value}")
    if isinstance(name, x509.IPAddress) and isinstance(tree, x509.IPAddress):
        network = tree.value
        return isinstance(network, IPv4Network | IPv6Network) and name.value in network
    return False


def _sorted(names: Collection[x509.GeneralName]) -> list[x509.GeneralName]:
    return sorted(names, key=lambda name: (isinstance(name, x509.IPAddress), str(name.value)))
