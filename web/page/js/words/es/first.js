/** A house without devices: how the first one comes. */
export const words = {
  "first.waiting": "Esperando al primer dispositivo…",
  "first.how":
    "En cuanto uno hable con esta casa por MQTT aparecerá aquí, y podrás añadirlo. Deja esta página abierta.",
  "first.broker": "Adónde tiene que hablar",
  "first.host": "Servidor",
  "first.port": "Puerto",
  "first.topic": "Topic",
  "first.payload": "Mensaje",
  "first.password": "CONTRASEÑA",
  "first.command": "la orden",
  "first.try": "Para probarlo sin ningún aparato, haz de termómetro en una consola de este ordenador:",
  "first.login": "Su acceso",
  "first.login.why":
    "Cada aparato entra en el bróker con un usuario y una contraseña suyos. Al crearlos ves qué escribir en él, listo para copiar.",
  "first.login.here_only":
    "Ahora al bróker solo llegan programas de este ordenador, sin contraseña. Para los aparatos de la casa arranca con este ajuste, y crea luego un acceso para cada uno:",
  "first.login.make": "Crear un acceso",
  "first.families": "Qué hacer en cada aparato",
  "first.tasmota": "Tasmota",
  "first.tasmota.how":
    "En su página abre Tools, Console, y pega la línea que da su acceso (Backlog MqttHost …). Se reinicia y se anuncia él solo.",
  "first.shelly": "Shelly",
  "first.shelly.how":
    "En su página abre Settings, MQTT (los de primera generación: Internet & Security, Advanced). Activa MQTT, escribe servidor, usuario y contraseña, deja «RPC status notifications» encendido y guarda. Uno de pilas habla al despertarse: pulsa su botón.",
  "first.esphome": "ESPHome",
  "first.esphome.how":
    "Añade a su YAML el bloque «mqtt:» que da su acceso, con «discovery: true», y vuelve a instalarlo.",
  "first.zigbee2mqtt": "Zigbee2MQTT",
  "first.zigbee2mqtt.how":
    "Pon en su configuration.yaml el bloque «mqtt:» que da su acceso y reinícialo. Aparecen todos los aparatos que ya tenga emparejados.",
  "first.own": "Una placa tuya",
  "first.own.how":
    "Que publique en dispositivos/SERIE/estado un JSON con «estado» y «parametros», y se suscriba a dispositivos/SERIE/configuracion. Los cuatro primeros caracteres de la serie dicen qué es: TMP0, un termómetro; LGT0, una luz; PLG0, un enchufe.",
};
