/** A house without devices: how the first one comes. */
export const words = {
  "first.waiting": "Waiting for the first device…",
  "first.how":
    "As soon as one speaks to this home over MQTT it appears here, and you can add it. Leave this page open.",
  "first.broker": "Where it has to speak",
  "first.host": "Server",
  "first.port": "Port",
  "first.topic": "Topic",
  "first.payload": "Message",
  "first.password": "PASSWORD",
  "first.command": "the command",
  "first.try": "To try it without a device, be a thermometer at a console of this computer:",
  "first.login": "Its login",
  "first.login.why":
    "Each device signs in to the broker with a name and a password of its own. When you make them you see what to type into it, ready to copy.",
  "first.login.here_only":
    "For now only programs on this computer reach the broker, without a password. For the devices of your home start with this setting, then make a login for each:",
  "first.login.make": "Make a login",
  "first.families": "What to do at each device",
  "first.tasmota": "Tasmota",
  "first.tasmota.how":
    "On its own page open Tools, Console, and paste the line that its login gives you (Backlog MqttHost …). It restarts and announces itself.",
  "first.shelly": "Shelly",
  "first.shelly.how":
    "On its own page open Settings, MQTT (first generation: Internet & Security, Advanced). Enable MQTT, type server, user and password, leave “RPC status notifications” on, and save. One that runs on a battery speaks when it wakes: press its button.",
  "first.esphome": "ESPHome",
  "first.esphome.how":
    "Add the “mqtt:” block that its login gives you to its YAML, with “discovery: true”, and install it again.",
  "first.zigbee2mqtt": "Zigbee2MQTT",
  "first.zigbee2mqtt.how":
    "Put the “mqtt:” block that its login gives you into its configuration.yaml and restart it. All devices that are paired with it appear.",
  "first.own": "A board of your own",
  "first.own.how":
    "Let it publish JSON with “estado” and “parametros” to dispositivos/SERIAL/estado, and subscribe to dispositivos/SERIAL/configuracion. The first four characters of the serial say what it is: TMP0 a thermometer, LGT0 a light, PLG0 a plug.",
};
