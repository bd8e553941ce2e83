"""The table of faults."""

from __future__ import annotations

from tests.chaos import (
    absence,
    backlog,
    brokers,
    clock,
    commands,
    company,
    control,
    damage,
    disk,
    door,
    embedded,
    failures,
    kills,
    payloads,
    strangers,
    streams,
    words,
)
from tests.chaos.fault import Fault

FAULTS = (
    Fault(
        "control-lost",
        "a build that acknowledges too early: losses must be found",
        control.early_acknowledgements,
    ),
    Fault("control-twice", "a build that stores repeats: duplicates must be found", control.stored_repeats),
    Fault("kill", "kill -9 at random moments under load, Mosquitto", kills.mosquitto_outlives),
    Fault("kill-embedded", "the same with the embedded broker, which dies too", kills.embedded),
    Fault(
        "kill-both",
        "backend and embedded broker at once; what the broker acknowledged, numbered or not",
        kills.together,
    ),
    Fault("embedded-hung", "SIGSTOP of the embedded broker, for ever", embedded.hung),
    Fault("embedded-full", "its store fills while the backend stands still", embedded.full),
    Fault("embedded-waits", "10,000 (100,000) wait in it when both die", embedded.waiting),
    Fault(
        "embedded-forgets", "kill -9 of backend and of a Mosquitto in its place, receipts", embedded.forgets
    ),
    Fault(
        "commands",
        "kills, lost brokers and absent devices between a change and its device",
        commands.commands,
    ),
    Fault("backlog", "30,000 messages (97,000) that have come while it was away", backlog.backlog),
    Fault("payloads", "3,000 (10,000) generated payloads and topics", payloads.payloads),
    Fault("sse-stalled", "twenty readers that do not read, beside one that does", streams.stalled),
    Fault("sse-cut", "a reader that is cut off 50 (500) times and goes on", streams.cut),
    Fault("sse-crowd", "1,100 connections, and then the broker starts anew", streams.crowd),
    Fault("strangers", "the worst bodies and parameters, and pages of other sites", strangers.attacked),
    Fault("junk", "strangers' serial numbers, each with a report of 64 KiB", strangers.junk),
    Fault("junk-embedded", "the same with the embedded broker", strangers.junk_embedded),
    Fault("door-flooded", "three logins that send all they can, beside a device of the house", door.flooded),
    Fault("words", "what boards say: ON, nan, numbers as text, one boot at each start", words.words),
    Fault("unheard", "standard output and error are gone, then SIGTERM", company.unheard),
    Fault("twin", "a copy of DATA_DIR, started against the same broker", company.copied),
    Fault("descriptors", "none left for a connection, for a while", strangers.no_descriptors),
    Fault("clock", "the wall clock jumps by a day and by ten years, forwards and back", clock.jumps),
    Fault("clock-start", "a start in 1970, ten years ahead, and behind the log", clock.starts),
    Fault(
        "actors",
        "exceptions of all kinds in devices, rules, directory, writer, log reader",
        failures.failures,
    ),
    Fault(
        "damage",
        "header, page, length or write-ahead log damaged while it is off, a backup altered",
        damage.damaged,
    ),
    Fault("data-moved", "DATA_DIR moved away for a while", absence.moved_away),
    Fault("disk-full", "no room for anything, for a while", disk.disk_full),
    Fault(
        "broker-stopped", "no broker, then one that turns everybody away, then it is back", brokers.stopped
    ),
    Fault("broker-frozen", "SIGSTOP: it says nothing and its connections stay", brokers.frozen),
    Fault("broker-replaced", "by another one that knows no sessions", brokers.replaced),
)
