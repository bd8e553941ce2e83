"""What each rule is set to: the part of the system's settings that is its own, by the same names.

Their defaults, bounds and descriptions stand in ``config.Settings``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Self


class RuleSettings:
    """What the frozen dataclasses below have in common."""

    @classmethod
    def of(cls, source: object) -> Self:
        """The settings of this rule out of anything that has attributes of their names."""
        names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
        return cls(**{name: getattr(source, name) for name in names})


@dataclass(frozen=True, slots=True)
class ExtremesSettings(RuleSettings):
    ai_hist_min_points: int
    ai_hist_window_days: int
    ai_hist_pmin: float
    ai_hist_pmax: float
    ai_hist_pad_frac: float
    ai_hist_pad_abs: float
    ai_alert_tol_frac: float
    ai_alert_tol_abs: float
    ai_alert_cooldown_s: float


@dataclass(frozen=True, slots=True)
class MisconfigSettings(RuleSettings):
    ai_misconfig_cooldown_s: float


@dataclass(frozen=True, slots=True)
class LearnSettings(RuleSettings):
    ai_r3_bin_minutes: int
    ai_r3_prob_thresh: float
    ai_r3_min_span_bins: int
    ai_r3_model_dir: Path
    ai_r3_save_every_n: int
    ai_r3_warm_start: bool
    ai_r3_reset_on_start: bool
    ai_r3_cooldown_s: float
    ai_r3_min_events: int
    ai_r3_suggest_min_diff: float
    ai_r3_min_gap_bins: int
    ai_r3_round_to_min: int
    ai_r3_max_windows_per_day: int
    ai_r3_audit_when_horario: bool
    ai_r3_diff_thresh: float
    ai_r3_demo_mode: bool
    ai_r3_demo_source: str
    ai_r3_demo_csv_dir: Path
    ai_r3_demo_topk_per_day: int
    ai_r3_demo_serials: tuple[str, ...]
    ai_r3_demo_require_files: bool


@dataclass(frozen=True, slots=True)
class OfflineSettings(RuleSettings):
    ai_r4_grace_secs: float
    ai_r4_watchdog_tick_secs: float
    ai_r4_remind_secs: float
