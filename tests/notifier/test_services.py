"""What goes out by Apprise and by Web Push, against those who receive it."""

from __future__ import annotations

import pytest

from actors.domain.findings import Severity
from actors.domain.notices import Hitch, Subscription, Tried
from actors.notifier import services
from actors.notifier.message import Message
from actors.notifier.web_push import MOST_BYTES, PushSender, content, is_usable, new_private_key, public_key
from tests.notifier.receivers import Browser, http_receiver, is_signed, smtp_receiver

NOW = 1_796_000_000.0
SMOKE = Message(
    "¡Humo! Detector (Cocina)",
    "Desde el 29/11 a las 20:15.",
    Severity.CRITICAL,
    "/#/dispositivo/7",
    "https://smarthome.local:5000/#/dispositivo/7",
    "7",
)


def test_a_mail_says_what_and_where_to() -> None:
    with smtp_receiver() as mail:
        assert services.send(f"mailto://127.0.0.1:{mail.port}?from=casa@x.org&to=ana@y.org", SMOKE) == Tried()
        found = mail.next()
    assert found["Subject"] == SMOKE.title
    assert (found["X-Application"], found["To"]) == (services.SENDER, "ana@y.org")
    body = found.get_body(("plain",))
    assert body is not None
    assert SMOKE.text in body.get_content()
    assert SMOKE.link in body.get_content()


def test_a_webhook_gets_it_as_json() -> None:
    with http_receiver() as hook:
        assert services.send(f"json://{hook.address}/gancho", SMOKE) == Tried()
        taken = hook.next()
    assert (taken.path, taken.json["title"]) == ("/gancho", SMOKE.title)


def test_a_telephone_gets_it_by_ntfy() -> None:
    """In the name of the house, and with no picture that each telephone would fetch from elsewhere."""
    with http_receiver() as ntfy:
        assert services.send(f"ntfy://{ntfy.address}/casa?priority=high", SMOKE) == Tried()
        taken = ntfy.next()
    assert (taken.json["topic"], taken.json["title"]) == ("casa", SMOKE.title)
    assert (taken.headers["User-Agent"], taken.headers["X-Priority"]) == (services.SENDER, "high")
    assert "X-Icon" not in taken.headers


def test_who_does_not_take_it_says_why_but_not_the_secret() -> None:
    """What the service says is shown to people, and its address may be in it."""
    with http_receiver(status=500) as hook:
        tried = services.send(f"json://ana:clave-secreta@{hook.address}/tema-secreto", SMOKE)
    assert tried.hitch is Hitch.NOT_TAKEN
    assert "500" in tried.said
    assert services.without_secrets(
        "No tema-secreto\nfor clave secreta", "json://ana:clave%20secreta@x/tema-secreto"
    ) == ("No … for …")


@pytest.mark.parametrize("status", [301, 302, 303, 307])
def test_who_sends_it_elsewhere_has_not_taken_it(status: int) -> None:
    """A login page would take whatever is left of it, and nobody would hear of the smoke."""
    with http_receiver() as page, http_receiver(status=status, location=f"http://{page.address}/") as hook:
        assert services.send(f"json://{hook.address}/gancho", SMOKE).hitch is Hitch.NOT_TAKEN
        assert page.taken.empty()


def test_who_is_not_there_has_not_taken_it() -> None:
    with http_receiver() as hook:
        gone = hook.address
    assert services.send(f"json://{gone}/", SMOKE).hitch is Hitch.NOT_TAKEN


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "file:///etc/passwd",
        "syslog://",
        "SYSLOG://",
        "dbus://",
        "vapid://a@b.c/x?keyfile=/etc/passwd",
        "workflows://host:443/workflow/sig?template=/etc/passwd",
        "mailto://u:p@localhost?to=a@b.c&pgpkey=/etc/passwd",
        "mailto://u:p@localhost?to=a@b.c&pgp=encrypt&pgppub=/etc/passwd",
        "mailto://u:p@localhost?to=a@b.c;pgp=sign;PGPprv =/etc/passwd",
        "workflow://host:443/workflow/sig?a=b;template=/etc/passwd",
        "workflow://host:443/workflow/sig?a=b;%74emplate=/etc/passwd",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?a=b;template=http://127.0.0.1:1/x",
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?a=b;template=/etc/passwd",
        "ntfy://tema?a=b;attach=file:///etc/passwd",
        "blink1://",
    ],
)
def test_no_address_reaches_this_machine_itself(url: str) -> None:
    """Neither its desktop and log, nor its files."""
    with pytest.raises(services.UnusableAddress):
        services.service_name(url)


@pytest.mark.parametrize(
    ("url", "said", "shown"),
    [
        ("tgram://123456789:abcdefg/4321/", "404 for /bot123456789:abcdefg/send", "404 for /bot…/send"),
        ("tgram://123456789:abcdefg/4321/", "no chat of ABCDEFG", "no chat of …"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js/", "webhooks/4174216298", "webhooks/…"),
        ("ntfy://mi-tema-secreto", "topic mi-tema-secreto is full", "topic … is full"),
        ("pbul://acxUNYMz8n?a=b;channel=salita", "acxUNYMz8n of salita", "… of …"),
    ],
)
def test_what_a_service_has_for_its_host_is_as_secret(url: str, said: str, shown: str) -> None:
    assert services.without_secrets(said, url) == shown


def test_a_service_is_known_by_its_name() -> None:
    assert services.service_name("tgram://123456789:abcdefg_hijklmnopqrstuvwxyzabcdefgh/12345/") == "Telegram"


# -- Web Push ------------------------------------------------------------------------------------


def test_only_the_browser_can_read_it_and_only_the_house_has_signed_it() -> None:
    key, browser = new_private_key(), Browser()
    with http_receiver(status=201) as push:
        sender = PushSender(key, "mailto:casa@example.org", (push.address,))
        subscription = browser.subscription(f"http://{push.address}/abc?x=1")
        assert sender.send(subscription, SMOKE, NOW) == Tried()
        taken = push.next()
    assert taken.path == "/abc?x=1"
    assert browser.read(taken) == {
        "titulo": SMOKE.title,
        "texto": SMOKE.text,
        "ruta": "/#/dispositivo/7",
        "marca": "7",
    }
    assert SMOKE.title.encode() not in taken.body
    assert is_signed(taken, public_key(key))
    assert not is_signed(taken, public_key(new_private_key()))
    assert taken.headers["Urgency"] == "high"


@pytest.mark.parametrize(
    ("status", "hitch"),
    [
        (201, None),
        (404, Hitch.NO_CHANNEL),
        (410, Hitch.NO_CHANNEL),
        (429, Hitch.NOT_TAKEN),
        (500, Hitch.NOT_TAKEN),
    ],
)
def test_a_browser_that_has_gone_is_told_from_a_service_that_fails(status: int, hitch: Hitch | None) -> None:
    with http_receiver(status=status) as push:
        sender = PushSender(new_private_key(), "mailto:casa@example.org", (push.address,))
        tried = sender.send(Browser().subscription(f"http://{push.address}/"), SMOKE, NOW)
    assert tried.hitch is hitch


def test_a_push_service_leads_the_house_nowhere_else() -> None:
    """A redirection is not followed: it would be the way to whatever address."""
    with http_receiver() as elsewhere, http_receiver(status=307, location="") as push:
        push.location = f"http://{elsewhere.address}/"
        sender = PushSender(new_private_key(), "mailto:casa@example.org", (push.address,))
        tried = sender.send(Browser().subscription(f"http://{push.address}/"), SMOKE, NOW)
        assert tried.hitch is Hitch.NOT_TAKEN
        assert elsewhere.taken.empty()


@pytest.mark.parametrize(
    ("endpoint", "usable"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", True),
        ("https://web.push.apple.com/abc", True),
        ("https://db5p.notify.windows.com/w/?token=abc", True),
        ("https://fcm.googleapis.com:8443/abc", False),
        ("http://fcm.googleapis.com/abc", False),
        ("https://fcm.googleapis.com.evil.example/abc", False),
        ("https://evilfcm.googleapis.com/abc", False),
        ("https://fcm.googleapis.com@127.0.0.1/abc", False),
        ("https://127.0.0.1/abc", False),
        ("https://192.168.1.1/abc", False),
        ("http://127.0.0.1:8123/abc", True),
        ("https://[::1", False),
        ("https://fcm.googleapis.com:x/abc", False),
        ("https://fcm.googleapis.com/ä", False),
    ],
)
def test_only_known_push_services_are_sent_to(endpoint: str, usable: bool) -> None:
    """And those that a setting names."""
    assert is_usable(Browser().subscription(endpoint), ("127.0.0.1:8123",)) is usable


def test_keys_that_are_none_are_refused() -> None:
    whole = Browser().subscription("https://fcm.googleapis.com/abc")
    assert is_usable(whole, ())
    assert not is_usable(Subscription(whole.endpoint, "AAAA", whole.auth), ())
    assert not is_usable(Subscription(whole.endpoint, whole.public_key, "AAAA"), ())
    assert not is_usable(Subscription(whole.endpoint, "ä" * 87, whole.auth), ())


def test_a_text_that_is_too_long_is_cut() -> None:
    long = Message("Título", "á" * 10_000, Severity.INFO, "/", "", "1")
    assert len(content(long)) <= MOST_BYTES


def test_secrets_are_in_no_representation() -> None:
    """What is logged of an object shows none."""
    assert "secreto" not in repr(Subscription("https://secreto", "secreto", "secreto"))
