"""The settings of the rules: every one of the document, and among those of the system."""

from __future__ import annotations

import dataclasses

from config import settings
from rules.base.settings import RulesSettings

OF_THE_RULES = (
    "AI_LIMITES_PATH",
    "AI_HIST_MIN_POINTS",
    "AI_HIST_WINDOW_DAYS",
    "AI_HIST_PMIN",
    "AI_HIST_PMAX",
    "AI_HIST_PAD_FRAC",
    "AI_HIST_PAD_ABS",
    "AI_ALERT_TOL_FRAC",
    "AI_ALERT_TOL_ABS",
    "AI_ALERT_COOLDOWN_S",
    "AI_ALERT_REPEAT",
    "AI_ESTANDAR_PATH",
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
    "AI_R4_OFFLINE_SECS",
    "AI_R4_OFFLINE_POR_CLASE",
    "AI_R4_GRACE_SECS",
    "AI_R4_WATCHDOG_TICK_SECS",
    "AI_R4_REMIND_SECS",
    "AI_R4_STARTUP_GRACE_SECS",
    "AI_ALARM_BATTERY_PCT",
    "LATITUD",
    "LONGITUD",
    "CLIMA_URL",
    "CLIMA_CADA_S",
    "AI_CLIMA_PATH",
)


def test_every_setting_is_there() -> None:
    """None more and none less, in this order."""
    assert tuple(field.name.upper() for field in dataclasses.fields(RulesSettings)) == OF_THE_RULES


def test_people_can_set_each_of_them() -> None:
    """With a default, bounds and a description, after those of the system."""
    assert tuple(settings())[-len(OF_THE_RULES) :] == OF_THE_RULES
