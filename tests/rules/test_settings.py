"""The settings: every one of the document that is a rule's, and described for those who set them."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

from config import Settings
from rules.base.settings import (
    ExtremesSettings,
    LearnSettings,
    MisconfigSettings,
    OfflineSettings,
    RuleSettings,
)
from tests.rules.given import offline_settings

EVERY: tuple[type[RuleSettings], ...] = (ExtremesSettings, MisconfigSettings, LearnSettings, OfflineSettings)

# AI_R4_OFFLINE_SECS and AI_R4_STARTUP_GRACE_SECS are the device actor's; AI_R4_GRACE_SECS is ours.
OF_THE_RULES = (
    "AI_HIST_MIN_POINTS",
    "AI_HIST_WINDOW_DAYS",
    "AI_HIST_PMIN",
    "AI_HIST_PMAX",
    "AI_HIST_PAD_FRAC",
    "AI_HIST_PAD_ABS",
    "AI_ALERT_TOL_FRAC",
    "AI_ALERT_TOL_ABS",
    "AI_ALERT_COOLDOWN_S",
    "AI_MISCONFIG_COOLDOWN_S",
    "AI_R3_BIN_MINUTES",
    "AI_R3_PROB_THRESH",
    "AI_R3_MIN_SPAN_BINS",
    "AI_R3_MODEL_DIR",
    "AI_R3_SAVE_EVERY_N",
    "AI_R3_WARM_START",
    "AI_R3_RESET_ON_START",
    "AI_R3_COOLDOWN_S",
    "AI_R3_MIN_EVENTS",
    "AI_R3_SUGGEST_MIN_DIFF",
    "AI_R3_MIN_GAP_BINS",
    "AI_R3_ROUND_TO_MIN",
    "AI_R3_MAX_WINDOWS_PER_DAY",
    "AI_R3_AUDIT_WHEN_HORARIO",
    "AI_R3_DIFF_THRESH",
    "AI_R3_DEMO_MODE",
    "AI_R3_DEMO_SOURCE",
    "AI_R3_DEMO_CSV_DIR",
    "AI_R3_DEMO_TOPK_PER_DAY",
    "AI_R3_DEMO_SERIALS",
    "AI_R3_DEMO_REQUIRE_FILES",
    "AI_R4_GRACE_SECS",
    "AI_R4_WATCHDOG_TICK_SECS",
    "AI_R4_REMIND_SECS",
)


def test_every_setting_is_there() -> None:
    """None more and none less."""
    names = [field.name.upper() for of in EVERY for field in dataclasses.fields(of)]  # type: ignore[arg-type]
    assert sorted(names) == sorted(OF_THE_RULES)


def test_config_has_each_of_them() -> None:
    """Which owns their defaults, bounds and descriptions."""
    defaults = Settings()
    for of in EVERY:
        assert of.of(defaults)


def test_settings_come_from_anything_that_has_them() -> None:
    """By name, among others."""
    given = {"ai_r4_grace_secs": 5.0, "ai_r4_remind_secs": 60.0, "ai_r4_watchdog_tick_secs": 1.0}
    source = SimpleNamespace(**given, backend_port=5000)
    assert OfflineSettings.of(source) == offline_settings(**given)
