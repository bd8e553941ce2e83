"""The settings of the rules: names as outside, in lower case, with what each is for in Spanish.

The metadata of each field has ``description``, ``low`` and ``high`` (inclusive; ``None`` where there
is no bound, or the value is no number), for whoever reads settings from outside and checks them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Self, TypeVar

T = TypeVar("T")


def setting(default: T, description: str, low: float | None = None, high: float | None = None) -> T:
    """A field of a settings class; ``description`` is one line in Spanish."""
    return dataclasses.field(default=default, metadata={"description": description, "low": low, "high": high})


class RuleSettings:
    """What the frozen dataclasses below have in common."""

    @classmethod
    def of(cls, source: object) -> Self:
        """The settings of this rule out of anything that has attributes of their names."""
        names = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
        return cls(**{name: getattr(source, name) for name in names})


@dataclass(frozen=True, slots=True)
class ExtremesSettings(RuleSettings):
    ai_hist_min_points: int = setting(150, "Lecturas mínimas para usar el histórico.", 1, 10_000_000)
    ai_hist_window_days: int = setting(30, "Días de histórico que cuentan.", 1, 3650)
    ai_hist_pmin: float = setting(1.0, "Percentil inferior de lo normal (en %).", 0, 50)
    ai_hist_pmax: float = setting(99.0, "Percentil superior de lo normal (en %).", 50, 100)
    ai_hist_pad_frac: float = setting(0.15, "Margen: fracción del rango histórico.", 0, 10)
    ai_hist_pad_abs: float = setting(0.0, "Margen absoluto, en unidades de la métrica.", 0)
    ai_alert_tol_frac: float = setting(0.02, "Tolerancia: fracción del rango entre los límites.", 0, 10)
    ai_alert_tol_abs: float = setting(0.5, "Tolerancia absoluta; cuenta la mayor de las dos.", 0)
    ai_alert_cooldown_s: float = setting(900.0, "Segundos entre avisos de una misma métrica.", 0)


@dataclass(frozen=True, slots=True)
class MisconfigSettings(RuleSettings):
    ai_misconfig_cooldown_s: float = setting(
        86_400.0, "Segundos entre avisos de configuración de un mismo dispositivo.", 0
    )


@dataclass(frozen=True, slots=True)
class LearnSettings(RuleSettings):
    ai_r3_bin_minutes: int = setting(30, "Minutos de cada tramo del día; divide a 60 o es 60.", 5, 60)
    ai_r3_prob_thresh: float = setting(0.55, "Parte del tiempo encendido para proponer un tramo.", 0.05, 0.95)
    ai_r3_min_span_bins: int = setting(1, "Tramos mínimos de una ventana.", 1, 48)
    ai_r3_model_dir: str = setting("rules/data/river_models", "Carpeta de los modelos <SERIAL>.river.pkl.")
    ai_r3_save_every_n: int = setting(200, "Observaciones entre guardados de lo aprendido.", 1, 1_000_000)
    ai_r3_warm_start: bool = setting(True, "Al arrancar, aprender del registro lo que falte.")
    ai_r3_reset_on_start: bool = setting(False, "Al arrancar, olvidar lo aprendido que se guardó.")
    ai_r3_cooldown_s: float = setting(86_400.0, "Segundos entre sugerencias de un dispositivo.", 0)
    ai_r3_min_events: int = setting(20, "Observaciones mínimas antes de sugerir.", 0, 1_000_000)
    ai_r3_suggest_min_diff: float = setting(
        0.1, "Diferencia (0 a 1) con la última sugerencia para hacer otra.", 0, 1
    )
    ai_r3_min_gap_bins: int = setting(1, "Tramos mínimos entre ventanas; menos, se unen.", 0, 48)
    ai_r3_round_to_min: int = setting(5, "Minutos a los que se redondean las horas; 0 no redondea.", 0, 60)
    ai_r3_max_windows_per_day: int = setting(4, "Ventanas por día como mucho; 0 es sin límite.", 0, 48)
    ai_r3_audit_when_horario: bool = setting(True, "Comparar lo aprendido con el horario que ya hay.")
    ai_r3_diff_thresh: float = setting(0.25, "Diferencia (0 a 1) con el horario actual para proponer.", 0, 1)
    ai_r3_demo_mode: bool = setting(False, "Sugerir desde archivos de demostración.")
    ai_r3_demo_source: str = setting("csv", "De qué archivos: csv o pkl.")
    ai_r3_demo_csv_dir: str = setting("rules/data/river_models", "Carpeta de los <SERIAL>.csv.")
    ai_r3_demo_topk_per_day: int = setting(0, "Tramos por día en la demostración; 0 es sin límite.", 0, 288)
    ai_r3_demo_serials: tuple[str, ...] = setting(("RGD0ABC123",), "Números de serie de demostración.")
    ai_r3_demo_require_files: bool = setting(True, "En demostración, sugerir solo si hay archivo.")

    def __post_init__(self) -> None:
        if self.ai_r3_bin_minutes < 1 or 60 % self.ai_r3_bin_minutes:
            raise ValueError("ai_r3_bin_minutes must divide 60")


@dataclass(frozen=True, slots=True)
class OfflineSettings(RuleSettings):
    ai_r4_watchdog_tick_secs: float = setting(5.0, "Segundos entre revisiones de los recordatorios.", 0.01)
    ai_r4_remind_secs: float = setting(0.0, "Segundos entre recordatorios; 0, sin recordatorios.", 0)
