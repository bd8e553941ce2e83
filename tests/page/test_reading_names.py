"""What readings are called on the page, and in which unit they stand, whoever made the device."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.page.opened import open_modules

TOLD = """
async ([metric, value, device]) => {
  const { metricName, readingOf } = await import("/pagina/js/kinds.js");
  return [metricName(metric), readingOf(metric, value, device)];
}
"""
BELONGS = {"unidades": {"occupancy_timeout": "s", "voc": "µg/m³"}}


def test_what_has_no_name_of_its_own_is_told_by_what_it_begins_with(page: Page) -> None:
    """Phases, channels and sensors of one board; and the device's own word on its unit counts."""
    open_modules(page, "kinds.js")
    page.goto("/")
    for (metric, value), told in {
        ("corriente_a_b", 1.5): ["Corriente (b)", "1,5\u00a0A"],
        ("consumo_w_2", 40): ["Consumo (2)", "40\u00a0W"],
        ("ENERGY.consumo_w", 40): ["Consumo", "40\u00a0W"],
        ("temperatura_ds18b20", 21): ["Temperatura (ds18b20)", "21\u00a0°C"],
        ("interruptor_1", True): ["Interruptor (1)", "Cerrado"],
        ("occupancy_timeout", 90): ["Espera sin movimiento", "90\u00a0s"],
        ("voc", 12): ["Compuestos orgánicos", "12\u00a0µg/m³"],
        ("cosa_rara_2", 3): ["cosa rara 2", "3"],
        ("_", 3): [" ", "3"],
    }.items():
        assert page.evaluate(TOLD, [metric, value, BELONGS]) == told, metric


def test_a_sign_keeps_its_letters_within_a_sentence(page: Page) -> None:
    open_modules(page, "format.js")
    page.goto("/")
    told = page.evaluate(
        "async (names) => names.map((await import('/pagina/js/format.js')).lowered)",
        ["Termómetro", "Sensor de CO₂", "CO₂ sensor", "A"],
    )
    assert told == ["termómetro", "sensor de CO₂", "CO₂ sensor", "A"]
