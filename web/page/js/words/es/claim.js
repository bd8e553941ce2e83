/** Claiming a device, and coming in. */
export const words = {
  "claim.title": "Añadir un dispositivo",
  "claim.read_only": "Solo puedes mirar",
  "claim.read_only.why": "Para añadir dispositivos pide a quien administra la casa que te dé permiso.",

  "claim.qr": "Con su código QR",
  "claim.qr.where": "Está en el aparato, en su caja o en su manual.",
  "claim.camera.open": "Escanear con la cámara",
  "claim.camera.close": "Cerrar la cámara",
  "claim.camera.aim": "Enfoca el código QR hasta que llene el cuadro.",
  "claim.camera.view": "Lo que ve la cámara",
  "claim.camera.torch": "Luz",
  "claim.camera.insecure":
    "La cámara solo funciona con una conexión segura (https). Hazle una foto al código y elígela aquí, o escribe su número.",
  "claim.camera.denied":
    "El navegador no deja usar la cámara. Dale permiso en los ajustes de esta página, o elige una foto del código.",
  "claim.camera.none": "No se encuentra ninguna cámara. Elige una foto del código, o escribe su número.",
  "claim.camera.busy": "Otra aplicación está usando la cámara. Ciérrala y vuelve a intentarlo.",
  "claim.camera.broken":
    "No se ha podido leer con la cámara. Vuelve a cargar la página, o elige una foto del código.",
  "claim.picture": "Elegir una foto",
  "claim.picture.none": "No se ve ningún código QR en esa foto. Prueba con otra más cercana y nítida.",
  "claim.picture.unreadable": "Eso no es una foto que este navegador sepa abrir.",
  "claim.problem.foreign": "Este código no es de un dispositivo. Busca el que está en el propio aparato.",
  "claim.problem.pairing":
    "Este código es para entrar en la casa, no de un dispositivo. Ábrelo con la cámara del móvil que quiera entrar.",

  "claim.heard": "Se anuncian en casa",
  "claim.heard.none": "Ahora no se anuncia ninguno. Enciende el aparato cerca y aparecerá aquí.",
  "claim.heard.seen": "oído {ago}",
  "claim.heard.gone": "sin conexión desde {ago}",

  "claim.type": "Escribiendo su número",
  "claim.serial": "Número de serie",
  "claim.serial.hint": "Como está en la etiqueta, p. ej. LGT0A1B2C3D4.",
  "claim.continue": "Continuar",

  "claim.unheard": "Aún no se anuncia en esta casa; puedes añadirlo ya y se espera a que lo haga.",
  "claim.name": "Nombre",
  "claim.room": "Habitación",
  "claim.room.none": "Ninguna",
  "claim.room.new": "Otra nueva…",
  "claim.room.name": "Nombre de la habitación nueva",
  "claim.code": "Código del aparato",
  "claim.code.hint": "Viene con el QR. Si el aparato no tiene ninguno, déjalo vacío.",
  "claim.label": "Este aparato es simulado. En su etiqueta pondría este código:",
  "claim.scan": "Prefiero escanear su QR",
  "claim.add": "Añadir a la casa",
  "claim.needs_code": "Este aparato pide su código. Escanea su QR, o escribe el código que está junto a él.",
  "claim.wrong_code":
    "El código no es el de este aparato. Compruébalo en su etiqueta. Tras cinco intentos fallidos hay que esperar 15 minutos, también con el bueno.",
  "claim.closed":
    "Este aparato solo se puede añadir recién encendido. Apágalo, enciéndelo y vuelve a intentarlo.",

  "claim.waiting": "Esperando a que se anuncie",
  "claim.waiting.how":
    "{name} aún no ha dado señales de vida. Enciéndelo y conéctalo a la red de casa: se añadirá solo en cuanto se oiga. Deja esta página abierta.",
  "claim.taken": "Ya está en la casa",
  "claim.taken.how": "{name} ya lo ha añadido alguien.",
  "claim.open": "Ver el dispositivo",
  "claim.done": "{name} ya está en la casa",
  "claim.done.room":
    "No se ha podido poner en su habitación; puedes hacerlo en los ajustes del dispositivo. {why}",
  "claim.another": "Añadir otro",

  "sign_in.title": "Entrar en la casa",
  "sign_in.enter": "Entrar en la casa",
  "sign_in.code": "Código de un solo uso",
  "sign_in.code.where": "Te lo da quien administra la casa, en el apartado Casa. Vale 10 minutos.",
  "sign_in.code.console": "¿Eres tú? En el ordenador del servidor:",
  "sign_in.you": "TU_NOMBRE",
  "sign_in.came_by_link": "El enlace que has abierto trae un código para entrar.",
  "sign_in.wrong_code":
    "El código no vale o ha caducado. Pide otro: cada uno vale una vez, durante 10 minutos.",
  "sign_in.by_code": "Entrar con un código",
  "sign_in.by_password": "Entrar con nombre y clave",
  "sign_in.name": "Nombre",
  "sign_in.password": "Clave",
  "sign_in.password.where": "Si no tienes ninguna, entra con un código.",
  "sign_in.wrong_password": "El nombre o la clave no es correcto.",
  "sign_in.too_many": "Demasiados intentos fallidos. Espera {wait} y vuelve a probar.",
  "sign_in.inside": "Ya estás dentro",
  "sign_in.inside.as": "Has abierto un enlace con un código para entrar, y ya estás en la casa como {name}.",
  "sign_in.inside.open":
    "Has abierto un enlace con un código para entrar, pero en esta casa se entra sin él. Con el código entras con tu nombre.",
  "sign_in.use": "Usar el código",
  "sign_in.ignore": "Seguir como estoy",
};
