"""What is sent, whatever it is sent by."""

from __future__ import annotations

from dataclasses import dataclass

from actors.domain.findings import Severity


@dataclass(frozen=True, slots=True)
class Message:
    title: str
    text: str
    severity: Severity
    path: str
    """Of the page, where it leads to: ``/#/dispositivo/7``."""
    link: str
    """The same with the house's address; "" where the house has none that others reach."""
    tag: str
    """Equal for messages of which the newer takes the older one's place."""
