"""People and tokens by HTTP: who may make, see, change and revoke whose."""

from __future__ import annotations

from typing import Any

import pytest

from actors.domain.people import Role, TokenKind
from tests.web.keys import Keys, bearer, denied
from tests.web.site import Site


def test_everybody_can_ask_who_they_are(keys: Keys, site: Site) -> None:
    """And by which clock the house goes."""
    for role in Role:
        assert site.ask("GET", "/auth/yo", headers=keys.bearer(role)).json == {
            "usuario": f"Doña {role.value}",
            "rol": role.value,
            "token_id": keys.ids[role],
            "tipo": "app",
            "abierto": False,
            "zona_horaria": {"iana": "Etc/UTC", "posix": "UTC0"},
            "etiquetas": {},
        }


# -- people ----------------------------------------------------------------------------------------


def test_people_are_added_changed_and_removed(keys: Keys, site: Site) -> None:
    """By an admin; each time the answer is the person as they now are."""
    admin = keys.bearer(Role.ADMIN)
    added = site.ask("POST", "/usuarios", {"nombre": " Ana ", "rol": "lectura"}, admin)
    assert added.status == 201
    assert added.json.keys() == {"id", "nombre", "rol", "con_clave", "creado_en"}
    path = f"/usuarios/{added.json['id']}"
    changed = site.ask("PUT", path, {"rol": "admin", "clave": "0123456789", "nombre": "Ana B."}, admin)
    assert changed.json == {**added.json, "nombre": "Ana B.", "rol": "admin", "con_clave": True}
    assert changed.json in site.ask("GET", "/usuarios", headers=admin).json
    assert site.ask("DELETE", path, headers=admin).status == 204
    assert site.ask("DELETE", path, headers=admin).status == 404
    assert [act[1] for act in keys.acts()[:3]] == ["baja de persona", "cambio de persona", "alta de persona"]
    assert not any("0123456789" in " ".join(act) for act in keys.acts())


def test_the_last_admin_stays(keys: Keys, site: Site) -> None:
    """Neither removed nor made less, by whomever."""
    admin, path = keys.bearer(Role.ADMIN), f"/usuarios/{keys.people[Role.ADMIN].id}"
    assert denied(site.ask("DELETE", path, headers=admin), 409)
    assert denied(site.ask("PUT", path, {"rol": "miembro"}, admin), 409)
    other = site.ask("PUT", f"/usuarios/{keys.people[Role.MEMBER].id}", {"rol": "admin"}, admin)
    assert other.status == 200
    assert site.ask("PUT", path, {"rol": "lectura"}, admin).status == 200
    assert denied(site.ask("GET", "/usuarios", headers=admin), 403)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"nombre": "Ana"}, 400),
        ({"nombre": "Ana", "rol": "jefa"}, 400),
        ({"nombre": "Ana", "rol": None}, 400),
        ({"nombre": "Ana", "rol": ["admin"]}, 400),
        ({"nombre": "", "rol": "admin"}, 400),
        ({"nombre": "a\u202eb", "rol": "admin"}, 400),
        ({"nombre": "x" * 61, "rol": "admin"}, 400),
        ({"nombre": "Ana", "rol": "admin", "clave": "corta"}, 400),
        ({"nombre": "Ana", "rol": "admin", "clave": 1234567890}, 400),
        ({"nombre": "doña ADMIN", "rol": "admin"}, 409),
        ({"nombre": "Don\u0303a admin", "rol": "admin"}, 409),
    ],
)
def test_what_is_no_person_is_refused(keys: Keys, site: Site, body: dict[str, Any], status: int) -> None:
    """A name that looks like somebody else's is theirs."""
    assert denied(site.ask("POST", "/usuarios", body, keys.bearer(Role.ADMIN)), status)
    assert len(keys.accounts.people()) == 3


def test_a_change_of_nothing_is_refused(keys: Keys, site: Site) -> None:
    assert site.ask("PUT", "/usuarios/1", {}, keys.bearer(Role.ADMIN)).status == 400
    assert site.ask("PUT", "/usuarios/999", {"rol": "admin"}, keys.bearer(Role.ADMIN)).status == 404


# -- tokens ----------------------------------------------------------------------------------------


def test_tokens_are_seen_by_their_owner_and_by_admins(keys: Keys, site: Site) -> None:
    """Never with the secret or its fingerprint."""
    own = site.ask("GET", "/tokens", headers=keys.bearer(Role.MEMBER))
    assert [token["usuario"] for token in own.json] == ["Doña miembro"]
    assert own.json[0].keys() == {
        *("id", "usuario_id", "usuario", "nombre", "tipo", "creado_en", "usado_en", "caduca_en", "actual")
    }
    everybodys = site.ask("GET", "/tokens", headers=keys.bearer(Role.ADMIN))
    assert len(everybodys.json) == 3
    assert not any(secret.encode() in everybodys.body for secret in keys.tokens.values())


def test_another_persons_token_is_not_there(keys: Keys, site: Site) -> None:
    """404, as for one that never was; an admin may revoke it, and everybody their own."""
    for role in (Role.READER, Role.MEMBER):
        for other in set(Role) - {role}:
            assert denied(site.ask("DELETE", f"/tokens/{keys.ids[other]}", headers=keys.bearer(role)), 404)
        assert denied(site.ask("DELETE", "/tokens/999", headers=keys.bearer(role)), 404)
    assert len(keys.accounts.tokens()) == 3
    for role, by in ((Role.READER, Role.READER), (Role.MEMBER, Role.ADMIN)):
        assert site.ask("DELETE", f"/tokens/{keys.ids[role]}", headers=keys.bearer(by)).status == 204
        assert denied(site.ask("GET", "/tokens", headers=keys.bearer(role)), 401)


def test_a_token_is_made_for_oneself(keys: Keys, site: Site) -> None:
    """Named, for some days if so wished, good at once, and its secret said only this once."""
    member = keys.bearer(Role.MEMBER)
    made = site.ask("POST", "/tokens", {"nombre": "guion", "caduca_dias": 2}, member)
    assert made.status == 201
    assert made.json["token"].startswith("iot_")
    assert len(made.json["token"]) == 47
    fresh = bearer(made.json["token"])
    assert site.ask("GET", "/auth/yo", headers=fresh).json["token_id"] == made.json["id"]
    for days in (0, True, 1.5, "2", 4_000):
        body = {"nombre": "x", "caduca_dias": days}
        assert site.ask("POST", "/tokens", body, member).status == 400


def test_tokens_of_one_person_are_limited(keys: Keys, site: Site) -> None:
    """Of the sessions the longest unused goes; an app's token goes only when it is revoked."""
    member = keys.bearer(Role.MEMBER)
    session = keys.issue(Role.MEMBER, lifetime=1e6, kind=TokenKind.SESSION)
    statuses = [site.ask("POST", "/tokens", {"nombre": f"{n}"}, member).status for n in range(50)]
    assert statuses == [201] * 49 + [409]
    assert denied(site.ask("GET", "/auth/yo", headers={"Cookie": f"iot_sesion={session}"}), 401)
    assert site.ask("POST", "/tokens", {"nombre": "x"}, keys.bearer(Role.ADMIN)).status == 201


# -- what was done ---------------------------------------------------------------------------------


def test_the_audit_is_read_in_pages(keys: Keys, site: Site) -> None:
    """Newest first, by number."""
    admin = keys.bearer(Role.ADMIN)
    page = site.ask("GET", "/auditoria?per_page=2", headers=admin).json["data"]
    assert page[0].keys() == {"id", "timestamp", "quien", "desde", "acto", "objeto"}
    assert page[0]["objeto"] == "Doña admin: móvil (token 3)"
    rest = site.ask("GET", f"/auditoria?antes={page[-1]['id']}", headers=admin).json["data"]
    assert [act["id"] for act in page + rest] == list(range(6, 0, -1))
