"""The settings of each rule: name, what it takes, default and description, which people read in Spanish.

``config.Settings`` has these beside the system's own, by the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from actors.domain.setting import (
    LONGEST,
    choice,
    file,
    flag,
    folder,
    number,
    or_automatic,
    or_empty,
    seconds,
    seconds_by_kind,
    setting,
    share,
    texts,
    url,
    whole,
)

MODELS: Final = Path("rules/data/river_models")


@dataclass(frozen=True)
class ExtremesSettings:
    """Rule 1. The table of limits is read by whoever starts the rule."""

    ai_limites_path: str = setting(or_empty(file), "", "Tabla de límites, en JSON; vacía, la incluida.")
    ai_hist_min_points: int = setting(whole(1, 10_000_000), 150, "Lecturas mínimas para usar el histórico.")
    ai_hist_window_days: int = setting(whole(1, 3650), 30, "Días de histórico que cuentan.")
    ai_hist_pmin: float = setting(number(0, 50), 1.0, "Percentil inferior de lo normal (en %).")
    ai_hist_pmax: float = setting(number(50, 100), 99.0, "Percentil superior de lo normal (en %).")
    ai_hist_pad_frac: float = setting(number(0, 10), 0.15, "Margen: fracción del rango histórico.")
    ai_hist_pad_abs: float = setting(number(0), 0.0, "Margen absoluto, en unidades de la métrica.")
    ai_alert_tol_frac: float = setting(number(0, 10), 0.02, "Tolerancia: fracción entre los límites.")
    ai_alert_tol_abs: float = setting(number(0), 0.5, "Tolerancia absoluta; cuenta la mayor de las dos.")
    ai_alert_cooldown_s: float = setting(
        seconds,
        900.0,
        "Segundos en lo normal, como poco, tras los que una anomalía se da por terminada; "
        "tantos como duró, hasta un día.",
    )
    ai_alert_repeat: bool = setting(
        flag,
        False,
        "Repite el aviso cada AI_ALERT_COOLDOWN_S mientras llegan lecturas anómalas, como el original.",
    )


@dataclass(frozen=True)
class MisconfigSettings:
    """Rule 2. The table of standards is read by whoever starts the rule."""

    ai_estandar_path: str = setting(or_empty(file), "", "Tabla de estándares, en JSON; vacía, la incluida.")
    ai_misconfig_cooldown_s: float = setting(seconds, 86_400.0, "Segundos entre avisos de un dispositivo.")


@dataclass(frozen=True)
class LearnSettings:
    """Rule 3."""

    ai_r3_bin_minutes: int = setting(choice(5, 6, 10, 12, 15, 20, 30, 60), 30, "Minutos de un tramo del día.")
    ai_r3_prob_thresh: float = setting(number(0.05, 0.95), 0.55, "Parte del tramo encendida para proponerlo.")
    ai_r3_min_span_bins: int = setting(whole(1, 48), 1, "Tramos mínimos de una ventana.")
    ai_r3_model_dir: Path = setting(folder, MODELS, "Carpeta de los modelos <SERIAL>.river.pkl.")
    ai_r3_save_every_n: int = setting(whole(1, 1_000_000), 5_000, "Observaciones entre guardado y guardado.")
    ai_r3_warm_start: bool = setting(flag, True, "Al arrancar, aprender del registro lo que falte.")
    ai_r3_reset_on_start: bool = setting(flag, False, "Al arrancar, olvidar lo aprendido que se guardó.")
    ai_r3_cooldown_s: float = setting(seconds, 86_400.0, "Segundos entre sugerencias de un dispositivo.")
    ai_r3_min_events: int = setting(whole(0, 1_000_000), 20, "Observaciones mínimas antes de sugerir.")
    ai_r3_suggest_min_diff: float = setting(share, 0.1, "Diferencia (0 a 1) con la última para sugerir otra.")
    ai_r3_min_gap_bins: int = setting(whole(0, 48), 1, "Tramos mínimos entre ventanas; menos, se unen.")
    ai_r3_round_to_min: int = setting(whole(0, 60), 5, "Minutos a los que se redondea; 0 no redondea.")
    ai_r3_max_windows_per_day: int = setting(whole(0, 48), 4, "Ventanas por día como mucho; 0 es sin límite.")
    ai_r3_audit_when_horario: bool = setting(flag, True, "Comparar lo aprendido con el horario que ya hay.")
    ai_r3_diff_thresh: float = setting(share, 0.25, "Diferencia (0 a 1) con el horario para proponer otro.")
    ai_r3_demo_mode: bool = setting(flag, False, "Sugerir desde archivos de demostración.")
    ai_r3_demo_source: str = setting(choice("csv", "pkl"), "csv", "De qué archivos.")
    ai_r3_demo_csv_dir: Path = setting(folder, MODELS, "Carpeta de los <SERIAL>.csv.")
    ai_r3_demo_topk_per_day: int = setting(whole(0, 288), 0, "Tramos por día; 0 es sin límite.")
    ai_r3_demo_serials: tuple[str, ...] = setting(texts, ("RGD0ABC123",), "Números de serie de demostración.")
    ai_r3_demo_require_files: bool = setting(flag, True, "Sugerir solo si hay archivo.")


@dataclass(frozen=True)
class OfflineSettings:
    """Rule 4. A device's actor decides whether it is offline, by the first and the last of these."""

    ai_r4_offline_secs: float = setting(
        number(above=0, high=LONGEST),
        120.0,
        "Segundos sin señal para darlo por caído, como poco; más si envía más de tarde en tarde.",
    )
    ai_r4_offline_por_clase: tuple[tuple[str, float], ...] = setting(
        seconds_by_kind, (), "Lo mismo para una clase, p. ej. puerta=604800; 0 es cualquier silencio."
    )
    ai_r4_grace_secs: float = setting(
        seconds, 60.0, "Segundos que ha de durar un silencio para que se avise de él."
    )
    ai_r4_watchdog_tick_secs: float = setting(number(0.01, LONGEST), 5.0, "Segundos entre revisiones.")
    ai_r4_remind_secs: float = setting(seconds, 0.0, "Segundos entre recordatorios; 0, sin recordatorios.")
    ai_r4_startup_grace_secs: float = setting(seconds, 60.0, "Segundos de gracia al arrancar el sistema.")


# A dataclass has the fields of its last base first.
@dataclass(frozen=True)
class AlarmsSettings:
    """Rule 5."""

    ai_alarm_battery_pct: float = setting(
        number(0, 100), 15.0, "Con este porcentaje de pila, o menos, se avisa; 0 no avisa."
    )


@dataclass(frozen=True)
class WeatherSettings:
    """Rule 6, and where the house is."""

    latitud: float | None = setting(
        or_automatic(number(-90, 90)), None, "De la casa, en grados; vacía, no se pregunta por el tiempo."
    )
    longitud: float | None = setting(
        or_automatic(number(-180, 180)), None, "De la casa, en grados; positiva al este."
    )
    clima_url: str = setting(
        or_empty(url),
        "https://api.open-meteo.com/v1/forecast",
        "A quién se pregunta por el tiempo, en la forma de Open-Meteo; vacía, a nadie.",
    )
    clima_cada_s: float = setting(number(60, 86_400), 1800.0, "Segundos entre dos preguntas por el tiempo.")
    ai_clima_path: str = setting(or_empty(file), "", "Tabla de consejos, en JSON; vacía, la incluida.")

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude, where both were said."""
        return None if self.latitud is None or self.longitud is None else (self.latitud, self.longitud)


@dataclass(frozen=True)
class RulesSettings(
    WeatherSettings, AlarmsSettings, OfflineSettings, LearnSettings, MisconfigSettings, ExtremesSettings
):
    """All of them, in the order of the rules."""
